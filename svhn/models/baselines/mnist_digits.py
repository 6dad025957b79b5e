"""Document 003's warm-up: logistic regression and a small convolutional network name single MNIST digits."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from .simple import tutorial_layers

SIDE = 28  # of MNIST's pictures


@dataclass(frozen=True)
class LogisticConfig:
    """The scale of its input."""

    mean: float = 0.45
    std: float = 0.22


@dataclass(frozen=True)
class DigitCNNConfig(LogisticConfig):
    """Every size of the network."""

    channels: tuple[int, int] = (32, 64)
    dense: int = 1024
    dropout: float = 0.5


class Logistic(nn.Module):
    """One matrix from pixels to digits."""

    def __init__(self, config: LogisticConfig = LogisticConfig()) -> None:
        super().__init__()
        self.config = config
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(SIDE * SIDE, 10))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Normalised (N, 1, 28, 28) -> logits (N, 10)."""
        return self.layers(images)


class DigitCNN(nn.Module):
    """Two convolutions, two dense layers."""

    def __init__(self, config: DigitCNNConfig = DigitCNNConfig()) -> None:
        super().__init__()
        self.config = config
        self.layers = tutorial_layers((SIDE, SIDE), config.channels, config.dense, config.dropout)
        self.digit = nn.Linear(config.dense, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Normalised (N, 1, 28, 28) -> logits (N, 10)."""
        return self.digit(self.layers(images))
