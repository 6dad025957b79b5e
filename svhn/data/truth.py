"""What an official record says is in its photo: the number as it is read, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .. import boxes as bx
from .. import labels
from .digitstruct import Record


@dataclass(frozen=True)
class Truth:
    """`number` in digits, "" when the photo shows none; `box` (x1, y1, x2, y2) around it in photo pixels."""

    number: str
    box: bx.Box | None


def of_record(record: Record) -> Truth:
    """Digits in reading order. Raises ValueError for a label that is no digit, or when no box has a size."""
    digits = [labels.digit_from_official(label) for label in record.labels]
    usable = np.isfinite(record.boxes).all(-1) & (bx.area(record.boxes) > 0)
    if not usable.any():
        raise ValueError(f"{record.name} has no box with a size")
    number = "".join(str(digits[i]) for i in bx.reading_order(record.boxes))
    return Truth(number, tuple(map(float, bx.union(record.boxes[usable]))))
