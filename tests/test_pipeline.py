"""The whole path with tiny networks: boxes, crops and decoding fit together."""

import dataclasses

import numpy as np
import pytest
import torch

from svhn.models import build
from svhn.pipeline import Pipeline
from svhn.reading import Reading
from svhn.utils.errors import WeightsError


@pytest.fixture(scope="module")
def pipeline(tiny_weights) -> Pipeline:
    return Pipeline.load(tiny_weights)


def _photo(height: int = 60, width: int = 90) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (height, width, 3), dtype=np.uint8)


class Finder(torch.nn.Module):
    """A localizer that knows where to look."""

    def __init__(self, boxes: list, scores: list) -> None:
        super().__init__()
        self.boxes, self.scores = np.array(boxes, float).reshape(-1, 4), np.array(scores, float)

    def locate(self, photo: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self.boxes, self.scores


class Brightness(torch.nn.Module):
    """A reader that says 0 ... 9 by how bright the crop is; black is no number, white is too long."""

    def __init__(self, config) -> None:
        super().__init__()
        self.config, self.anything = config, torch.nn.Parameter(torch.zeros(1))

    def forward(self, crops: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        level = ((crops.mean((1, 2, 3)) * self.config.std + self.config.mean) * 11).round().long()  # 0 ... 11
        digits = torch.full((len(crops), 5, 11), -9.0)
        digits[:, 1:, 10] = 9.0
        digits[torch.arange(len(crops)), 0, (level - 1).clamp(0, 9)] = 9.0
        length = torch.full((len(crops), 7), -9.0)
        which = torch.where(level == 0, 0, torch.where(level == 11, 6, 1))
        length[torch.arange(len(crops)), which] = 9.0
        digits[level == 0, 0, 10] = 20.0
        digits[level == 11, :, 3] = 20.0
        return digits, length


def _staged(pipeline: Pipeline, boxes: list, scores: list) -> Pipeline:
    return dataclasses.replace(pipeline, localizer=Finder(boxes, scores), reader=Brightness(pipeline.reader.config))


def test_a_reading_is_whole_and_timed(pipeline):
    reading = pipeline.read(_photo())
    assert reading.box is None or reading.crop.shape == (64, 64, 3)
    assert set(reading.timings_ms) == {"localizer", "reader"}


def test_the_number_in_the_box_is_the_one_read(pipeline):
    photo = np.zeros((60, 90, 3), np.uint8)
    photo[10:50, 30:70] = round(255 * 8 / 11)
    reading = _staged(pipeline, [[40, 20, 60, 40]], [0.8]).read(photo)
    assert reading.number == "7"
    assert reading.box == (40, 20, 60, 40)
    assert reading.confidence > 0.9


def test_no_box_means_no_number(pipeline):
    reading = _staged(pipeline, [], []).read(_photo())
    assert reading.number is None
    assert reading.box is None


def test_a_box_in_which_nothing_can_be_read_gives_way_to_one_in_which_something_can(pipeline):
    photo = np.zeros((60, 90, 3), np.uint8)
    photo[:, 50:] = round(255 * 4 / 11)
    staged = _staged(pipeline, [[5, 5, 25, 25], [65, 20, 80, 40]], [0.9, 0.6])
    assert staged.read(photo).number == "3"
    assert _staged(pipeline, [[5, 5, 25, 25]], [0.9]).read(photo).number is None


def test_more_than_five_digits_has_a_box_and_no_number(pipeline):
    reading = _staged(pipeline, [[10, 10, 30, 30]], [0.9]).read(np.full((60, 90, 3), 255, np.uint8))
    assert reading.number is None
    assert reading.too_long


def test_colours_reach_the_reader_as_red_green_blue(pipeline):
    photo = np.zeros((40, 40, 3), np.uint8)
    photo[..., 0] = 200
    crop = pipeline.crops(photo, [(10, 10, 30, 30)])[0, 0]
    assert crop[0].min() == 200
    assert crop[1:].max() == 0


def test_the_temperature_cools_probabilities(pipeline):
    photo, box = _photo(), [(10.0, 10.0, 60.0, 50.0)]
    crops = pipeline.crops(photo, box)
    warm, _ = pipeline.logits(crops)
    assert pipeline.temperature == 1.5
    reading = _staged(pipeline, box, [1.0])
    assert dataclasses.replace(reading, temperature=9.0).read(photo).confidence < reading.read(photo).confidence
    assert warm.shape == (1, 5, 11)


def test_reading_twice_gives_the_same(pipeline):
    first, second = pipeline.read(_photo()), pipeline.read(_photo())
    assert first.number == second.number
    assert np.array_equal(first.digit_probs, second.digit_probs)


@pytest.mark.parametrize("size", [(8, 8), (9, 400), (400, 9), (1000, 700)])
def test_any_shape_is_read(pipeline, size):
    pipeline.read(_photo(*size))


def test_numbers_are_ordered_most_prominent_first(pipeline):
    photo = np.zeros((60, 90, 3), np.uint8)
    photo[:, :45] = round(255 * 3 / 11)
    photo[:, 45:] = round(255 * 6 / 11)
    places = [[5, 5, 30, 30], [55, 5, 80, 30], [8, 8, 28, 28]]
    readings = _staged(pipeline, places, [0.7, 0.9, 0.8]).read_all(photo)
    assert [reading.number for reading in readings] == ["5", "2"]  # and not the part of the second again
    assert readings[0].timings_ms == readings[1].timings_ms


@pytest.mark.parametrize("score", [0.2, 0.3])
def test_a_further_number_must_look_like_one(pipeline, score):
    photo = np.full((60, 90, 3), round(255 * 3 / 11), np.uint8)
    readings = _staged(pipeline, [[5, 5, 30, 30], [55, 5, 80, 30]], [0.9, score]).read_all(photo)
    assert len(readings) == (2 if score > 0.25 else 1)


def test_an_explanation_covers_the_photo_and_every_digit(pipeline):
    photo = _photo()
    reading = _staged(pipeline, [[10, 10, 60, 50]], [0.9]).read(photo)
    explanation = pipeline.explain(photo, reading)
    assert explanation.heat.ndim == 2
    assert 0 <= explanation.heat.min() <= explanation.heat.max() <= 1
    assert explanation.attention.shape[0] == 5
    assert explanation.attention.sum((1, 2)) == pytest.approx(1, abs=1e-3)


def test_networks_that_cannot_tell_explain_nothing(pipeline):
    staged = _staged(pipeline, [[10, 10, 60, 50]], [0.9])
    explanation = staged.explain(_photo(), staged.read(_photo()))
    assert explanation.heat is None
    assert explanation.attention is None


def test_the_whole_photo_is_read_where_no_localizer_is_wanted(tiny_weights):
    pipeline = Pipeline.load(tiny_weights, localizer="whole")
    photo = _photo()
    reading = dataclasses.replace(pipeline, reader=Brightness(pipeline.reader.config)).read(photo)
    assert reading.box == (0, 0, 90, 60)
    assert set(pipeline.sha256) == {"compact"}  # there are no weights of a localizer in it
    assert pipeline.explain(photo, reading).heat is None


@pytest.mark.parametrize(("role", "name"), [("reader", "whole"), ("reader", "fcos"), ("localizer", "compact")])
def test_a_name_that_cannot_be_used_names_those_that_can(tiny_weights, role, name):
    with pytest.raises(WeightsError, match=f"no weights of '{name}' to use; choose one of the {role}s"):
        Pipeline.load(tiny_weights, **{role: name})


def test_a_network_takes_the_place_of_weights(tiny_weights):
    reader = build("compact", {"channels": (8, 8, 16, 16), "summary": 16}).eval()
    pipeline = Pipeline.load(tiny_weights, reader=reader)
    assert pipeline.reader is reader
    assert (pipeline.temperature, set(pipeline.sha256)) == (1.0, {"fcos"})  # it was not calibrated
    assert isinstance(pipeline.read(_photo()), Reading)


class Counter(Finder):
    """A localizer that also says how many digits it sees."""

    def __init__(self, boxes: list, scores: list, seen: int | None) -> None:
        super().__init__(boxes, scores)
        self.seen = seen

    def digits_seen(self, photo: np.ndarray) -> np.ndarray | None:
        return None if self.seen is None else np.eye(7)[self.seen]


@pytest.mark.parametrize(
    ("seen", "check", "kept"),
    [(1, True, True), (2, True, False), (0, True, False), (2, False, True), (None, True, True)],
)
def test_a_reading_of_another_length_than_the_localizer_sees_is_rejected(pipeline, seen, check, kept):
    photo = np.full((60, 90, 3), round(255 * 8 / 11), np.uint8)
    staged = _staged(pipeline, [[40, 20, 60, 40]], [0.8])
    counting = dataclasses.replace(staged, localizer=Counter([[40, 20, 60, 40]], [0.8], seen), check_length=check)
    reading = counting.read(photo)
    assert reading.number == "7"  # reported, but without confidence
    assert reading.box == (40, 20, 60, 40)
    assert reading.confidence == (staged.read(photo).confidence if kept else 0.0)


def test_only_the_first_number_is_held_against_the_count(pipeline):
    photo = np.zeros((60, 90, 3), np.uint8)
    photo[:, :45], photo[:, 45:] = round(255 * 3 / 11), round(255 * 6 / 11)
    places = [[5, 5, 30, 30], [55, 5, 80, 30]]
    staged = _staged(pipeline, places, [0.7, 0.9])
    first, second = dataclasses.replace(staged, localizer=Counter(places, [0.7, 0.9], 4)).read_all(photo)
    assert (first.number, second.number) == ("5", "2")
    assert first.confidence == 0
    assert second.confidence > 0.9


def test_where_nothing_is_read_nothing_is_rejected(pipeline):
    white = np.full((60, 90, 3), 255, np.uint8)
    staged = _staged(pipeline, [[10, 10, 30, 30]], [0.9])
    reading = dataclasses.replace(staged, localizer=Counter([[10, 10, 30, 30]], [0.9], 2)).read(white)
    assert reading.too_long
    assert reading.confidence > 0.9


def test_candidates_are_listed_surest_first(pipeline):
    photo = np.zeros((60, 90, 3), np.uint8)
    photo[10:50, 30:70] = round(255 * 8 / 11)
    found = _staged(pipeline, [[2, 2, 20, 20], [40, 20, 60, 40]], [0.9, 0.3]).candidates(photo)
    assert found[0].box == (40, 20, 60, 40)
    assert {(2, 2, 20, 20), (40, 20, 60, 40)} <= {each.box for each in found}
    assert not _staged(pipeline, [], []).candidates(photo)
