"""Document 001's own "customized" reader: a plain convolutional network between the tutorial's and VGG16.

The document leaves its sizes open. Here: four stages of two 3×3 convolutions with BatchNorm, pooled 2×2, and one
dense layer of 512 units.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from ...preprocess import MARGINS
from ..blocks import conv_norm
from .heads import SixHeads


@dataclass(frozen=True)
class CustomizedConfig:
    """Every size of the network. `channels`: one entry a stage."""

    input_size: int = 64
    margins: tuple[float, ...] = MARGINS
    mean: float = 0.45
    std: float = 0.22
    channels: tuple[int, ...] = (32, 64, 128, 256)
    dense: int = 512
    dropout: float = 0.5


class CustomizedReader(nn.Module):
    """Crop -> logits of five digit positions and of the length."""

    def __init__(self, config: CustomizedConfig = CustomizedConfig()) -> None:
        super().__init__()
        self.config = config
        stages, inputs = [], 3
        for outputs in config.channels:
            stages += [conv_norm(inputs, outputs), conv_norm(outputs, outputs), nn.MaxPool2d(2)]
            inputs = outputs
        side = config.input_size // 2 ** len(config.channels)
        self.layers = nn.Sequential(
            *stages,
            nn.Flatten(),
            nn.Dropout(config.dropout),
            nn.Linear(inputs * side * side, config.dense),
            nn.ReLU(inplace=True),
            nn.Dropout(config.dropout),
        )
        self.heads = SixHeads(config.dense)

    def forward(self, crops: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Normalised (N, 3, 64, 64) -> digit logits (N, 5, 11), length logits (N, 7)."""
        return self.heads(self.layers(crops))
