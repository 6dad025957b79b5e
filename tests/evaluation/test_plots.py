"""Grids: titles, colours and boxes; the choice of photos; and what cannot be drawn."""

import numpy as np
import pytest
from helpers.fake_pipeline import MANY, NOTHING, FakePipeline, photo_of
from matplotlib.figure import Figure
from PIL import Image

from svhn.data.annotations import Truth
from svhn.evaluation import plots
from svhn.evaluation.evaluate import Example, split_examples
from svhn.pipeline import Pipeline
from svhn.utils.errors import DataError

PLACE = (24.0, 16.0, 72.0, 48.0)  # where the stand-in finds what it reads


@pytest.fixture
def drawn(monkeypatch) -> list[Figure]:
    """The figures instead of the files."""
    figures = []
    monkeypatch.setattr(plots, "save", lambda figure, path: figures.append(figure))
    return figures


def examples(*pairs: tuple[str, str], box=PLACE) -> list[Example]:
    """Photos in which the stand-in reads the first of a pair, and the second is true."""
    return [Example(f"{read}.png", photo_of(read), Truth(true, box)) for read, true in pairs]


def titles(figure: Figure) -> list[tuple[str, bool]]:
    """The titles of a grid's pictures, and whether they are green rather than red."""
    drawn = [(axes.get_title(), axes.title.get_color()) for axes in figure.axes if axes.images]
    assert {colour for _, colour in drawn} <= {plots.GREEN, plots.RED}
    return [(title, colour == plots.GREEN) for title, colour in drawn]


def test_crops_tell_what_is_read_within_the_true_box(drawn, tmp_path, tiny_weights):
    class Reader(FakePipeline):
        crops = staticmethod(Pipeline.load(tiny_weights).crops)

    pairs = [("42", "42"), ("7", "1"), (NOTHING, "12"), (MANY, "123456")]
    plots.crops(Reader(), examples(*pairs), tmp_path / "grid.png", columns=3)
    assert titles(drawn[0]) == [("42", True), ("7, is 1", False), ("none, is 12", False), (">5, is 123456", False)]
    shown = np.asarray(drawn[0].axes[0].images[0].get_array())
    assert shown.shape == (64, 64, 3)  # what the reader sees
    assert np.abs(shown[32, 32].astype(int) - photo_of("42")[32, 48]).max() <= 1


def test_boxes_tell_their_overlap(drawn, tmp_path):
    half = (24.0, 16.0, 48.0, 48.0)
    cases = [*examples(("42", "42")), *examples(("42", "42"), box=half), *examples(("42", "42"), box=(0, 0, 24, 16))]
    plots.boxes(FakePipeline(), [*cases, *examples((NOTHING, "7"))], tmp_path / "grid.png")
    assert titles(drawn[0]) == [("IoU 1.00", True), ("IoU 0.50", True), ("IoU 0.00", False), ("IoU 0.00", False)]
    true, found = drawn[0].axes[1].patches
    assert (true.get_edgecolor()[:3], found.get_edgecolor()[:3]) == (plots.RED, plots.GREEN)
    assert (true.get_bbox().extents.tolist(), found.get_bbox().extents.tolist()) == (list(half), list(PLACE))
    assert [len(axes.patches) for axes in drawn[0].axes[:4]] == [2, 2, 2, 1]


def test_picks_tell_number_and_confidence(drawn, tmp_path):
    pairs = [("42", "42"), ("1984", "1934"), (NOTHING, "")]
    plots.readings(FakePipeline(), examples(*pairs, box=None), tmp_path / "grid.png", columns=2)
    assert titles(drawn[0]) == [("42 (100%)", True), ("1984 (41%), is 1934", False), ("none (0%)", True)]


def test_boxes_lie_where_they_are_on_a_large_photo(drawn, tmp_path):
    photo = np.repeat(np.repeat(photo_of("42"), 20, 0), 20, 1)  # 1920 x 1280
    plots.readings(FakePipeline(), [Example("a.png", photo, Truth("42", None))], tmp_path / "grid.png")
    (axes,) = drawn[0].axes
    assert axes.images[0].get_array().shape[1] == plots.CELL_SIDE
    width, height = axes.get_xlim()[1], axes.get_ylim()[0]
    x1, y1, x2, y2 = axes.patches[0].get_bbox().extents
    assert [x1 / width, y1 / height, x2 / width, y2 / height] == pytest.approx([0.25, 0.25, 0.75, 0.75], abs=0.01)


@pytest.mark.parametrize("n", [1, 4, 5, 20])
def test_a_grid_has_no_more_places_than_pictures_need(drawn, tmp_path, n):
    plots.readings(FakePipeline(), examples(*[("42", "42")] * n), tmp_path / "grid.png", columns=4, rows=3)
    assert len(titles(drawn[0])) == min(n, 12)
    assert len(drawn[0].axes) == {1: 1, 4: 4, 5: 8, 20: 12}[n]


def test_which_photos_are_chosen():
    all_of_them = [Example(f"{i}.png", photo_of("7"), Truth("7", PLACE if i % 2 else None)) for i in range(20)]

    def names(*args, **options) -> list[str]:
        return [example.name for example in plots.choose(iter(all_of_them), *args, **options)]

    assert names(3) == ["0.png", "1.png", "2.png"]
    assert names(3, offset=18) == ["18.png", "19.png"]
    assert names(2, offset=1, boxed=True) == ["3.png", "5.png"]
    assert names(5, seed=1) == names(5, seed=1) != names(5, seed=2)
    assert len(set(names(20, seed=1))) == 20
    assert set(names(10, seed=1, boxed=True)) == {f"{i}.png" for i in range(1, 20, 2)}


def test_grids_of_a_split_are_pictures(tiny_weights, small_data, tmp_path):
    pipeline = Pipeline.load(tiny_weights)
    for name, draw in (("crops", plots.crops), ("boxes", plots.boxes), ("readings", plots.readings)):
        path = tmp_path / "deep" / f"{name}.png"
        draw(pipeline, split_examples(small_data, "held_out"), path, columns=3, rows=1)
        with Image.open(path) as image:
            assert image.format == "PNG"
            assert image.width == round(3 * plots.CELL_INCHES * 90)


def test_nothing_to_show_and_nowhere_to_write(tmp_path):
    with pytest.raises(DataError, match="no photo to show"):
        plots.readings(FakePipeline(), [], tmp_path / "grid.png")
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match="cannot be written"):
        plots.readings(FakePipeline(), examples(("42", "42")), tmp_path / "file" / "grid.png")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
