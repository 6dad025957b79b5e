"""The six heads of the documents' readers: five digits and the length, all from one flat vector."""

from __future__ import annotations

import torch
from torch import nn

from ...labels import DIGIT_CLASSES, LENGTH_CLASSES, MAX_DIGITS


class SixHeads(nn.Module):
    """(N, units) -> digit logits (N, 5, 11), length logits (N, 7)."""

    def __init__(self, units: int) -> None:
        super().__init__()
        self.digits = nn.Linear(units, MAX_DIGITS * DIGIT_CLASSES)
        self.length = nn.Linear(units, LENGTH_CLASSES)

    def forward(self, hidden: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.digits(hidden).unflatten(-1, (MAX_DIGITS, DIGIT_CLASSES)), self.length(hidden)
