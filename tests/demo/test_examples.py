"""The examples on the page, read with the weights in the repository."""

from __future__ import annotations

import numpy as np

from demo import ui
from svhn import boxes as bx
from svhn.data.truth import listed
from svhn.photos import open_photo
from svhn.pipeline import Pipeline

EASY = {"Clear plate", "One digit"}
LEAST_RIGHT = 7  # of twelve; some are meant to be hopeless


def test_shipped_weights_read_most_examples_and_all_easy_ones() -> None:
    pipeline, right = Pipeline.load(), set()
    for sample in listed(ui.EXAMPLES):
        reading = pipeline.read(open_photo(sample.path))
        if (reading.number or "") == sample.truth.number:
            right.add(sample.title)
        if sample.title in EASY:
            assert bx.iou(np.array(reading.box), np.array(sample.truth.box)) > 0.5
    assert right >= EASY
    assert len(right) >= LEAST_RIGHT
