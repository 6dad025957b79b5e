from unittest.mock import Mock

import numpy as np
import pytest
from helpers.fake_networks import CORNER, MIDDLE, NEAR, fake_networks
from helpers.fake_pipeline import NOTHING, photo_of

from demo import comparison
from demo.comparison import Localization
from demo.model_zoo import Network
from demo.render import comparison as render
from svhn.boxes import Box
from svhn.data.annotations import Truth


def test_every_localizer_searches_once_and_every_reader_reads_the_same_crop(monkeypatch):
    networks, photo = fake_networks(), photo_of("42")
    finders = [networks.pipelines[each.name, "shade"].localizer for each in networks.localizers]
    for finder in finders:
        monkeypatch.setattr(finder, "locate", Mock(wraps=finder.locate))
    found, reads = comparison.localize(networks, photo), list(comparison.read_crop(networks, photo, MIDDLE))
    assert [each.network for each in found] == list(networks.localizers)
    assert [each.box for each in found] == [MIDDLE, NEAR, CORNER, None]
    comparison.read_pairs(networks, photo, found)
    assert [finder.locate.call_count for finder in finders] == [1, 1, 1, 1]
    assert [(r.network.name, r.reading.number) for r in reads] == [("shade", "42"), ("wide", "42"), ("stuck", "47")]
    assert [read.reading.crop.shape for read in reads] == [(16, 16, 3), (16, 40, 3), (8, 8, 3)]  # at its own size
    assert {read.reading.box for read in reads} == {MIDDLE}
    assert "The readers agree" in render.summary(found, reads[:2], None)


@pytest.mark.parametrize("number", ["42", NOTHING])
def test_a_pair_says_what_its_pipeline_says(number):
    networks, photo = fake_networks(), photo_of(number)
    pairs = comparison.read_pairs(networks, photo, comparison.localize(networks, photo))
    assert pairs.keys() == networks.pipelines.keys()
    for pair, pipeline in networks.pipelines.items():
        found, expected = pairs[pair], pipeline.read(photo)
        assert (found.number, found.box, found.confidence) == (expected.number, expected.box, expected.confidence)


def found_at(*boxes: Box | None) -> list[Localization]:
    arrays = [np.array([box] if box else []).reshape(-1, 4) for box in boxes]
    return [Localization(Network(str(i), ""), box, np.full(len(box), 0.5), 1.0) for i, box in enumerate(arrays)]


def test_places_are_grouped_the_largest_group_first():
    here, near, there = (0.0, 0.0, 10.0, 10.0), (2.0, 0.0, 12.0, 10.0), (50.0, 50.0, 60.0, 60.0)
    found = found_at(there, here, None, near)
    assert comparison.group_by_place(found) == [[found[1], found[3]], [found[0]]]
    assert comparison.group_by_place(found_at(None, None)) == []
    assert 'data-state="none"' in render.summary(found_at(None, None), [], Truth("", None))
