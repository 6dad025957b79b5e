"""The default reader: a small residual network that looks at one digit position after another.

Where the paper's network gives each position its own classifier on one flat vector, here five queries
look for "the i-th digit" in the feature map, and one classifier, shared by all positions, names what
each query sees. A digit learned at one position is known at all of them, which is what few labels need,
and the attention maps show which pixels every digit was read from.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import nn

from ..images.preprocess import MARGINS, MEAN, STD
from ..labels import DIGIT_CLASSES, LENGTH_CLASSES, MAX_DIGITS
from .blocks import Residual, conv_norm


@dataclass(frozen=True)
class CompactConfig:
    """Every size of the network. `channels`: one entry a stage; `summary`: width of the global summary."""

    input_size: int = 64
    margins: tuple[float, ...] = MARGINS
    mean: float = MEAN
    std: float = STD
    channels: tuple[int, int, int, int] = (32, 56, 96, 160)
    summary: int = 256
    dropout: float = 0.2


class CompactReader(nn.Module):
    """Crop -> logits of five digit positions and of the length."""

    def __init__(self, config: CompactConfig = CompactConfig()) -> None:
        super().__init__()
        self.config = config
        c1, c2, c3, c4 = config.channels
        self.backbone = nn.Sequential(
            conv_norm(3, c1, 5, 2),  # (N, c1, 32, 32)
            conv_norm(c1, c2),
            conv_norm(c2, c3, 3, 2),  # (N, c3, 16, 16)
            Residual(c3),
            conv_norm(c3, c4, 3, (2, 1)),  # (N, c4, 8, 16): digits are side by side, so width is kept
            Residual(c4),
        )
        rows, columns = config.input_size // 8, config.input_size // 4
        self.place = nn.Parameter(torch.randn(1, c4, rows, columns) * 0.02)
        self.key = nn.Conv2d(c4, c4, 1)
        self.value = nn.Conv2d(c4, c4, 1)
        self.summary = nn.Sequential(
            nn.Conv2d(c4, 24, 1),
            nn.Flatten(),
            nn.Linear(24 * rows * columns, config.summary),
            nn.ReLU(inplace=True),
            nn.Dropout(config.dropout),
        )
        self.query = nn.Linear(config.summary, MAX_DIGITS * c4)
        self.classify = nn.Sequential(
            nn.LayerNorm(2 * c4),
            nn.Dropout(config.dropout),
            nn.Linear(2 * c4, c4),
            nn.ReLU(inplace=True),
            nn.Linear(c4, DIGIT_CLASSES),
        )
        self.length = nn.Linear(config.summary, LENGTH_CLASSES)

    def forward(self, crops: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Normalised (N, 3, 64, 64) -> digit logits (N, 5, 11), length logits (N, 7)."""
        features, attention, queries, summary = self._attend(crops)
        values = self.value(features).flatten(2).transpose(1, 2)  # (N, HW, C)
        glimpses = attention.flatten(2) @ values  # (N, 5, C)
        return self.classify(torch.cat([glimpses, queries], dim=-1)), self.length(summary)

    def attention(self, crops: torch.Tensor) -> torch.Tensor:
        """Where each position looked: (N, 3, 64, 64) -> (N, 5, 8, 16), each map summing to 1."""
        return self._attend(crops)[1]

    def _attend(self, crops: torch.Tensor) -> tuple[torch.Tensor, ...]:
        features = self.backbone(crops)  # (N, C, 8, 16)
        n, channels, rows, columns = features.shape
        summary = self.summary(features)  # (N, S)
        queries = self.query(summary).view(n, MAX_DIGITS, channels)  # (N, 5, C)
        keys = self.key(features + self.place).flatten(2)  # (N, C, HW)
        scores = queries @ keys / math.sqrt(channels)  # (N, 5, HW)
        return features, scores.float().softmax(-1).view(n, MAX_DIGITS, rows, columns), queries, summary
