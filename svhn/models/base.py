"""The protocols through which the rest of the program uses a network.

Service, evaluation and training know a network as a `Reader` or a `Localizer`. Each optional ability has a protocol of
its own, to be tested with `isinstance`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch


@dataclass(frozen=True)
class Detections:
    """What was found in a photo, in its pixels, best first; without digits if the network does not find single ones."""

    boxes: np.ndarray  # (K, 4) of numbers
    scores: np.ndarray  # (K,)
    digit_boxes: np.ndarray = field(default_factory=lambda: np.empty((0, 4)))  # (D, 4)
    digit_scores: np.ndarray = field(default_factory=lambda: np.empty(0))  # (D,)
    digits: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))  # (D,) 0 ... 9


class Reader(Protocol):
    """Reads crops. Its config has input_size, margins, mean and std."""

    config: Any

    def __call__(self, crops: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Normalised (N, 3, h, w) -> digit logits (N, 5, 11), length logits (N, 7)."""

    def parameters(self) -> Iterator[torch.nn.Parameter]:
        """As of any module; crops are moved to the parameters' device."""


class Localizer(Protocol):
    """Finds numbers in photos."""

    def locate(self, photo: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """uint8 RGB (h, w, 3) -> boxes (K, 4) in photo pixels and scores (K,), best first; K may be 0."""


@runtime_checkable
class HasAttention(Protocol):
    """A reader that shows where it read each digit."""

    def attention(self, crops: torch.Tensor) -> torch.Tensor:
        """Normalised (N, 3, h, w) -> (N, 5, rows, columns), each map summing to 1."""


@runtime_checkable
class HasHeat(Protocol):
    """A localizer that shows where it saw something like a number."""

    def heat(self, photo: np.ndarray) -> np.ndarray:
        """uint8 RGB (h, w, 3) -> (rows, columns) in 0 ... 1 over the photo."""


@runtime_checkable
class DetectsDigits(Protocol):
    """A localizer that also finds single digits."""

    def detect(self, photo: np.ndarray) -> Detections:
        """uint8 RGB (h, w, 3) -> numbers and digits of the photo, best first."""


@runtime_checkable
class LooksCloser(Protocol):
    """A localizer that can look at regions of a photo at their own scale."""

    def look_at(self, photo: np.ndarray, regions: np.ndarray, long_side: int) -> list[Detections]:
        """Detect numbers in regions (R, 4) of uint8 RGB (h, w, 3), each scaled to `long_side` pixels; regions may
        reach beyond the photo -> one `Detections` per region, in pixels of the photo."""


@runtime_checkable
class CountsDigits(Protocol):
    """A localizer that estimates how many digits the number has."""

    def digits_seen(self, photo: np.ndarray) -> np.ndarray | None:
        """uint8 RGB (h, w, 3) -> probabilities of 0 ... 5 and more digits (7,); None if this network does not count."""


@runtime_checkable
class SegmentsPixels(Protocol):
    """A localizer that decides for every pixel whether it belongs to a number."""

    def segment(self, photo: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        """uint8 RGB (h, w, 3) -> the probability that each pixel of the photo, stretched to a square, belongs to a
        number (S, S), and the probabilities of `digits_seen`, (0,) if this network does not count."""
