"""Curves: which lines are drawn, under which names; and what cannot be drawn."""

import math
from pathlib import Path

import pytest
from PIL import Image

from svhn.evaluation import curves
from svhn.models import build
from svhn.training import checkpoint
from svhn.training.recipes import Recipe
from svhn.utils.errors import DataError, TrainingError

TINY = {"channels": (8, 8, 16, 16), "summary": 32}
ACCURACY = [{"step": 250 * i, "seconds": 9.0, "loss": 3.0 / i, "held_out_accuracy": 0.2 * i} for i in (1, 2, 3)]
BOXES = [{"step": 250, "seconds": 9.0, "loss": 0.5, "held_out_mean_iou": 0.7, "held_out_recall_50": 0.9}]


def save_run(folder: Path, history: list[dict[str, float]]) -> Path:
    folder.mkdir(parents=True)
    recipe = Recipe("compact", steps=4, batch_size=8, learning_rate=1e-3, sizes=TINY)
    checkpoint.save(folder / "last.pt", recipe, build("compact", TINY), checkpoint.State(history=history))
    return folder


def test_curves_of_several_runs_share_one_picture(monkeypatch, tmp_path):
    drawn = []
    monkeypatch.setattr(curves, "save", lambda figure, path: drawn.append(figure))
    curves.plot_curves({"vgg16": ACCURACY, "compact": ACCURACY[:2], "fcos": BOXES}, tmp_path / "curves.png")
    left, right = drawn[0].axes
    assert [line.get_label() for line in left.lines] == ["vgg16", "compact", "fcos"]
    assert [line.get_ydata().tolist() for line in left.lines] == [[3.0, 1.5, 1.0], [3.0, 1.5], [0.5]]
    assert [line.get_xdata().tolist() for line in right.lines] == [[1, 2, 3], [1, 2], [1], [1]]
    legend = [text.get_text() for text in right.get_legend().get_texts()]
    assert legend == ["vgg16, accuracy", "compact, accuracy", "fcos, mean iou", "fcos, recall 50"]
    assert len({line.get_color() for line in left.lines}) == 3
    iou, recall = right.lines[2:]
    assert iou.get_color() == recall.get_color() == left.lines[2].get_color()
    assert iou.get_linestyle() != recall.get_linestyle()
    assert iou.get_marker() == "."  # a line of one point would not be seen


def test_histories_are_called_by_their_folders(tmp_path):
    runs = [save_run(tmp_path / "a" / name, ACCURACY[:n]) for name, n in (("compact", 1), ("vgg16", 2))]
    assert curves.load_histories(runs) == {"compact": ACCURACY[:1], "vgg16": ACCURACY[:2]}
    again = save_run(tmp_path / "b" / "compact", ACCURACY)
    assert list(curves.load_histories([runs[0], again])) == [str(runs[0]), str(again)]


def test_a_run_that_cannot_be_drawn_is_reported(tmp_path):
    with pytest.raises(TrainingError, match="no checkpoint"):
        curves.load_histories([tmp_path])
    (tmp_path / "last.pt").write_bytes(b"no checkpoint")
    with pytest.raises(TrainingError, match="no checkpoint"):
        curves.load_histories([tmp_path])
    with pytest.raises(DataError, match="new has not finished an epoch"):
        curves.plot_curves({"new": []}, tmp_path / "curves.png")
    assert not (tmp_path / "curves.png").exists()


def test_curves_are_a_picture(tmp_path):
    curves.plot_curves({"compact": ACCURACY}, tmp_path / "deep" / "curves.png")
    with Image.open(tmp_path / "deep" / "curves.png") as image:
        assert image.format == "PNG"


def test_figures_that_came_later_start_later(monkeypatch, tmp_path):
    drawn = []
    monkeypatch.setattr(curves, "save", lambda figure, path: drawn.append(figure))
    curves.plot_curves({"compact": [{"loss": 3.0}, *ACCURACY[1:]]}, tmp_path / "curves.png")
    (line,) = drawn[0].axes[1].lines
    assert line.get_ydata().tolist() == pytest.approx([math.nan, 0.4, 0.6], nan_ok=True)
