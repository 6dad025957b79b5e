"""Document 003's reader: the tutorial's small network, with five digit heads and a length head on top.

Two 5×5 convolutions of 32 and 64 filters, each pooled 2×2, and a dense layer of 1,024 units with dropout. It reads
numbers strung from MNIST digits, 28×140 and grey, and, trained anew, house numbers squeezed into the same strip.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from ...preprocess import MARGINS
from .heads import SixHeads


@dataclass(frozen=True)
class SimpleConfig:
    """Every size of the network."""

    input_size: tuple[int, int] = (28, 140)
    margins: tuple[float, ...] = MARGINS
    mean: float = 0.45
    std: float = 0.22
    channels: tuple[int, int] = (32, 64)
    dense: int = 1024
    dropout: float = 0.5


def tutorial_layers(size: tuple[int, int], channels: tuple[int, int], dense: int, dropout: float) -> nn.Sequential:
    """Grey (N, 1, H, W) -> (N, dense)."""
    c1, c2 = channels
    return nn.Sequential(
        nn.Conv2d(1, c1, 5, padding=2),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(2),
        nn.Conv2d(c1, c2, 5, padding=2),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(c2 * (size[0] // 4) * (size[1] // 4), dense),
        nn.ReLU(inplace=True),
        nn.Dropout(dropout),
    )


class SimpleReader(nn.Module):
    """Strip -> logits of five digit positions and of the length."""

    def __init__(self, config: SimpleConfig = SimpleConfig()) -> None:
        super().__init__()
        self.config = config
        self.layers = tutorial_layers(config.input_size, config.channels, config.dense, config.dropout)
        self.heads = SixHeads(config.dense)

    def forward(self, crops: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Normalised (N, 3, 28, 140) -> digit logits (N, 5, 11), length logits (N, 7)."""
        return self.heads(self.layers(crops.mean(1, keepdim=True)))
