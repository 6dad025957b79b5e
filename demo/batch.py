"""Many photos, one after the other: a broken one is a row with its sentence, and the rest go on. No Gradio in here.

The tab "Many photos" and the endpoint `/read_batch` share this:

    check_count(len(sent))                     # UserError with a sentence when there are too many
    for row in read_batch(pipeline, sent):     # anything with .name and .data; content is asked for one at a time
        row.to_json()                          # as `python -m svhn read --json`: the reading, or {"file", "error"}
        row.picture                            # RGB uint8 (h, w, 3), display size, the box drawn; None of a broken file
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from svhn.images import PhotoError, open_photo
from svhn.pipeline import Pipeline
from svhn.reading import Reading
from svhn.utils.errors import UserError

from .render import images, text

MAX_PHOTOS = 200
OUR_FAULT = "The reader itself failed on this photo; please read it alone, or make it smaller."
TOO_MANY = f"These are more than {MAX_PHOTOS} files; please send at most {MAX_PHOTOS} at a time. None of them was read."


class SentLike(Protocol):
    """A file as it was sent. `data` may be read from the disk when it is asked for, and raise PhotoError."""

    @property
    def name(self) -> str | None: ...

    @property
    def data(self) -> bytes: ...


@dataclass(frozen=True)
class Row:
    """One file of a batch: a reading and its picture, or else the sentence why there is none."""

    name: str | None
    reading: Reading | None = None
    picture: np.ndarray | None = field(default=None, repr=False)
    error: str | None = None
    others: tuple[Reading, ...] = ()  # the further numbers of the photo

    @property
    def also(self) -> str:
        """The further numbers in words."""
        return ", ".join(text.short(other) for other in self.others)

    def state(self, unsure_below: float) -> str:
        """ "sure", "unsure", "none", "too long" or "error"."""
        if self.reading is None:
            return "error"
        if self.reading.number is None:
            return "too long" if self.reading.too_long else "none"
        return "unsure" if self.reading.confidence < unsure_below else "sure"

    def to_json(self) -> dict:
        """The object that `read --json` prints: the reading, or {"file", "error"}."""
        return {"file": self.name, "error": self.error} if self.reading is None else self.reading.to_json(self.name)


def check_count(count: int) -> None:
    """Raises UserError, a sentence for the sender, when a batch has more than `MAX_PHOTOS` files."""
    if count > MAX_PHOTOS:
        raise UserError(TOO_MANY)


def read_batch(pipeline: Pipeline, sent: Iterable[SentLike]) -> Iterator[Row]:
    """Yields a row for every file, in their order, as soon as it is read; holds one photo at a time."""
    for file in sent:
        yield _read(pipeline, file)


def _read(pipeline: Pipeline, file: SentLike) -> Row:
    start = time.perf_counter()
    try:
        photo = open_photo(file.data)
    except PhotoError as error:
        return Row(file.name, error=str(error))
    decode_ms = (time.perf_counter() - start) * 1e3
    try:
        reading, *others = pipeline.read_all(photo)
        thin = [(other.box, text.short(other)) for other in others]
        picture = images.annotate(photo, reading.box, None, text.short(reading), thin)
    except Exception:  # a mistake of ours, for the log; the rest of the batch goes on
        traceback.print_exc()
        return Row(file.name, error=OUR_FAULT)
    reading = reading.timed({"decode": decode_ms, **reading.timings_ms})
    return Row(file.name, reading, picture, others=tuple(others))
