"""What is kept of a visitor's photo, and when a view of it is out of date. No Gradio in here."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from svhn.batch.local import PhotoFile
from svhn.images import draw
from svhn.images.decode import open_photo
from svhn.pipeline import Pipeline
from svhn.reading import Reading

from .ground_truth import SAME_PLACE_IOU, Truth, TruthIndex, fingerprint, iou

HIDDEN = {"visible": False, "value": None}
PENDING = " "  # what the view of a photo that waits is of: no path, and not the absence of a photo
# JavaScript of an event whose last input is set to the path of the photo, the first one, that the answer will be of.
PASS_PHOTO_PATH = "(photo, ...rest) => [photo, ...rest.slice(0, -1), photo?.path ?? '']"


@dataclass(frozen=True, eq=False)
class PhotoResult:
    """All that is kept of a photo: the hash of its file, the readings of its numbers, the most prominent first, its
    truth, None if unknown, the networks that read it, and its width and height."""

    sha256: bytes
    readings: tuple[Reading, ...]
    truth: Truth | None
    pipeline: Pipeline
    size: tuple[int, int]

    @property
    def reading(self) -> Reading:
        """The reading of the most prominent number."""
        return self.readings[0]

    def truth_of(self, reading: Reading) -> Truth | None:
        """The truth if it concerns this reading: a photo has one true number, and may show others."""
        if self.truth is None or reading is self.reading:
            return self.truth
        if reading not in self.readings and self.truth.box is None:
            return self.truth  # a person has drawn its box
        if self.truth.box is None or reading.box is None:
            return None
        return self.truth if iou(reading.box, self.truth.box) > SAME_PLACE_IOU else None

    def is_elsewhere(self, other: Reading, reading: Reading) -> bool:
        """Whether `other` is in another place than `reading`, which may be of a box that a person has drawn."""
        if other is reading or other.box is None:
            return False
        return reading in self.readings or reading.box is None or iou(other.box, reading.box) <= SAME_PLACE_IOU

    def others(self, reading: Reading) -> list[Reading]:
        """The other numbers of the photo."""
        return [other for other in self.readings if other is not reading]


def read_photo(pipeline: Pipeline, truths: TruthIndex, data: bytes) -> tuple[PhotoResult, np.ndarray]:
    """Read the content of an image file; return what is kept of it, and the photo, RGB uint8 (h, w, 3). Raises
    `svhn.images.decode.PhotoError`, with one sentence for the sender."""
    start = time.perf_counter()
    photo = open_photo(data)
    decoded = {"decode": (time.perf_counter() - start) * 1e3}
    readings = tuple(reading.timed(decoded | reading.timings_ms) for reading in pipeline.read_all(photo))
    size = photo.shape[1], photo.shape[0]
    return PhotoResult(fingerprint(data), readings, truths.find(data), pipeline, size), photo


def belongs_to(sent: PhotoFile | None, result: PhotoResult | None) -> bool:
    """Whether the result is of that photo; another may have been sent since."""
    return sent is not None and result is not None and result.sha256 == fingerprint(sent.data)


def annotate(photo: np.ndarray, result: PhotoResult, reading: Reading) -> np.ndarray:
    """The photo, RGB uint8 (h, w, 3), at display size with all its boxes; the box of `reading` is highlighted."""
    others = [(other.box, other.label) for other in result.others(reading) if other.box is not None]
    true = result.truth.box if result.truth else None
    return draw.annotate(photo, reading.box, true, reading.label, others)


def clear_if_stale(waiting: list) -> str:
    """JavaScript, given the photo and what the view is `of`, that changes nothing if that is the same, and else sets
    the view to `waiting` values. Its last output is `of`: of nothing then."""
    return f"(photo, of) => (photo?.path ?? '') === (of ?? '') ? [] : {json.dumps([*waiting, PENDING])}"


def drop_session(page: Any, session: str | None) -> None:
    """Delete everything that a session of the page, a gr.Blocks, has stored."""
    page.state_holder.session_data.pop(session, None)
    page.state_holder.time_last_used.pop(session, None)
