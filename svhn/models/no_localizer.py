"""The localizer that returns the full photo as the number's box.

With it a reader reads photos that are already cropped, and measures how much a real localizer helps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import nn


@dataclass(frozen=True)
class WholeConfig:
    """It has no sizes."""


class Whole(nn.Module):
    """Photo -> the box of the full photo."""

    def __init__(self, config: WholeConfig = WholeConfig()) -> None:
        super().__init__()
        self.config = config

    def locate(self, photo: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Photo (h, w, 3) uint8 -> boxes (1, 4) in photo pixels and scores (1,)."""
        height, width = photo.shape[:2]
        return np.array([[0.0, 0.0, width, height]]), np.ones(1)
