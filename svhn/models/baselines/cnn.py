"""Plain convolutional networks of the documents: readers of house numbers and MNIST strips, and classifiers of
digits."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from ...images.preprocess import MARGINS, MEAN, STD
from ..blocks import SixHeads, conv_norm

SIDE = 28  # of MNIST's pictures


@dataclass(frozen=True)
class CustomizedConfig:
    """Every size of the network. `channels`: one entry a stage."""

    input_size: int = 64
    margins: tuple[float, ...] = MARGINS
    mean: float = MEAN
    std: float = STD
    channels: tuple[int, ...] = (32, 64, 128, 256)
    dense: int = 512
    dropout: float = 0.5


class CustomizedReader(nn.Module):
    """Document 001's own "customized" reader: crop -> logits of five digit positions and of the length.

    The document leaves its sizes open. Here: four stages of two 3×3 convolutions with BatchNorm, pooled 2×2, and one
    dense layer of 512 units.
    """

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


@dataclass(frozen=True)
class SimpleConfig:
    """Every size of the network."""

    input_size: tuple[int, int] = (28, 140)
    margins: tuple[float, ...] = MARGINS
    mean: float = MEAN
    std: float = STD
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
    """Document 003's reader, the tutorial's small network: strip -> logits of five digit positions and of the length.

    Two 5×5 convolutions of 32 and 64 filters, each pooled 2×2, and a dense layer of 1,024 units with dropout. It reads
    numbers strung from MNIST digits, 28×140 and grey, and, trained again, house numbers squeezed into the same strip.
    """

    def __init__(self, config: SimpleConfig = SimpleConfig()) -> None:
        super().__init__()
        self.config = config
        self.layers = tutorial_layers(config.input_size, config.channels, config.dense, config.dropout)
        self.heads = SixHeads(config.dense)

    def forward(self, crops: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Normalised (N, 3, 28, 140) -> digit logits (N, 5, 11), length logits (N, 7)."""
        return self.heads(self.layers(crops.mean(1, keepdim=True)))


@dataclass(frozen=True)
class LogisticConfig:
    """How its input is normalised."""

    mean: float = MEAN
    std: float = STD


@dataclass(frozen=True)
class DigitCNNConfig(LogisticConfig):
    """Every size of the network."""

    channels: tuple[int, int] = (32, 64)
    dense: int = 1024
    dropout: float = 0.5


class Logistic(nn.Module):
    """Document 003's warm-up on single MNIST digits: one matrix from pixels to digits."""

    def __init__(self, config: LogisticConfig = LogisticConfig()) -> None:
        super().__init__()
        self.config = config
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(SIDE * SIDE, 10))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Normalised (N, 1, 28, 28) -> logits (N, 10)."""
        return self.layers(images)


class DigitCNN(nn.Module):
    """Document 003's small network for single MNIST digits: two convolutions, two dense layers."""

    def __init__(self, config: DigitCNNConfig = DigitCNNConfig()) -> None:
        super().__init__()
        self.config = config
        self.layers = tutorial_layers((SIDE, SIDE), config.channels, config.dense, config.dropout)
        self.digit = nn.Linear(config.dense, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Normalised (N, 1, 28, 28) -> logits (N, 10)."""
        return self.digit(self.layers(images))
