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
    assert {len(sample.truth.number) for sample in samples} >= {0, 1, 2, 3, 5}
    assert {path.name for path in ui.EXAMPLES.glob("*.jpg")} == {sample.path.name for sample in samples}
    assert all((sample.truth.box is None) == (sample.truth.number == "") for sample in samples)
    assert all(sample.path.stat().st_size < MOST_BYTES for sample in samples)


def test_published_weights_read_every_example_that_is_not_hard():
    pipeline = Pipeline.load()
    samples = [sample for sample in read_labels(ui.EXAMPLES) if sample.title not in HARD]
    readings = [pipeline.read_all(open_photo(sample.path)) for sample in samples]
    assert [first.number or "" for first, *_ in readings] == [sample.truth.number for sample in samples]
    found = {sample.title: (sample.truth.box, read) for sample, read in zip(samples, readings, strict=True)}
    assert [each.number for each in found["Two numbers"][1]] == ["12", "14"]
    for box, (first, *_) in (found[title] for title in EASY):
        assert bx.iou(np.array(first.box), np.array(box)) > 0.5
