import json
import shutil
from pathlib import Path

import pytest
import torch
from helpers.tiny_runs import save_run, shrink

from svhn import weights
from svhn.cli.main import main
from svhn.evaluation import publish
from svhn.pipeline import Pipeline
from svhn.training.checkpoint import State
from svhn.training.recipes import RECIPES


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    shrink(monkeypatch)


@pytest.fixture
def folder(tiny_weights, small_data, tmp_path) -> Path:
    """Weights as `train_all.py` leaves them: with the metrics that the model card shows."""
    folder, report = Path(shutil.copytree(tiny_weights, tmp_path / "weights")), tmp_path / "report.json"
    command = ["evaluate", "--data", str(small_data), "--split", "held_out", "--weights", str(folder)]
    assert main([*command, "--out", str(report)]) == 0
    manifest = json.loads((folder / "manifest.json").read_text()) | {"held_out": json.loads(report.read_text())}
    details = {"parameters": 1, "steps": 1, "minutes": 1.0, "machine": "a machine", "data": "photos"}
    details["initialized_from"] = ""
    manifest["networks"] = {name: {**details, **entry} for name, entry in manifest["networks"].items()}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


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


@pytest.mark.parametrize(
    ("name", "called", "state", "message"),
    [
        ("mnist_logistic", "mnist_logistic", State(step=1), "neither finds nor reads"),
        ("customized", "lenet", State(step=1), "not named as its recipe"),
        ("customized", "compact", State(step=1), "not named as its recipe"),
        ("customized", "customized", State(trained_on="all", step=1), "train it without --all"),
        ("customized", "customized", State(step=1), "a file of weights can have up to 16 MiB"),
    ],
)
def test_what_cannot_be_offered_is_refused(
    name, called, state, message, folder, small_data, tmp_path, monkeypatch, capsys
):
    if "MiB" in message:
        monkeypatch.setattr(weights, "MAX_BYTES", 1000)
    run = save_run(tmp_path / "runs" / called, name, state)
    before = {path: path.read_bytes() for path in folder.iterdir()}
    assert main(["publish", str(run), "--data", str(small_data), "--weights", str(folder)]) == 1
    assert message in capsys.readouterr().err
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_publishing_again_keeps_added_networks(folder, small_data, tmp_path, monkeypatch):
    measured = Path(shutil.copytree(folder, tmp_path / "measured"))
    for name in ("fcos", "compact"):
        (measured / f"{name}-curves.png").write_bytes(b"a picture")
    manifest = json.loads((measured / "manifest.json").read_text())
    for entry in manifest["networks"].values():
        entry["code"] = "a commit"
    (measured / "manifest.json").write_text(json.dumps(manifest))
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
