"""From a file somebody sent to everything the page says about it. No Gradio in here."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from svhn.photos import open_photo
from svhn.pipeline import Pipeline
from svhn.reading import Reading

from . import draw
from .truth import Truth, Truths


@dataclass(frozen=True)
class Answer:
    """`picture` is the photo at display size with its boxes, RGB uint8 (h, w, 3); `truth` None where unknown."""

    reading: Reading
    truth: Truth | None
    picture: np.ndarray


def answer(pipeline: Pipeline, truths: Truths, data: bytes) -> Answer:
    """Content of an image file -> Answer. Raises `svhn.photos.PhotoError`, one sentence for the sender."""
    start = time.perf_counter()
    photo = open_photo(data)
    decoded = time.perf_counter()
    reading = pipeline.read(photo)
    reading = replace(reading, timings_ms={"decode": (decoded - start) * 1e3, **reading.timings_ms})
    truth = truths.find(data)
    picture = draw.annotate(photo, reading.box, truth.box if truth else None)
    return Answer(reading, truth, picture)
