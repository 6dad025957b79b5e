"""The documents' simplest localizers: each regresses a single box as left, top, width and height, in shares of its
view. It always returns one box, even if the photo shows no number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from ... import boxes as bx
from ...images.preprocess import MEAN, STD, centre_patch, normalise, squashed
from ..blocks import conv_norm


@dataclass(frozen=True)
class BoxConfig:
    """Fields that all of them share. centre: the view is the middle square of the photo, not the full photo
    stretched to a square."""

    input_size: int = 64
    mean: float = MEAN
    std: float = STD
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


@dataclass(frozen=True)
class SmallBoxConfig(BoxConfig):
    """Every size of the network. `channels`: one entry a stage."""

    channels: tuple[int, ...] = (32, 64, 128, 128)
    dense: int = 256


class SmallBox(BoxRegressor):
    """Document 004's first localizers: full photo -> one box as left, top, width, height in shares of its sides.

    The document only states that it was trained with L2, then with the Dice coefficient. Here: the photo
    stretched to 64×64, four pooled 3×3 convolutions, one dense layer.
    """

    def __init__(self, config: SmallBoxConfig = SmallBoxConfig()) -> None:
        super().__init__(config)
        stages, inputs = [], 3
        for outputs in config.channels:
            stages += [conv_norm(inputs, outputs), nn.MaxPool2d(2)]
            inputs = outputs
        side = config.input_size // 2 ** len(config.channels)
        self.layers = nn.Sequential(
            *stages,
            nn.Flatten(),
            nn.Linear(inputs * side * side, config.dense),
            nn.ReLU(inplace=True),
            nn.Dropout(0.3),
            nn.Linear(config.dense, 4),
        )
        nn.init.constant_(self.layers[-1].bias, 0.4)  # a box in the middle, where the Dice loss has a gradient


@dataclass(frozen=True)
class SmallerVGGConfig(BoxConfig):
    """Every size of the network."""

    input_size: int = 96
    centre: bool = True
    channels: tuple[int, int, int] = (32, 64, 128)
    dense: int = 1024


class SmallerVGG(BoxRegressor):
    """Document 000's localizer, SmallerVGGNet: centre patch -> one box in shares of the patch.

    The photo's shorter side is scaled to 96 pixels and the middle is cut out, so a number away from the centre is lost.
    That is the document's design, and the reason why this is not the default. The document computed its IoU as if x, y,
    width and height were corners, which is corrected here.

    The layers are those of the tutorial that the document names: 32 - pool 3, 64 64 - pool 2, 128 128 - pool 2, a dense
    layer of 1,024, dropout.
    """

    def __init__(self, config: SmallerVGGConfig = SmallerVGGConfig()) -> None:
        super().__init__(config)
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
