"""Document 000's localizer: SmallerVGGNet regressing one box on the centre 96×96 patch.

The photo's shorter side is scaled to 96 pixels and the middle is cut out, so a number off the centre is
lost: that is the document's design and the reason why it is not the default. The document regresses
x, y, width and height; its IoU was computed as if these were corners, which is mended here.
The layers are those of the tutorial that the document names: 32 - pool 3, 64 64 - pool 2,
128 128 - pool 2, a dense layer of 1,024, dropout.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from .. import boxes as bx
from ..preprocess import centre_patch, normalise
from .layers import conv_norm


@dataclass(frozen=True)
class SmallerVGGConfig:
    """Every size of the network."""

    input_size: int = 96
    mean: float = 0.45
    std: float = 0.22
    channels: tuple[int, int, int] = (32, 64, 128)
    dense: int = 1024


class SmallerVGG(nn.Module):
    """Centre patch -> one box as left, top, width, height in shares of the patch."""

    def __init__(self, config: SmallerVGGConfig = SmallerVGGConfig()) -> None:
        super().__init__()
        self.config = config
        c1, c2, c3 = config.channels
        side = config.input_size // 12
        self.layers = nn.Sequential(
            conv_norm(3, c1),
            nn.MaxPool2d(3),
            nn.Dropout(0.25),
            conv_norm(c1, c2),
            conv_norm(c2, c2),
            nn.MaxPool2d(2),
            nn.Dropout(0.25),
            conv_norm(c2, c3),
            conv_norm(c3, c3),
            nn.MaxPool2d(2),
            nn.Dropout(0.25),
            nn.Flatten(),
            nn.Linear(c3 * side * side, config.dense),
            nn.ReLU(inplace=True),
            nn.BatchNorm1d(config.dense),
            nn.Dropout(0.5),
            nn.Linear(config.dense, 4),
        )

    def forward(self, patches: torch.Tensor) -> torch.Tensor:
        """Normalised (N, 3, 96, 96) -> (N, 4): left, top, width, height, each a share of the patch's side."""
        return self.layers(patches)

    @torch.inference_mode()
    def locate(self, photo: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Photo (h, w, 3) uint8 -> boxes (K, 4) in photo pixels and scores (K,); one box, whose score is 1."""
        device = next(self.parameters()).device
        patch, offset, factor = centre_patch(photo, self.config.input_size)
        inputs = normalise(patch[None].to(device), self.config.mean, self.config.std)
        share = self(inputs)[0].float().cpu().numpy()  # (4,)
        box = bx.from_xywh(share * self.config.input_size)  # in the patch
        box = (box + np.tile(offset, 2)) / factor
        box = bx.clip(box, photo.shape[1], photo.shape[0])
        found = np.array([bx.area(box) > 0])
        return box[None][found], np.ones(1)[found]
