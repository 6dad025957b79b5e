"""The paper's reader: Goodfellow et al. 2013, arXiv:1312.6082, as the project's founding documents describe it.

Eight convolutions (the first with maxout units of three filters), one locally connected layer, two dense
layers of 3,072 units, and six heads. Units a location: 48, 64, 128, 160, then 192. Every convolution is
5×5 with zero padding and followed by subtractive and contrast normalisation in the paper; BatchNorm
stands in for that here. Max pooling 2×2 alternates stride 2 and 1 with padding 1, so 54×54 becomes 7×7
before the locally connected layer, whose kernel the documents leave open: 3×3 here.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

from ..labels import DIGIT_CLASSES, LENGTH_CLASSES, MAX_DIGITS


@dataclass(frozen=True)
class GoodfellowConfig:
    """Every size of the network."""

    input_size: int = 54
    mean: float = 0.45
    std: float = 0.22
    channels: tuple[int, ...] = (48, 64, 128, 160, 192, 192, 192, 192)
    maxout: int = 3
    local_units: int = 192
    dense: int = 3072
    dropout: float = 0.5


class Maxout(nn.Module):
    """The largest of `pieces` filters for every unit, (N, units * pieces, H, W) -> (N, units, H, W)."""

    def __init__(self, pieces: int) -> None:
        super().__init__()
        self.pieces = pieces

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.unflatten(1, (-1, self.pieces)).amax(2)


class LocallyConnected(nn.Module):
    """A convolution whose filters are not shared between locations, (N, C, S, S) -> (N, units, S, S)."""

    def __init__(self, channels: int, units: int, side: int, kernel: int = 3) -> None:
        super().__init__()
        self.kernel, self.side = kernel, side
        fan_in = channels * kernel * kernel
        self.weight = nn.Parameter(torch.randn(side * side, fan_in, units) * (2 / fan_in) ** 0.5)
        self.bias = nn.Parameter(torch.zeros(1, units, side, side))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        patches = F.unfold(x, self.kernel, padding=self.kernel // 2)  # (N, C * k * k, S * S)
        local = patches.permute(2, 0, 1) @ self.weight  # (S * S, N, units)
        return local.permute(1, 2, 0).unflatten(-1, (self.side, self.side)) + self.bias


class GoodfellowReader(nn.Module):
    """Crop -> logits of five digit positions and of the length."""

    def __init__(self, config: GoodfellowConfig = GoodfellowConfig()) -> None:
        super().__init__()
        self.config = config
        blocks, inputs, side = [], 3, config.input_size
        for index, outputs in enumerate(config.channels):
            pieces = config.maxout if index == 0 else 1
            stride = 2 if index % 2 == 0 else 1
            blocks += [
                nn.Conv2d(inputs, outputs * pieces, 5, padding=2),
                nn.BatchNorm2d(outputs * pieces),
                Maxout(pieces) if pieces > 1 else nn.ReLU(inplace=True),
                nn.MaxPool2d(2, stride, padding=1),
                nn.Dropout2d(0.1),
            ]
            side = side // 2 + 1 if stride == 2 else side + 1
            inputs = outputs
        self.convolutions = nn.Sequential(*blocks)
        self.local = nn.Sequential(LocallyConnected(inputs, config.local_units, side), nn.ReLU(inplace=True))
        self.dense = nn.Sequential(
            nn.Flatten(),
            nn.Linear(config.local_units * side * side, config.dense),
            nn.ReLU(inplace=True),
            nn.Dropout(config.dropout),
            nn.Linear(config.dense, config.dense),
            nn.ReLU(inplace=True),
            nn.Dropout(config.dropout),
        )
        self.digits = nn.Linear(config.dense, MAX_DIGITS * DIGIT_CLASSES)
        self.length = nn.Linear(config.dense, LENGTH_CLASSES)

    def forward(self, crops: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Normalised (N, 3, 54, 54) -> digit logits (N, 5, 11), length logits (N, 7)."""
        hidden = self.dense(self.local(self.convolutions(crops)))  # (N, 3072)
        return self.digits(hidden).unflatten(-1, (MAX_DIGITS, DIGIT_CLASSES)), self.length(hidden)
