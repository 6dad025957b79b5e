"""From a file somebody sent to everything the page says about it. No Gradio in here."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from svhn import boxes as bx
from svhn.boxes import Box
from svhn.images import open_photo
from svhn.pipeline import Pipeline
from svhn.reading import Reading

from .batch import SentLike
from .ground_truth import Truth, Truths, fingerprint
from .render import images, text

SAME_PLACE = 0.3  # IoU


def overlap(a: Box, b: Box) -> float:
    """IoU."""
    return float(bx.iou(np.array(a), np.array(b)))


@dataclass(frozen=True, eq=False)
class Findings:
    """All that is kept of a photo: what tells its file from others; `readings` of its numbers, the most prominent
    first; `truth` None where unknown; the networks that read it."""

    sha256: bytes
    readings: tuple[Reading, ...]
    truth: Truth | None
    pipeline: Pipeline

    @property
    def reading(self) -> Reading:
        """That of the most prominent number."""
        return self.readings[0]

    def truth_of(self, reading: Reading) -> Truth | None:
        """The truth as far as it is about this reading: one photo has one true number, and others beside it."""
        if self.truth is None or reading is self.reading:
            return self.truth
        if self.truth.box is None or reading.box is None:
            return None
        return self.truth if overlap(reading.box, self.truth.box) > SAME_PLACE else None

    def others(self, reading: Reading) -> list[Reading]:
        """The further numbers of the photo."""
        return [other for other in self.readings if other is not reading]


def answer(pipeline: Pipeline, truths: Truths, data: bytes) -> tuple[Findings, np.ndarray]:
    """Content of an image file -> what is kept of it, and the photo at display size with its boxes, RGB uint8
    (h, w, 3). Raises `svhn.images.PhotoError`, one sentence for the sender."""
    start = time.perf_counter()
    photo = open_photo(data)
    decoded = {"decode": (time.perf_counter() - start) * 1e3}
    readings = tuple(reading.timed(decoded | reading.timings_ms) for reading in pipeline.read_all(photo))
    found = Findings(fingerprint(data), readings, truths.find(data), pipeline)
    return found, picture(photo, found, found.reading)


def about(sent: SentLike | None, found: Findings | None) -> bool:
    """Whether this was found in that photo; another may have come since, and wait to be read."""
    return sent is not None and found is not None and found.sha256 == fingerprint(sent.data)


def picture(photo: np.ndarray, found: Findings, reading: Reading) -> np.ndarray:
    """The photo, RGB uint8 (h, w, 3), at display size with all its boxes; that of `reading` stands out."""
    others = [(other.box, text.short(other)) for other in found.others(reading) if other.box is not None]
    true = found.truth.box if found.truth else None
    return images.annotate(photo, reading.box, true, text.short(reading), others)
