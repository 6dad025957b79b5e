import dataclasses
from pathlib import Path

import pytest
from helpers.tiny_runs import save_run, shrink

from svhn.baselines.evaluation_data import available_parts, part_examples
from svhn.baselines.measure_checkpoints import evaluate_checkpoints
from svhn.cli.main import main
from svhn.training import checkpoint
from svhn.training.checkpoint import State
from svhn.utils.errors import TrainingError


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        shrink(patch)
        for name in ("goodfellow_plain", "smaller_vgg", "mnist_logistic"):
            save_run(folder / name, name)
        save_run(folder / "goodfellow_plain", "goodfellow_plain", State(seed=1, step=3), "best.pt")
    return folder


def test_every_checkpoint_is_evaluated_on_every_split(small_data, runs, capsys):
    assert main(["checkpoints", str(runs / "goodfellow_plain"), "--data", str(small_data)]) == 0
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split()[:4] == ["checkpoint", "steps", "part", "photos"]
    assert [line.split()[:4] for line in lines] == [
        [name, steps, part, count]
        for name, steps in (("best", "3"), ("last", "7"))
        for part, count in (("train", "12"), ("held_out", "3"), ("test", "7"))
    ]
    assert "per digit" in header


def test_a_run_that_was_trained_on_the_held_out_photos_comes_with_a_warning(small_data, runs, tmp_path, capsys):
    loaded = checkpoint.load(runs / "smaller_vgg")
    state = dataclasses.replace(loaded.state, trained_on="all")
    checkpoint.save(tmp_path / "run" / "last.pt", loaded.recipe, loaded.network, state)
    for split, warnings in (("test", 0), ("held_out", 1)):
        assert main(["checkpoints", str(tmp_path / "run"), "--data", str(small_data), "--split", split]) == 0
        printed = capsys.readouterr()
        assert "recall at IoU 0.5" in printed.out
        assert printed.err.count("the metrics of this line are too high") == warnings


def test_runs_without_anything_to_evaluate_are_reported(small_data, runs, tmp_path, capsys):
    assert main(["checkpoints", str(tmp_path / "none"), "--data", str(small_data)]) == 1
    assert "There is no checkpoint" in capsys.readouterr().err
    assert main(["checkpoints", str(runs / "smaller_vgg"), "--data", str(tmp_path)]) == 1
    assert "holds neither" in capsys.readouterr().err
    assert available_parts(tmp_path) == []
    with pytest.raises(TrainingError, match="classifies single MNIST digits"):
        next(evaluate_checkpoints(runs / "mnist_logistic", ["test"], lambda part: part_examples(small_data, part)))
