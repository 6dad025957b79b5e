import json
from dataclasses import replace

import pytest
import torch

from svhn.models import build
from svhn.training import checkpoint
from svhn.training.checkpoint import State
from svhn.training.recipes import Recipe
from svhn.utils.errors import TrainingError

SIZES = {"channels": (4, 4), "dense": 8}
KNOWN = {"network": "digit_cnn", "steps": 4, "batch_size": 2, "learning_rate": 1e-3, "sizes": SIZES}
RECIPE = Recipe(**KNOWN)
HISTORY = [{"step": 4, "seconds": 1.5, "loss": 0.5}]
STATE = State(3, "photos", "all", "compact after 9 steps", "1a2b3c4", "CPU, 2 cores", 4, 1.5, HISTORY)


@pytest.fixture
def path(tmp_path):
    checkpoint.save(tmp_path / "last.pt", RECIPE, build("digit_cnn", SIZES), STATE)
    return tmp_path / "last.pt"


def _edit(path, **changes) -> None:
    content = torch.load(path, weights_only=True)
    torch.save(content | changes, path)


def test_a_run_comes_back_as_it_was(path):
    for place in (path, path.parent):  # its folder means the last one
        loaded = checkpoint.load(place)
        assert loaded.recipe == RECIPE
        assert loaded.state == STATE
        assert not loaded.network.training
        assert loaded.network.config.channels == (4, 4)
    assert checkpoint.read_record(path) == (RECIPE, STATE)
    checkpoint.check(path, replace(RECIPE, steps=9, plateau=5), STATE)  # these alone may differ
    for recipe, other in ((replace(RECIPE, batch_size=3), {}), (RECIPE, {"seed": 4}), (RECIPE, {"data": "more"})):
        with pytest.raises(TrainingError, match="without --resume"):
            checkpoint.check(path, recipe, replace(STATE, **other))
    _edit(path, recipe=json.dumps(KNOWN))  # what a recipe could not say yet has its default
    assert checkpoint.load(path).recipe == RECIPE


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"PK\3\4", b"\x80\x02]q\0.", b"\x80\x02J\0", 0.5, 0.99])
def test_whatever_bytes_are_there_are_reported_in_a_line(path, content):
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * content)] if isinstance(content, float) else content)
    for use in (checkpoint.load, checkpoint.read_record, lambda path: checkpoint.check(path, RECIPE, STATE)):
        with pytest.raises(TrainingError, match=rf"{path} (is no checkpoint|cannot be resumed from).*\(.+\)") as caught:
            use(path)
        assert "\n" not in str(caught.value)
        assert "weights_only" not in str(caught.value)  # no advice to run what is in it


@pytest.mark.parametrize(
    "changes",
    [
        *[{"recipe": text} for text in ("{", "[1]", json.dumps({"network": "digit_cnn"}))],
        *[{"recipe": json.dumps(KNOWN | more)} for more in ({"network": "lenet"}, {"warmth": 1}, {"sizes": [1]})],
        *({"average": {}}, {"state": vars(STATE) | {"colour": "red"}}, {"state": {"step": 1}}, {"state": None}),
    ],
)
def test_what_this_version_does_not_know_is_reported(path, changes):
    _edit(path, **changes)
    with pytest.raises(TrainingError, match=r"no checkpoint of this version \(.+\); train it again"):
        checkpoint.load(path)
    parts = {"average": build("digit_cnn", SIZES), "optimizer": build("digit_cnn", SIZES)}  # the second is not in it
    with pytest.raises(TrainingError, match=rf"{path} cannot be resumed from \(.+\)|another recipe"):
        checkpoint.resume(path, RECIPE, STATE, torch.device("cpu"), **parts)


def test_a_save_that_is_stopped_leaves_the_one_before_and_one_that_cannot_be_is_reported(path, monkeypatch):
    def stopped(content, aside):
        aside.write_bytes(b"half")
        raise KeyboardInterrupt

    with pytest.raises(TrainingError, match="cannot be written"):
        checkpoint.save(path.parent, RECIPE, build("digit_cnn", SIZES), STATE)
    monkeypatch.setattr(torch, "save", stopped)
    with pytest.raises(KeyboardInterrupt):
        checkpoint.save(path, RECIPE, build("digit_cnn", SIZES), State(step=9))
    assert checkpoint.load(path).state.step == 4
