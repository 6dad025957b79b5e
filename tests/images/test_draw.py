"""Boxes on photos of any size, and pictures as files."""

import numpy as np
import pytest

from svhn.images import draw
from svhn.images.decode import open_photo

GREY = 128


def wall(height: int, width: int) -> np.ndarray:
    return np.full((height, width, 3), GREY, np.uint8)


def painted(picture: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """Where that colour is, (h, w) bool."""
    return (picture == colour).all(-1)


def bounds(mask: np.ndarray) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return columns[0], rows[0], columns[-1] + 1, rows[-1] + 1


@pytest.fixture
def no_tags(monkeypatch) -> None:
    """Boxes alone, so that every green or red pixel is one of a line."""
    monkeypatch.setattr(draw, "_tags", lambda *_: None)


@pytest.mark.parametrize(
    ("size", "expected"),
    [((47, 104), (325, 720)), ((600, 800), (600, 800)), ((3000, 4000), (768, 1024)), ((4000, 20), (1024, 5))],
)
def test_display_size(size, expected):
    photo = wall(*size)
    picture = draw.annotate(photo, None, None)
    assert picture.shape == (*expected, 3)
    assert picture.dtype == np.uint8
    assert (photo == GREY).all()
    np.testing.assert_array_equal(picture, GREY)


def test_colours_stay_in_order():
    photo = np.full((600, 800, 3), (200, 40, 20), np.uint8)
    picture = draw.annotate(photo, (200.0, 150.0, 600.0, 450.0), None)
    assert picture[10, 10].tolist() == [200, 40, 20]
    assert (photo == (200, 40, 20)).all()


@pytest.mark.usefixtures("no_tags")
@pytest.mark.parametrize("scale", [1, 5])
def test_boxes_are_drawn_where_they_are(scale):
    found, true = np.array((100.0, 100.0, 300.0, 200.0)), np.array((500.0, 300.0, 700.0, 400.0))
    picture = draw.annotate(wall(600 * scale, 800 * scale), tuple(found * scale), tuple(true * scale))
    shown = picture.shape[1] / 800
    for box, colour in ((found, draw.FOUND), (true, draw.TRUE)):
        assert np.abs(np.array(bounds(painted(picture, colour))) - box * shown).max() <= draw.LINE
    red, green, blue = draw.FOUND
    assert green > 1.5 * max(red, blue)


@pytest.mark.usefixtures("no_tags")
def test_found_lies_over_true_and_true_is_dashed():
    box = (200.0, 150.0, 600.0, 450.0)
    both, alone = draw.annotate(wall(600, 800), box, box), draw.annotate(wall(600, 800), None, box)
    assert not painted(both, draw.TRUE).any()
    top = painted(alone, draw.TRUE)[148:153, 220:580].any(0)
    gaps = np.flatnonzero(~top)
    assert len(gaps) > 100
    assert top.sum() > 100
    assert painted(both, draw.FOUND)[148:153, 220:580].any(0).all()


@pytest.mark.parametrize(
    "box",
    [
        (0.0, 0.0, 104.0, 47.0),  # the whole photo
        (-20.0, -20.0, 5.0, 5.0),
        (100.0, 40.0, 300.0, 300.0),
        (103.9, 46.9, 104.0, 47.0),  # a hair in the corner
        (30.2, 20.1, 30.4, 20.2),
        (-50.0, -50.0, -10.0, -10.0),  # wholly outside
    ],
)
def test_boxes_at_and_over_the_border_are_seen(box):
    for found, true, colour in ((box, None, draw.FOUND), (None, box, draw.TRUE)):
        assert painted(draw.annotate(wall(47, 104), found, true), colour).sum() > 50


@pytest.mark.parametrize("size", [(8, 4000), (4000, 8), (8, 8)])
def test_thin_photos_take_a_box(size):
    picture = draw.annotate(wall(*size), (1.0, 1.0, 7.0, 7.0), (2.0, 2.0, 6.0, 6.0))
    assert painted(picture, draw.FOUND).any()


def test_tags_name_the_boxes_and_do_not_cover_the_number(monkeypatch):
    box = (200.0, 250.0, 600.0, 350.0)
    tagged = draw.annotate(wall(600, 800), box, box)
    monkeypatch.setattr(draw, "_tags", lambda *_: None)
    tags = (tagged != draw.annotate(wall(600, 800), box, box)).any(-1)
    np.testing.assert_array_equal(tagged[260:340, 210:590], GREY)
    above, below = bounds(tags & painted(tagged, draw.FOUND)), bounds(tags & painted(tagged, draw.TRUE))
    assert above[3] <= 250
    assert below[1] >= 350
    for x1, y1, x2, y2 in (above, below):
        assert painted(tagged, draw.HALO)[y1:y2, x1:x2].sum() > 50  # it holds a name


@pytest.mark.usefixtures("no_tags")
def test_other_numbers_are_thinner_than_the_one_looked_at():
    first, other = (100.0, 200.0, 300.0, 400.0), (500.0, 200.0, 700.0, 400.0)
    green = painted(draw.annotate(wall(600, 800), first, None, "42", [(other, "7")]), draw.FOUND)
    assert np.abs(np.array(bounds(green[:, :400])) - first).max() <= draw.LINE
    assert np.abs(np.array(bounds(green[:, 400:])) - (100, 200, 300, 400)).max() <= draw.THIN
    strong, thin = green[300, :250].sum(), green[300, 400:600].sum()
    assert (strong, thin) == (draw.LINE, draw.THIN)


@pytest.mark.parametrize("other", [(500.0, 200.0, 700.0, 400.0), (100.0, 260.0, 300.0, 340.0)])
def test_every_number_has_a_tag_of_its_own(monkeypatch, other):
    first = (100.0, 100.0, 300.0, 240.0)
    tagged = draw.annotate(wall(600, 800), first, None, "42", [(other, "7")])
    monkeypatch.setattr(draw, "_tags", lambda *_: None)
    tags = (tagged != draw.annotate(wall(600, 800), first, None, "42", [(other, "7")])).any(-1)
    x1, y1, x2, y2 = map(int, other)
    above_first, near_other = tags[:100, 90:310], tags[y1 - 60 : y2 + 60, x1 - 10 : x2 + 10]
    assert painted(tagged[:100, 90:310], draw.FOUND)[above_first].mean() > 0.5  # filled
    assert near_other.any()
    assert not tags[y1 + 5 : y2 - 5, x1 + 5 : x2 - 5].any()  # clear of the number itself
    assert not tags[105:235, 105:295].any()


@pytest.mark.parametrize(("encode", "most_off"), [(draw.jpeg, 4), (draw.png, 0)])
def test_files_have_the_colours_in_order(encode, most_off):
    photo = np.full((40, 60, 3), (200, 40, 20), np.uint8)
    assert np.abs(open_photo(encode(photo)).astype(int) - photo).max() <= most_off
