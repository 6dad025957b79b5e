"""Building blocks that several networks share."""

from __future__ import annotations

import torch
from torch import nn

from ..labels import DIGIT_CLASSES, LENGTH_CLASSES, MAX_DIGITS


def conv_norm(inputs: int, outputs: int, kernel: int = 3, stride: int | tuple[int, int] = 1) -> nn.Sequential:
    """Convolution, BatchNorm, ReLU: (N, inputs, H, W) -> (N, outputs, ceil(H / stride), ceil(W / stride))."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


def keep_scale(layers: nn.Module) -> nn.Module:
    """Initialize the linear layers, each followed by a ReLU, so that outputs are as large as inputs (He et al. 2015);
    PyTorch's own initialization makes them a sixth as large (in squares). Returns the layers."""
    for layer in layers.modules():
        if isinstance(layer, nn.Linear):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)
    return layers


class Residual(nn.Module):
    """Two 3×3 convolutions around a skip connection, (N, C, H, W) -> (N, C, H, W)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = conv_norm(channels, channels)
        self.second = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(channels)
        nn.init.zeros_(self.norm.weight)  # starts as the identity: deeper stacks train as easily as shallow ones

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(x + self.norm(self.second(self.first(x))))


class SixHeads(nn.Module):
    """Five digits and the length from one flat vector: (N, units) -> digit logits (N, 5, 11), length logits (N, 7)."""

    def __init__(self, units: int) -> None:
        super().__init__()
        self.digits = nn.Linear(units, MAX_DIGITS * DIGIT_CLASSES)
        self.length = nn.Linear(units, LENGTH_CLASSES)

    def forward(self, hidden: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.digits(hidden).unflatten(-1, (MAX_DIGITS, DIGIT_CLASSES)), self.length(hidden)
