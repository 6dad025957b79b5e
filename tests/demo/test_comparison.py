import html
import re

import numpy as np
import pytest
from helpers.fake_networks import fake_networks
from helpers.fake_pipeline import NOTHING, photo_of

from demo import comparison
from demo.comparison import CropReading, Localization
from demo.model_zoo import Network, Networks
from demo.render import comparison as render
from svhn.boxes import Box
from svhn.data.annotations import Truth

IN_THE_MIDDLE = (24.0, 16.0, 72.0, 48.0)


@pytest.fixture
def networks() -> Networks:
    return fake_networks()


def compared(networks: Networks, number: str) -> tuple[tuple[Localization, ...], list[CropReading]]:
    photo = photo_of(number)
    return comparison.localize(networks, photo), list(comparison.read_crop(networks, photo, IN_THE_MIDDLE))


def plain(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def test_every_localizer_searches_once_and_every_reader_reads_the_same_crop(networks):
    found, reads = compared(networks, "42")
    assert [each.network for each in found] == list(networks.localizers)
    places = [IN_THE_MIDDLE, (19.2, 12.8, 72, 48), (0, 0, 19.2, 16)]
    assert [each.box for each in found] == [*map(pytest.approx, places), None]
    comparison.read_pairs(networks, photo_of("42"), found)
    finders = [networks.pipelines[each.name, "shade"].localizer for each in networks.localizers]
    assert [finder.asked for finder in finders] == [1, 1, 1, 1]
    assert [(r.network.name, r.reading.number) for r in reads] == [("shade", "42"), ("wide", "42"), ("stuck", "47")]
    assert [read.reading.crop.shape for read in reads] == [(16, 16, 3), (16, 40, 3), (8, 8, 3)]  # at its own size
    assert {read.reading.box for read in reads} == {IN_THE_MIDDLE}


@pytest.mark.parametrize("number", ["42", NOTHING])
def test_a_pair_says_what_its_pipeline_says(networks, number):
    photo = photo_of(number)
    pairs = comparison.read_pairs(networks, photo, comparison.localize(networks, photo))
    expected = {pair: pipeline.read(photo) for pair, pipeline in networks.pipelines.items()}
    assert {pair: (r.number, r.box, r.confidence) for pair, r in pairs.items()} == {
        pair: (r.number, r.box, r.confidence) for pair, r in expected.items()
    }


def found_at(*boxes: Box | None) -> list[Localization]:
    return [
        Localization(
            Network(str(i), str(i)), np.array([box] if box else np.zeros((0, 4))), np.array([0.5] * bool(box)), 1.0
        )
        for i, box in enumerate(boxes)
    ]


def test_places_are_grouped_the_largest_group_first():
    here, near, there = (0.0, 0.0, 10.0, 10.0), (2.0, 0.0, 12.0, 10.0), (50.0, 50.0, 60.0, 60.0)
    found = found_at(there, here, None, near)
    assert comparison.group_by_place(found) == [[found[1], found[3]], [found[0]]]
    assert comparison.group_by_place(found_at(None, None)) == []


def test_the_summary_says_who_disagrees_and_who_is_right(networks):
    found, reads = compared(networks, "42")
    where = "The localizers disagree: one place (2), elsewhere (1), no number (1)."
    for truth, sentence in (
        (None, ""),
        (Truth("42", None), "2 of 3 right: the true number is 42 ."),
        (Truth("", None), "✗ Wrong: there is no number in this photo."),
    ):
        markup = plain(render.summary(found, reads, truth))
        assert markup.startswith("42 The readers disagree: 42 (2), 47 (1).")
        assert sentence in markup
        assert markup.endswith(where)
    agreed = plain(render.summary(found, reads[:2], Truth("42", None)))
    assert agreed.startswith("42 The readers agree. ✓ Right: the true number is 42 .")
    nobody = render.summary(found_at(None, None), [], Truth("", None))
    assert 'data-state="none"' in nobody
    assert plain(nobody).startswith("– The localizers find no number. ✓ Right")
