import pytest
from helpers.tiny_runs import save_run

from svhn.evaluation import training_curves
from svhn.training.checkpoint import State
from svhn.utils.errors import DataError, TrainingError

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
    with pytest.raises(TrainingError, match="no checkpoint"):
        training_curves.load_histories([tmp_path])
    with pytest.raises(DataError, match="new has not finished an epoch"):
        training_curves.plot_curves({"new": []}, tmp_path / "curves.png")
    assert not (tmp_path / "curves.png").exists()
