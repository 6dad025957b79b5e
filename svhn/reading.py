"""The one result type: what was read in a photo, where, and how sure the models are."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

import numpy as np
import torch

from . import labels
from .boxes import Box
from .labels import BLANK, DIGIT_CLASSES, LENGTH_CLASSES, MAX_DIGITS


@dataclass(frozen=True, eq=False)  # compared by identity: arrays neither compare nor hash
class Reading:
    """What was read in a photo: the input of drawing, JSON and CSV. A wrong shape raises ValueError.

    number: the digits as text; None if no number was found or it has more than five digits.
    confidence: calibrated probability, 0 ... 1, that `number` is right in every digit and its length.
    box: (x1, y1, x2, y2) in pixels of the photo, None if no number was found.
    crop: RGB uint8 (h, w, 3), what the reader saw, with the usual margin, a stack as a row; (0, 0, 3) without a box.
    digit_probs: (5, 11) float, one softmax per position over 0 ... 9 and blank. length_probs: (7,) float.
    timings_ms: milliseconds by stage. guess: if no number was found, the best candidate, which was too doubtful.
    """

    number: str | None
    confidence: float
    box: Box | None
    crop: np.ndarray = field(repr=False)
    digit_probs: np.ndarray = field(repr=False)
    length_probs: np.ndarray = field(repr=False)
    timings_ms: dict[str, float]
    guess: Reading | None = None

    def __post_init__(self) -> None:
        if self.number is not None and not (self.number.isascii() and self.number.isdigit()):
            raise ValueError(f"number {self.number!r} is not written in digits")
        if self.number is not None and (len(self.number) > MAX_DIGITS or self.box is None):
            raise ValueError("a number has at most five digits and a box")
        if not 0 <= self.confidence <= 1:
            raise ValueError(f"confidence {self.confidence} is not a probability")
        if self.box is not None and not (self.box[0] < self.box[2] and self.box[1] < self.box[3]):
            raise ValueError(f"box {self.box} is empty or inverted")
        if self.crop.ndim != 3 or self.crop.shape[2] != 3 or self.crop.dtype != np.uint8:
            raise ValueError(f"crop is {self.crop.dtype} {self.crop.shape}, expected uint8 (h, w, 3)")
        for name, shape in (("digit_probs", (MAX_DIGITS, DIGIT_CLASSES)), ("length_probs", (LENGTH_CLASSES,))):
            probs = getattr(self, name)
            if probs.shape != shape or not np.allclose(probs.sum(-1), 1, atol=1e-3):
                raise ValueError(f"{name} {probs.shape} must be {shape} with rows that sum to 1")

    @property
    def too_long(self) -> bool:
        """A number was found, and it has more than five digits."""
        return self.box is not None and self.number is None

    @property
    def label(self) -> str:
        """The number as pictures and lists show it."""
        return "more than five digits" if self.number is None else self.number

    def likeliest(self, k: int = 3) -> list[tuple[str, float]]:
        """The k likeliest numbers with their probabilities, best first; "" means no number."""
        logs = (torch.from_numpy(p).double().clamp_min(1e-12).log() for p in (self.digit_probs, self.length_probs))
        return labels.likeliest(*logs, k)

    def timed(self, timings_ms: dict[str, float]) -> Reading:
        """The same reading with these timings, in milliseconds by stage."""
        return dataclasses.replace(self, timings_ms=timings_ms)

    def to_json(self, file: str | None = None) -> dict:
        """The object that `read --json` prints and the web API returns; "guess" only if there is one."""
        content = {
            "file": file,
            "number": self.number,
            "confidence": round(float(self.confidence), 4),
            "box": None if self.box is None else [round(float(v), 1) for v in self.box],
            "digit_probs": np.round(self.digit_probs.astype(float), 4).tolist(),
            "length_probs": np.round(self.length_probs.astype(float), 4).tolist(),
            "ms": round(sum(self.timings_ms.values()), 1),
        }
        if self.guess is not None:
            content["guess"] = {key: self.guess.to_json()[key] for key in ("number", "confidence", "box")}
        return content

    @staticmethod
    def nothing(timings_ms: dict[str, float], confidence: float = 0.0, guess: Reading | None = None) -> Reading:
        """No number in the photo: every position is blank and the length is 0."""
        digit_probs = np.eye(DIGIT_CLASSES)[[BLANK] * MAX_DIGITS]
        crop = np.zeros((0, 0, 3), np.uint8)
        return Reading(None, confidence, None, crop, digit_probs, np.eye(LENGTH_CLASSES)[0], timings_ms, guess)
