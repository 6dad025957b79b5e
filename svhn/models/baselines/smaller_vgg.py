"""Document 000's localizer: SmallerVGGNet regressing one box on the centre 96×96 patch.

The photo's shorter side is scaled to 96 pixels and the middle is cut out, so a number off the centre is
lost: that is the document's design and the reason why it is not the default. The document regresses
x, y, width and height; its IoU was computed as if these were corners, which is mended here.
The layers are those of the tutorial that the document names: 32 - pool 3, 64 64 - pool 2,
128 128 - pool 2, a dense layer of 1,024, dropout.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from ..blocks import conv_norm
from .box_regression import BoxConfig, BoxRegressor


@dataclass(frozen=True)
class SmallerVGGConfig(BoxConfig):
    """Every size of the network."""

    input_size: int = 96
    centre: bool = True
    channels: tuple[int, int, int] = (32, 64, 128)
    dense: int = 1024


class SmallerVGG(BoxRegressor):
    """Centre patch -> one box as left, top, width, height in shares of the patch."""

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
