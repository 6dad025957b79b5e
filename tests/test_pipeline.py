import dataclasses
from itertools import pairwise

import numpy as np
import pytest
import torch
from helpers.fake_pipeline import MANY, FakeReader, photo_of, two_numbers
from helpers.stand_ins import Finder

from svhn import labels
from svhn.pipeline import Pipeline


@pytest.fixture(scope="module")
def pipeline(tiny_weights) -> Pipeline:
    return Pipeline.load(tiny_weights)


def _photo(height: int = 60, width: int = 90) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (height, width, 3), dtype=np.uint8)


def _staged(pipeline: Pipeline, boxes: list, scores: list) -> Pipeline:
    """It is sure of what it reads by the shade of red; black is no number."""
    return dataclasses.replace(pipeline, localizer=Finder(boxes, scores), reader=FakeReader(64), temperature=0.5)


def test_the_number_in_the_box_is_the_one_read(pipeline):
    photo = np.zeros((64, 96, 3), np.uint8)
    photo[10:50, 30:70] = photo_of("7")[10:50, 30:70]
    staged = _staged(pipeline, [[40, 20, 60, 40]], [0.8])
    reading = staged.read(photo)
    assert (reading.number, reading.box) == ("7", (40, 20, 60, 40))
    assert reading.confidence > 0.9
    assert staged.candidates(photo)[0].box == reading.box  # the surest first
    assert staged.read_boxes(photo, [(2, 2, 8, 8)])[0].box is None  # black is no number
    nothing = staged.explain(photo, reading)  # these networks have neither heat nor attention
    assert (nothing.heat, nothing.attention) == (None, None)
    assert _staged(pipeline, [], []).read(photo).box is None


class Columns(torch.nn.Module):
    """A reader of rows: each change of brightness from left to right is another digit, named by its brightness, and
    the more there are, the surer it is."""

    def __init__(self, config) -> None:
        super().__init__()
        self.config, self.anything = config, torch.nn.Parameter(torch.zeros(1))

    def forward(self, crops: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        levels = ((crops.mean(1)[:, 32] * self.config.std + self.config.mean) * 10).round().long()  # (N, 64)
        digits, length = torch.zeros(len(crops), 5, 11), torch.zeros(len(crops), 7)
        for i, row in enumerate(levels):
            values, counts = row.unique_consecutive(return_counts=True)
            seen = values[counts > 4].unique_consecutive()  # no edges
            classes, n = labels.encode("".join(map(str, seen.tolist())))
            digits[i, range(5), classes] = length[i, n] = 3.0 * n
        return digits, length

    def attention(self, crops: torch.Tensor) -> torch.Tensor:
        maps = torch.zeros(len(crops), 5, 10, 130)  # over a box of 100 columns with a margin of 15
        for i in range(3):
            maps[:, i, :, 15 + 33 * i : 48 + 33 * i] = 1
        return maps


def test_digits_above_each_other_are_read_as_if_they_were_next_to_each_other(pipeline):
    photo = np.zeros((120, 60, 3), np.uint8)
    for i, digit in enumerate((2, 9, 7)):
        photo[30 * i : 30 * i + 30] = round(25.5 * digit)
    boxes = [(20.0, 0.0, 40.0, 90.0), (0.0, 0.0, 60.0, 30.0), (0.0, 0.0, 60.0, 90.0)]  # a stack, a row, a square
    rows = dataclasses.replace(pipeline, reader=Columns(pipeline.reader.config))
    reading, *wide = rows.read_boxes(photo, boxes)
    assert [len(each.number) for each in wide] == [1, 1]  # these are too wide for a stack
    box = boxes[0]
    assert (reading.number, reading.box, reading.crop.shape) == ("297", box, (64, 64, 3))
    assert reading.confidence > 0.8
    maps = rows.explain(photo, reading).attention
    thirds = np.linspace(48 * 0.15 / 1.3, 48 * 1.15 / 1.3, 4).round().astype(int)  # of the box, within its margin
    for i, (top, bottom) in enumerate(pairwise(thirds)):
        assert maps[i, top:bottom].sum() == pytest.approx(maps[i].sum(), abs=0.1)
        assert maps[i].sum() == pytest.approx(1)
    plain = dataclasses.replace(reading, crop=pipeline.crops(photo, [box])[0, 0].permute(1, 2, 0).numpy())
    assert pipeline.explain(photo, plain).attention.shape[0] == 5
    assert pipeline.explain(255 - photo, reading).attention is None  # of another photo


def test_the_temperature_cools_probabilities(pipeline):
    assert pipeline.temperature == 1.5  # of the manifest
    warm = _staged(pipeline, [(10.0, 10.0, 60.0, 50.0)], [1.0])
    assert dataclasses.replace(warm, temperature=9.0).read(_photo()).confidence < warm.read(_photo()).confidence


def test_the_many_boxes_of_a_search_are_read_at_one_margin(pipeline, monkeypatch):
    photo, places = _photo(), [[5, 5, 25, 25], [65, 20, 80, 40]]
    staged, read = _staged(pipeline, places, [0.3, 0.2]), []
    staged.reader.config.margins = (0.15, 0.3)
    logits = Pipeline.logits
    monkeypatch.setattr(Pipeline, "logits", lambda self, crops: read.append(crops.shape[1]) or logits(self, crops))
    staged.read(photo)
    assert read[:2] == [2, 1]  # the first look decides most photos
    assert set(read) == {1, 2}  # only the winner is read once more at all


@pytest.mark.parametrize("size", [(8, 8), (9, 400), (400, 9), (60, 90)])
def test_any_shape_is_read(pipeline, size):
    reading = pipeline.read(_photo(*size))
    assert reading.box is None or reading.crop.shape == (64, 64, 3)
    assert set(reading.timings_ms) == {"localizer", "reader"}


def test_the_whole_photo_is_read_where_no_localizer_is_wanted(tiny_weights):
    pipeline = Pipeline.load(tiny_weights, localizer="whole")
    photo = _photo()
    reading = dataclasses.replace(pipeline, reader=FakeReader(64), temperature=0.5).read(photo)
    assert reading.box == (0, 0, 90, 60)
    assert set(pipeline.sha256) == {"compact"}  # there are no weights of a localizer in it
    assert pipeline.explain(photo, reading).heat is None


@pytest.mark.parametrize(
    ("seen", "check", "kept"),
    [(1, True, True), (2, True, False), (0, True, False), (2, False, True), (None, True, True)],
)
def test_a_reading_of_another_length_than_the_localizer_sees_is_rejected(pipeline, seen, check, kept):
    photo = photo_of("7")
    staged = _staged(pipeline, [[40, 20, 60, 40]], [0.8])
    confidence = staged.read(photo).confidence
    staged.localizer.digits_seen = lambda photo: None if seen is None else np.eye(7)[seen]
    reading = dataclasses.replace(staged, check_length=check).read(photo)
    assert (reading.number, reading.box) == ("7", (40, 20, 60, 40))  # reported, but without confidence
    assert reading.confidence == (confidence if kept else 0.0)


def test_only_the_first_number_is_held_against_the_count_and_only_if_it_was_read(pipeline):
    counting = _staged(pipeline, [[5, 5, 30, 30], [75, 5, 95, 30]], [0.7, 0.9])
    counting.localizer.digits_seen = lambda photo: np.eye(7)[4]
    first, second = counting.read_all(two_numbers("7", "42"))
    assert (first.number, second.number, first.confidence) == ("42", "7", 0)
    assert second.confidence > 0.9
    too_long = counting.read(photo_of(MANY))
    assert (too_long.number, too_long.too_long) == (None, True)
    assert too_long.confidence > 0.9
