"""The networks that the options --localizer and --reader name: of the weights, of a run, of a checkpoint."""

from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest

from svhn.cli.commands import load_pipeline
from svhn.models import build
from svhn.pipeline import Pipeline
from svhn.reading import Reading
from svhn.training import checkpoint
from svhn.training.recipes import Recipe
from svhn.utils.errors import TrainingError, WeightsError

TINY = {
    "compact": {"channels": (8, 8, 16, 16), "summary": 16},
    "unet": {"channels": (4, 4)},
    "digit_cnn": {"channels": (4, 4), "dense": 8},
}


def _run(folder: Path, network: str) -> Path:
    """A run's folder as training leaves it."""
    folder.mkdir(parents=True)
    recipe = Recipe(network, 1, 1, 1.0, sizes=TINY[network])
    for name in ("last.pt", "best.pt"):
        checkpoint.save(folder / name, recipe, build(network, TINY[network]), checkpoint.State())
    return folder


def _load(weights: Path, localizer: str | None = None, reader: str | None = None) -> Pipeline:
    return load_pipeline(Namespace(weights=weights, device="cpu", precision="fp32", localizer=localizer, reader=reader))


@pytest.mark.parametrize("place", ["", "last.pt", "best.pt"], ids=["folder", "last", "best"])
def test_networks_of_runs_take_the_place_of_weights(tiny_weights, tmp_path, place):
    reader, localizer = _run(tmp_path / "mine", "compact"), _run(tmp_path / "other", "unet")
    pipeline = _load(tiny_weights, str(localizer / place), str(reader / place))
    assert pipeline.reader.config.summary == 16
    assert pipeline.localizer.config.channels == (4, 4)
    assert pipeline.temperature == 1.0
    assert pipeline.sha256 == {}
    assert isinstance(pipeline.read(np.zeros((60, 90, 3), np.uint8)), Reading)


def test_a_name_of_the_weights_goes_before_a_run_of_that_name(tiny_weights, tmp_path, monkeypatch):
    _run(tmp_path / "compact", "compact")
    monkeypatch.chdir(tmp_path)
    assert _load(tiny_weights, reader="compact").reader.config.summary == 32  # of the weights
    assert _load(tiny_weights, reader="./compact").reader.config.summary == 16


@pytest.mark.parametrize(
    ("role", "network", "known"),
    [("reader", "unet", "compact"), ("localizer", "compact", "unet"), ("reader", "digit_cnn", "compact")],
)
def test_a_run_of_the_wrong_kind_is_refused(tiny_weights, tmp_path, role, network, known):
    run = _run(tmp_path / "run", network)
    with pytest.raises(WeightsError, match=rf"run holds none of the networks .*{known}"):
        _load(tiny_weights, **{role: str(run)})


@pytest.mark.parametrize("role", ["reader", "localizer"])
def test_a_missing_or_damaged_run_is_refused(tiny_weights, tmp_path, role):
    with pytest.raises(TrainingError, match="no checkpoint"):
        _load(tiny_weights, **{role: str(tmp_path)})
    with pytest.raises(TrainingError, match="no checkpoint"):
        _load(tiny_weights, **{role: str(tmp_path / "nothing.pt")})
    (tmp_path / "broken.pt").write_bytes(b"no checkpoint")
    with pytest.raises(TrainingError, match=r"broken\.pt is no checkpoint of this version"):
        _load(tiny_weights, **{role: str(tmp_path / "broken.pt")})
