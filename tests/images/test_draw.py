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


@pytest.mark.parametrize(
    ("size", "expected"),
    [((47, 104), (325, 720)), ((600, 800), (600, 800)), ((3000, 4000), (768, 1024)), ((4000, 20), (1024, 5))],
)
def test_display_size(size, expected):
    photo = wall(*size)
    picture = draw.annotate(photo, None, None)
    assert (picture.shape, picture.dtype) == ((*expected, 3), np.uint8)
    assert (photo == GREY).all()
    assert (picture == GREY).all()


@pytest.mark.parametrize("scale", [1, 5])
def test_boxes_are_drawn_where_they_are(scale, monkeypatch):
    monkeypatch.setattr(draw, "_tags", lambda *_: None)  # so that every green or red pixel is one of a line
    found, true = np.array((100.0, 100.0, 300.0, 200.0)), np.array((500.0, 300.0, 700.0, 400.0))
    picture = draw.annotate(wall(600 * scale, 800 * scale), tuple(found * scale), tuple(true * scale))
    shown = picture.shape[1] / 800
    for box, colour in ((found, draw.FOUND), (true, draw.TRUE)):
        assert np.abs(np.array(bounds(painted(picture, colour))) - box * shown).max() <= draw.LINE
    red, green, blue = draw.FOUND
    assert green > 1.5 * max(red, blue)


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
    for size in ((47, 104), (8, 4000), (4000, 8)):
        for found, true, colour in ((box, None, draw.FOUND), (None, box, draw.TRUE)):
            assert painted(draw.annotate(wall(*size), found, true), colour).sum() > 50


@pytest.mark.parametrize(("encode", "most_off"), [(draw.jpeg, 4), (draw.png, 0)])
def test_files_have_the_colours_in_order(encode, most_off):
    photo = np.full((40, 60, 3), (200, 40, 20), np.uint8)
    assert np.abs(open_photo(encode(photo)).astype(int) - photo).max() <= most_off
