"""Document 004's first localizers: a small network that regresses one box in the whole photo.

The document says no more of it than that it was trained with L2, then with the Dice coefficient. Here: the photo
stretched to 64×64, four pooled 3×3 convolutions, one dense layer.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from ..blocks import conv_norm
from .box_regression import BoxConfig, BoxRegressor


@dataclass(frozen=True)
class SmallBoxConfig(BoxConfig):
    """Every size of the network. `channels`: one entry a stage."""

    channels: tuple[int, ...] = (32, 64, 128, 128)
    dense: int = 256


class SmallBox(BoxRegressor):
    """Whole photo -> one box as left, top, width, height in shares of its sides."""

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
        nn.init.constant_(self.layers[-1].bias, 0.4)  # at first the box lies in the middle, where Dice has a slope
