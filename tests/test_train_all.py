import dataclasses
import json

import numpy as np
import pytest
from helpers import official
from helpers.tiny_runs import SIZES

import train_all
from svhn.data.save_corrections import Collection
from svhn.evaluation import publish
from svhn.pipeline import Pipeline
from svhn.training.recipes import RECIPES


@pytest.fixture
def arguments(tmp_path) -> list[str]:
    official.write_split(tmp_path / "svhn", "train", 15)
    places = {"--data": "svhn", "--out": "weights", "--prepared": "prepared", "--runs": "runs"}
    return ["--device", "cpu", *(word for option, place in places.items() for word in (option, str(tmp_path / place)))]


@pytest.mark.usefixtures("small")
def test_archive_and_corrections_in_weights_out_from_which_training_goes_on(arguments, tmp_path, monkeypatch, capsys):
    recipe = dataclasses.replace(RECIPES["fcos"], sizes=SIZES["fcos"], begins_with="")
    monkeypatch.setitem(RECIPES, "fcos", recipe)
    for seed in range(5):
        photo = np.random.default_rng(seed).integers(0, 255, (40, 80, 3), np.uint8)
        Collection(tmp_path / "collected").save(photo, (20.0, 10.0, 60.0, 30.0), "120")
    monkeypatch.setattr(train_all, "EXAMPLES", tmp_path / "collected")  # small ones
    assert train_all.main([*arguments, "--weak", str(tmp_path / "collected")]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["split"] == "held_out"
    assert report["images"] == 3
    folder = tmp_path / "weights"
    manifest = json.loads((folder / "manifest.json").read_text())
    keys = {"architecture", "config", "data", "seed", "code", "sha256", "held_out"}
    assert all(keys <= set(entry) for entry in manifest["networks"].values())
    localizer, reader = manifest["networks"]["fcos"], manifest["networks"]["compact"]
    assert (reader["architecture"], reader["config"]["members"], reader["steps"]) == ("averaged", 2, 2 * 1)
    assert "photos of SVHN extra with proposed boxes" in localizer["data"]
    assert (localizer["trained_on"], localizer["initialized_from"]) == ("train", "")
    assert (reader["measured"]["trained_on"], reader["measured"]["initialized_from"]) == ("train", "")
    seeds = "compact after 2 steps and compact-2 after 2 steps"
    assert (reader["trained_on"], reader["initialized_from"]) == ("all", seeds)
    measured = json.loads((folder / "measured" / "manifest.json").read_text())["networks"]
    assert measured["fcos"]["sha256"] == localizer["sha256"]
    assert measured["compact"]["sha256"] == reader["measured"]["sha256"] != reader["sha256"]
    assert reader["held_out"] == measured["compact"]["held_out"]  # what it learnt since flatters
    pictures = {"fcos-curves.png", "compact-curves.png", "readings.png"}
    assert {"MODEL_CARD.md", *pictures} <= {path.name for path in folder.iterdir()}
    assert (tmp_path / "runs" / "held_out.png").is_file()
    assert not list(tmp_path.rglob("*.part"))
    Pipeline.load(folder)

    monkeypatch.setattr(publish, "plot_curves", lambda *_: None)  # pictures take longer than the runs do
    monkeypatch.setattr(publish.photo_grids, "readings", lambda *_, **__: None)
    before = {path: path.read_bytes() for path in folder.iterdir() if path.suffix == ".safetensors"}
    assert train_all.main([*arguments, "--resume"]) == 0  # nothing left to train: the same weights again
    assert {path: path.read_bytes() for path in folder.iterdir() if path.suffix == ".safetensors"} == before
    assert train_all.main([*arguments, "--from", str(folder)]) == 1  # these have seen all photos
    assert "measured" in capsys.readouterr().err
    assert train_all.main([*arguments, "--from", str(folder / "measured")]) == 0


def test_without_data_or_extra_nothing_is_trained(arguments, tmp_path, capsys):
    assert train_all.main([*arguments, "--data", str(tmp_path / "nowhere")]) == 1
    assert "holds neither" in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} == {"svhn"}
    assert train_all.main([*arguments, "--extra"]) == 1
    assert "holds neither extra" in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} == {"svhn", "prepared"}
