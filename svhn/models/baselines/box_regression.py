"""What the documents' simplest localizers have in common: one box, told as four shares of what they look at.

They regress left, top, width and height. Each finds one box in every photo, whether a number is there or not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from ... import boxes as bx
from ...preprocess import centre_patch, normalise, squashed


@dataclass(frozen=True)
class BoxConfig:
    """What they share. centre: it sees the middle square of the photo, not all of it stretched to one."""

    input_size: int = 64
    mean: float = 0.45
    std: float = 0.22
    centre: bool = False


class BoxRegressor(nn.Module):
    """View of a photo -> one box as left, top, width, height in shares of the view's sides.

    A subclass builds `layers`, which end in four numbers.
    """

    layers: nn.Module

    def __init__(self, config: BoxConfig) -> None:
        super().__init__()
        self.config = config

    def forward(self, views: torch.Tensor) -> torch.Tensor:
        """Normalised (N, 3, S, S) -> (N, 4)."""
        return self.layers(views)

    @torch.inference_mode()
    def locate(self, photo: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Photo (h, w, 3) uint8 -> boxes (K, 4) in photo pixels and scores (K,); one box, whose score is 1."""
        size, (height, width) = self.config.input_size, photo.shape[:2]
        view, left_top, factor = squashed(photo, size), np.zeros(2), np.array([size / width, size / height] * 2)
        if self.config.centre:
            view, left_top, factor = centre_patch(photo, size)
        device = next(self.parameters()).device
        inputs = normalise(view[None].to(device), self.config.mean, self.config.std)
        share = self(inputs)[0].float().cpu().numpy()  # (4,)
        box = bx.from_xywh(share * size)  # in the view
        box = bx.clip(box / factor + np.tile(left_top, 2), width, height)
        found = np.array([bx.area(box) > 0])
        return box[None][found], np.ones(1)[found]
