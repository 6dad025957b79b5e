"""Document 001's VGG16: as a reader with six heads, and as a localizer that regresses one box.

Torchvision's variant with BatchNorm: the plain one does not leave its plateau with a few thousand photos. Photos are
64×64, so the convolutions end in 2×2; the dense layers of 4,096 units made for 224×224 give way to one of 1,024.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from ...images.preprocess import MARGINS, MEAN, STD
from ..blocks import SixHeads, keep_scale
from .box_regression import BoxConfig, BoxRegressor

WIDTH = 512  # channels of its last convolution


@dataclass(frozen=True)
class VGG16Config:
    """The sizes that VGG16 itself does not fix."""

    input_size: int = 64
    margins: tuple[float, ...] = MARGINS
    mean: float = MEAN
    std: float = STD
    dense: int = 1024
    dropout: float = 0.5


@dataclass(frozen=True)
class VGG16BoxConfig(BoxConfig):
    """The sizes that VGG16 itself does not fix."""

    dense: int = 1024
    dropout: float = 0.5


class VGG16Reader(nn.Module):
    """Crop -> logits of five digit positions and of the length."""

    def __init__(self, config: VGG16Config = VGG16Config()) -> None:
        super().__init__()
        self.config = config
        self.features = _features()
        self.dense = _dense(config)
        self.heads = SixHeads(config.dense)

    def forward(self, crops: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Normalised (N, 3, 64, 64) -> digit logits (N, 5, 11), length logits (N, 7)."""
        return self.heads(self.dense(self.features(crops)))


class VGG16Box(BoxRegressor):
    """Photo -> one box as left, top, width, height in shares of its sides."""

    def __init__(self, config: VGG16BoxConfig = VGG16BoxConfig()) -> None:
        super().__init__(config)
        self.features = _features()
        self.dense = _dense(config)
        self.box = nn.Linear(config.dense, 4)

    def forward(self, views: torch.Tensor) -> torch.Tensor:
        """Normalised (N, 3, 64, 64) -> (N, 4)."""
        return self.box(self.dense(self.features(views)))


def _features() -> nn.Sequential:
    """VGG16's convolutions, (N, 3, S, S) -> (N, 512, S / 32, S / 32), initialized as in torchvision but without
    creating its 124 million dense weights."""
    from torchvision.models.vgg import cfgs, make_layers  # not where this network is not used: it takes seconds

    layers = make_layers(cfgs["D"], batch_norm=True)
    for layer in layers:
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
            nn.init.zeros_(layer.bias)
    return layers


def _dense(config: VGG16Config | VGG16BoxConfig) -> nn.Sequential:
    """(N, 512, S / 32, S / 32) -> (N, dense)."""
    side = config.input_size // 32
    return keep_scale(
        nn.Sequential(
            nn.Flatten(),
            nn.Linear(WIDTH * side * side, config.dense),
            nn.ReLU(inplace=True),
            nn.Dropout(config.dropout),
        )
    )
