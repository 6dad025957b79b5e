"""The examples on the page, read with the weights in the repository."""

import numpy as np

from demo import ui
from svhn import boxes as bx
from svhn.data.annotations import read_labels
from svhn.images.decode import open_photo
from svhn.pipeline import Pipeline

EASY = {"Clear plate", "One digit"}
HARD = {"Glare"}  # its middle digit is white on white
MOST_BYTES = 120_000


def test_there_are_examples_of_every_kind_each_with_its_truth():
    samples = read_labels(ui.EXAMPLES)
    assert len(samples) >= 12
    assert {len(sample.truth.number) for sample in samples} >= {0, 1, 2, 3, 5}
    assert {sample.title for sample in samples} >= {"Tiny", "Tilted", "Glare", "Two numbers", "No number"}
    for sample in samples:
        height, width = open_photo(sample.path).shape[:2]
        assert (sample.truth.box is None) == (sample.truth.number == "")
        x1, y1, x2, y2 = sample.truth.box or (0, 0, 1, 1)
        assert 0 <= x1 < x2 <= width
        assert 0 <= y1 < y2 <= height
        assert sample.path.stat().st_size < MOST_BYTES
    assert {path.name for path in ui.EXAMPLES.glob("*.jpg")} == {sample.path.name for sample in samples}


def test_published_weights_read_every_example_that_is_not_hard():
    pipeline = Pipeline.load()
    samples = [sample for sample in read_labels(ui.EXAMPLES) if sample.title not in HARD]
    readings = [pipeline.read(open_photo(sample.path)) for sample in samples]
    assert [reading.number or "" for reading in readings] == [sample.truth.number for sample in samples]
    for sample, reading in zip(samples, readings, strict=True):
        if sample.title in EASY:
            assert bx.iou(np.array(reading.box), np.array(sample.truth.box)) > 0.5


def test_both_numbers_of_the_photo_with_two_are_listed():
    sample = next(sample for sample in read_labels(ui.EXAMPLES) if sample.title == "Two numbers")
    assert [reading.number for reading in Pipeline.load().read_all(open_photo(sample.path))] == ["12", "14"]
