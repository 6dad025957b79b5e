import json
import shutil
from pathlib import Path

import pytest
import torch
from helpers.tiny_runs import edit_manifest, save_run

from svhn import weights
from svhn.cli.main import main
from svhn.evaluation import publish
from svhn.pipeline import Pipeline
from svhn.training.checkpoint import State
from svhn.training.recipes import RECIPES

pytestmark = pytest.mark.usefixtures("small")


@pytest.fixture(scope="module")
def report(tiny_weights, small_data, tmp_path_factory) -> dict:
    """Of the evaluation of these weights."""
    out = tmp_path_factory.mktemp("report") / "report.json"
    command = ["evaluate", "--data", str(small_data), "--split", "held_out", "--weights", str(tiny_weights)]
    assert main([*command, "--out", str(out)]) == 0
    return json.loads(out.read_text())


@pytest.fixture
def folder(own_weights, report) -> Path:
    """Weights as `train_all.py` leaves them: with the metrics that the model card shows."""
    details = {"parameters": 1, "steps": 1, "minutes": 1.0, "machine": "a machine", "data": "photos"}
    edit_manifest(own_weights, lambda m: m.update(held_out=report))
    for name in ("fcos", "compact"):
        edit_manifest(own_weights, lambda m, name=name: m["networks"][name].update(details, initialized_from=""))
    return own_weights


def test_what_is_offered_can_be_chosen_and_is_described(folder, small_data, tmp_path):
    before = weights.read_manifest(folder)
    runs = [str(save_run(tmp_path / "runs" / name, name)) for name in ("customized", "compact_synthetic", "l2_box")]
    assert main(["publish", *runs, "--data", str(small_data), "--weights", str(folder)]) == 0
    manifest = weights.read_manifest(folder)
    assert weights.readers(manifest) == ["compact", "customized", "compact_synthetic"]
    assert weights.localizers(manifest) == ["fcos", "l2_box"]
    assert manifest["networks"]["customized"]["title"] == "Plain CNN"
    assert "document" not in manifest["networks"]["customized"]
    assert manifest["networks"]["customized"]["recipe"]["learning_rate"] == RECIPES["customized"].learning_rate
    assert manifest["networks"]["l2_box"]["architecture"] == "small_box"
    assert 0.4 <= manifest["networks"]["customized"]["temperature"] <= 4
    assert {name: manifest["networks"][name] for name in before["networks"]} == before["networks"]
    pipeline = Pipeline.load(folder, localizer="l2_box", reader="customized")
    assert (type(pipeline.localizer).__name__, type(pipeline.reader).__name__) == ("SmallBox", "CustomizedReader")
    assert "| customized |" in (folder / "MODEL_CARD.md").read_text()


def test_what_cannot_be_offered_is_refused(folder, small_data, tmp_path, monkeypatch, capsys):
    before = {path: path.read_bytes() for path in folder.iterdir()}
    monkeypatch.setattr(weights, "MAX_BYTES", 1000)
    for name, called, trained_on, message in (
        ("mnist_logistic", "mnist_logistic", "train", "neither finds nor reads"),
        ("customized", "lenet", "train", "not named as its recipe"),
        ("customized", "compact", "train", "not named as its recipe"),
        ("customized", "customized", "all", "train it without --all"),
        ("customized", "customized", "train", "a file of weights can have up to 16 MiB"),
    ):
        run = save_run(tmp_path / "runs" / called, name, State(trained_on=trained_on, step=1))
        assert main(["publish", str(run), "--data", str(small_data), "--weights", str(folder)]) == 1
        assert message in capsys.readouterr().err
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_publishing_again_keeps_added_networks(folder, small_data, tmp_path, monkeypatch):
    measured = Path(shutil.copytree(folder, tmp_path / "measured"))
    for name in ("fcos", "compact"):
        (measured / f"{name}-curves.png").write_bytes(b"a picture")
        edit_manifest(measured, lambda m, name=name: m["networks"][name].update(code="a commit"))
    run = str(save_run(tmp_path / "l2_box", "l2_box"))
    assert main(["publish", run, "--data", str(small_data), "--weights", str(folder)]) == 0
    monkeypatch.setattr(publish.photo_grids, "readings", lambda *_, **__: None)
    (folder / "confidence.json").write_text("{}")
    further = weights.load(folder, "compact")
    torch.nn.init.zeros_(next(further.parameters()))
    publish.export_final(
        publish.Candidate("compact", further, (State(data="all photos", trained_on="all"),)), measured, folder, tmp_path
    )
    manifest = weights.read_manifest(folder)
    assert set(manifest["networks"]) == {"fcos", "compact", "l2_box"}
    final = manifest["networks"]["compact"]
    assert (final["data"], final["trained_on"], final["measured"]["trained_on"]) == ("all photos", "all", "train")
    Pipeline.load(folder, localizer="l2_box")
    assert not (folder / "confidence.json").exists()  # it was measured with other weights
