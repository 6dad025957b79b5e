"""One photo through all networks: what each finds and reads, and how it is shown."""

import html
import re

import numpy as np
import pytest
from helpers.fake_networks import UNSURE_BELOW, FakeLocalizer, fake_networks
from helpers.fake_pipeline import NOTHING, photo_of

from demo import comparison
from demo.comparison import CropReading, Localization
from demo.model_zoo import Network, Networks
from demo.render import comparison as render
from demo.render import text
from demo.render.comparison import pair_table
from svhn.boxes import Box
from svhn.data.annotations import Truth

IN_THE_MIDDLE = (24.0, 16.0, 72.0, 48.0)


@pytest.fixture
def networks() -> Networks:
    return fake_networks()


def plain(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def items(markup: str) -> list[str]:
    """The cards, in words."""
    return [plain(card) for card in re.findall(r"<li>(.*?)</li>", markup.split('<ul class="cards ')[1], re.S)]


def rows(markup: str) -> list[list[str]]:
    """The cells of a table's lines."""
    lines = re.findall(r"<tr>(.*?)</tr>", markup)
    return [[plain(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line)] for line in lines]


def finder(networks: Networks, name: str) -> FakeLocalizer:
    return networks.pipelines[name, "shade"].localizer


def test_every_localizer_searches_once(networks):
    found = comparison.localize(networks, photo_of("42"))
    assert [each.network for each in found] == list(networks.localizers)
    middle, near, corner, nowhere = (each.box for each in found)
    assert (middle, near, corner) == (
        IN_THE_MIDDLE,
        pytest.approx((19.2, 12.8, 72, 48)),
        pytest.approx((0, 0, 19.2, 16)),
    )
    assert nowhere is None
    assert all(each.ms > 0 for each in found)
    comparison.read_pairs(networks, photo_of("42"), found)
    assert [finder(networks, each.name).asked for each in networks.localizers] == [1, 1, 1, 1]


def test_every_reader_reads_the_same_crop_at_its_own_size(networks):
    reads = list(comparison.read_crop(networks, photo_of("42"), IN_THE_MIDDLE))
    assert [(read.network.name, read.reading.number) for read in reads] == [
        ("shade", "42"),
        ("wide", "42"),
        ("stuck", "47"),
    ]
    assert [read.reading.crop.shape for read in reads] == [(16, 16, 3), (16, 40, 3), (8, 8, 3)]
    assert {read.reading.box for read in reads} == {IN_THE_MIDDLE}
    assert all(read.ms > 0 for read in reads)


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


def compared(networks: Networks, number: str) -> tuple[tuple[Localization, ...], list[CropReading]]:
    photo = photo_of(number)
    return comparison.localize(networks, photo), list(comparison.read_crop(networks, photo, IN_THE_MIDDLE))


def test_the_summary_says_who_disagrees_and_who_is_right(networks):
    found, reads = compared(networks, "42")
    where = "The localizers disagree: one place (2), elsewhere (1), no number (1)."
    for truth, sentence in (
        (None, ""),
        (Truth("42", None), "2 of 3 right: the true number is 42 ."),
        (Truth("9", None), "✗ Wrong: the true number is 9 ."),
        (Truth("", None), "✗ Wrong: there is no number in this photo."),
    ):
        markup = plain(render.summary(found, reads, truth))
        assert markup.startswith("42 The readers disagree: 42 (2), 47 (1).")
        assert sentence in markup
        assert markup.endswith(where)
    agreed = render.summary(found, reads[:2], Truth("42", None))
    assert 'data-state="confident"' in agreed
    assert plain(agreed).startswith("42 The readers agree. ✓ Right: the true number is 42 .")


def test_the_summary_where_nobody_finds_anything():
    found = found_at(None, None)
    assert 'data-state="none"' in render.summary(found, [], None)
    assert plain(render.summary(found, [], Truth("", None))).startswith("– The localizers find no number. ✓ Right")
    assert "✗ Wrong: the true number is 7" in plain(render.summary(found, [], Truth("7", None)))


@pytest.mark.parametrize(
    ("truth", "notes"),
    [
        (None, ["", "", "≠ Looks elsewhere", "Finds no number"]),
        (Truth("42", IN_THE_MIDDLE), ["✓ IoU 1.00", "✓ IoU 0.83", "✗ IoU 0.00", "✗ Finds no number"]),
        (Truth("42", None), ["", "", "≠ Looks elsewhere", "✗ Finds no number"]),
        (Truth("", None), [*["✗ There is no number in this photo"] * 3, "✓ Finds none, rightly"]),
    ],
    ids=["unknown", "known", "nobody knows where", "none"],
)
def test_a_card_a_localizer(networks, truth, notes):
    found, _ = compared(networks, "42")
    shown = items(render.localizer_cards(photo_of("42"), found, truth))
    names = ["Middle the default", "Near", "Corner", "Blind <b>"]
    scores = ["score 0.90 · ", "score 0.80 · ", "score 1.00 · ", ""]
    for card, *parts in zip(shown, names, notes, scores, strict=True):
        assert card.startswith(" ".join(part for part in parts if part).strip())
        assert card.endswith(" ms")


def test_the_pictures_have_the_boxes(networks):
    found, _ = compared(networks, "42")
    markup = render.localizer_cards(photo_of("42"), found, Truth("42", IN_THE_MIDDLE))
    assert re.findall('alt="(.*?)"', markup) == [
        *["The photo with its best box in green, the true one dashed in red"] * 3,
        "The photo with no box, the true one dashed in red",
    ]
    legend = plain(markup.split('<ul class="cards ')[0])
    assert "Found Ground truth" in legend
    assert "Ground truth" not in plain(render.localizer_cards(photo_of("42"), found, None))


def test_a_card_a_reader(networks):
    _, reads = compared(networks, "42")
    first, second, third = items(render.reader_cards(reads, UNSURE_BELOW, Truth("42", None)))
    assert first.startswith(f"Shade the default 42 {text.percent(reads[0].reading.confidence)} ✓ Right")
    assert second.startswith("Wide shade 42")
    assert third.startswith("Stuck 47")
    assert "✗ Wrong" in third
    assert "Differs" not in first + second + third  # from the truth, and not from the default
    *_, unknown = items(render.reader_cards(reads, UNSURE_BELOW, None))
    assert "≠ Differs from the default: 42" in unknown
    assert render.reader_cards(reads, UNSURE_BELOW, None).count('<table class="digits"') == 3
    assert ", check this" in items(render.reader_cards(reads, 1.0, None))[0]
    assert "Right" not in items(render.reader_cards(reads, UNSURE_BELOW, None))[0]


def test_a_reader_that_sees_no_number_has_no_softmax(networks):
    _, reads = compared(networks, NOTHING)
    first, *_, last = items(render.reader_cards(reads, UNSURE_BELOW, None))
    assert first.startswith("Shade the default – no number")
    assert last.endswith(" ms")
    assert render.reader_cards(reads, UNSURE_BELOW, None).count('<table class="digits"') == 1


def test_the_table_of_all_pairs_marks_what_differs_or_is_wrong(networks):
    photo = photo_of("42")
    read = comparison.read_pairs(networks, photo, comparison.localize(networks, photo))
    markup = pair_table(networks, read, None)
    assert rows(markup) == [
        ["", "Shade", "Wide shade", "Stuck"],
        ["Middle", "42", "42", "47 ≠ differs"],
        ["Near", "42", "42", "47 ≠ differs"],
        ["Corner", "42", "42", "47 ≠ differs"],
        ["Blind <b>", *["none ≠ differs"] * 3],
    ]
    assert "6 of 12 pairs: 42." in plain(markup)
    known = pair_table(networks, read, Truth("47", None))
    assert rows(known)[1] == ["Middle", "42 ✗ wrong", "42 ✗ wrong", "47"]
    assert "3 of 12 pairs right: the true number is 47 ." in plain(known)


def test_a_crop_is_shown_as_wide_as_it_is_in_the_photo():
    assert "<img" in render.crop_figure(photo_of("42"), (-5.0, 0.0, 2.0, 1.0))  # over the border, and tiny
