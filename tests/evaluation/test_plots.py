import pytest
from helpers.fake_pipeline import FakePipeline, photo_of
from helpers.tiny_runs import save_run

from svhn.data.annotations import Truth
from svhn.evaluation import photo_grids, training_curves
from svhn.evaluation.evaluate import Example
from svhn.training.checkpoint import State
from svhn.utils.errors import DataError


def test_which_photos_are_chosen():
    boxes = [None, (24, 16, 72, 48)] * 10
    all_of_them = [Example(f"{i}.png", photo_of("7"), Truth("7", box)) for i, box in enumerate(boxes)]

    def names(*args, **options) -> list[str]:
        return [example.name for example in photo_grids.choose(iter(all_of_them), *args, **options)]

    assert names(3) == ["0.png", "1.png", "2.png"]
    assert names(3, offset=18) == ["18.png", "19.png"]
    assert names(2, offset=1, boxed=True) == ["3.png", "5.png"]
    assert names(5, seed=1) == names(5, seed=1) != names(5, seed=2)
    assert len(set(names(20, seed=1))) == 20
    assert set(names(10, seed=1, boxed=True)) == {f"{i}.png" for i in range(1, 20, 2)}


def test_nothing_to_show_and_nowhere_to_write(tmp_path):
    with pytest.raises(DataError, match="no photo to show"):
        photo_grids.readings(FakePipeline(), [], tmp_path / "grid.png")
    (tmp_path / "file").touch()
    example = Example("a.png", photo_of("42"), Truth("42", None))
    with pytest.raises(DataError, match="cannot be written"):
        photo_grids.readings(FakePipeline(), [example], tmp_path / "file" / "grid.png")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


ACCURACY = [{"step": 250 * i, "seconds": 9.0, "loss": 3.0 / i, "held_out_accuracy": 0.2 * i} for i in (1, 2, 3)]


def test_histories_are_called_by_their_folders(tmp_path):
    runs = [
        save_run(tmp_path / "a" / name, "mnist_logistic", State(history=ACCURACY[:n]))
        for name, n in (("compact", 1), ("vgg16", 2))
    ]
    assert training_curves.load_histories(runs) == {"compact": ACCURACY[:1], "vgg16": ACCURACY[:2]}
    again = save_run(tmp_path / "b" / "compact", "mnist_logistic", State(history=ACCURACY))
    assert list(training_curves.load_histories([runs[0], again])) == [str(runs[0]), str(again)]


def test_a_run_that_cannot_be_drawn_is_reported(tmp_path):
    with pytest.raises(DataError, match="new has not finished an epoch"):
        training_curves.plot_curves({"new": []}, tmp_path / "curves.png")
    assert not (tmp_path / "curves.png").exists()
