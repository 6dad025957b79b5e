import json
import runpy
import shutil
import sys
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers import official
from helpers.tiny_runs import SIZES, edit_manifest, save_run
from PIL import Image

import svhn.batch
from svhn.cli.commands import load_pipeline
from svhn.cli.main import main
from svhn.pipeline import Pipeline
from svhn.reading import Reading
from svhn.training.recipes import RECIPES


@pytest.fixture
def photo(tmp_path) -> Path:
    path = tmp_path / "photo.jpg"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (50, 80, 3), dtype=np.uint8)).save(path)
    return path


def test_read_prints_one_object_a_line_in_the_order_given(photo, tmp_path, tiny_weights, capsys):
    broken = tmp_path / "broken.jpg"
    broken.write_text("not a photo")
    assert main(["read", str(photo), str(broken), str(photo), "--json", "--weights", str(tiny_weights)]) == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["file"] for line in lines] == [str(photo), str(broken), str(photo)]
    assert set(lines[0]) - {"guess"} == {"file", "number", "confidence", "box", "digit_probs", "length_probs", "ms"}
    assert set(lines[1]) == {"file", "error"}
    assert np.shape(lines[0]["digit_probs"]) == (5, 11)
    assert main(["read", str(photo), "--weights", str(tiny_weights)]) == 0
    assert capsys.readouterr().out.startswith(f"{photo}: ")


def test_run_prints_an_array_a_picture_and_goes_on_after_a_broken_one(photo, tmp_path, tiny_weights, capsys):
    (tmp_path / "broken.png").write_text("not a photo")
    command = ["run", str(tmp_path), str(tmp_path / "out"), "--weights", str(tiny_weights)]
    assert main(command) == 1
    printed = capsys.readouterr()
    name, array = printed.out.rstrip().split(" ", 1)
    assert name == "photo.jpg"
    assert len(json.loads(array)) == 6
    assert printed.err.startswith("broken.png: This file is not a picture")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"photo.jpg", "readings.csv"}
    (tmp_path / "broken.png").unlink()
    assert main(command) == 0


@pytest.mark.parametrize(
    ("module", "command", "message"),
    [
        ("ray", ["run", ".", "out", "--engine", "ray"], "pip install"),
        ("openvino", ["export", "--format", "openvino", "--out", "out"], "needs openvino; install it with"),
    ],
)
def test_what_is_not_installed_is_named(module, command, message, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.delitem(sys.modules, "svhn.batch.ray_cluster", raising=False)
    monkeypatch.delattr(svhn.batch, "ray_cluster", raising=False)
    assert main(command) == 1
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", ["crops", "boxes", "readings"])
def test_plot_draws_a_grid_of_photos(kind, small_data, tiny_weights, tmp_path, capsys):
    out = tmp_path / "grid.png"
    arguments = ["plot", kind, "--data", str(small_data), "--split", "test", "--out", str(out), "--seed", "1"]
    assert main([*arguments, "--rows", "1", "--columns", "2", "--weights", str(tiny_weights)]) == 0
    assert capsys.readouterr().out == f"{out}\n"
    assert out.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(("trained_on", "split"), [("all", "held_out"), ("all", "test"), ("train", "held_out")])
def test_metrics_of_photos_that_were_trained_on_come_with_a_warning(
    small_data, own_weights, tmp_path, capsys, trained_on, split
):
    edit_manifest(own_weights, lambda m: m["networks"]["compact"].update(trained_on=trained_on))
    arguments = ["--data", str(small_data), "--split", split, "--limit", "1", "--out", str(tmp_path / "report.json")]
    assert main(["evaluate", *arguments, "--weights", str(own_weights)]) == 0
    warned = "compact was trained on the held-out photos" in capsys.readouterr().err
    assert warned == (trained_on == "all" and split == "held_out")


def test_evaluate_says_what_it_left_out(tiny_weights, tmp_path, capsys):
    def lose_one(entries):
        entries[0].png = None

    official.write_split(tmp_path, "test", 3, spoil=lose_one)
    out = tmp_path / "report.json"
    assert main(["evaluate", "--data", str(tmp_path), "--out", str(out), "--weights", str(tiny_weights)]) == 0
    report = json.loads(out.read_text())
    assert (report["images"], report["left_out"]) == (2, 1)
    assert "1.png was left out: its photo is missing" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["evaluate", "--data", "nowhere", "--out", "x.json"], "holds neither"),
        (["evaluate", "--photos", "nowhere", "--out", "x.json"], "labels.csv"),
        (["evaluate", "--photos", "nowhere", "--out", "x.json", "--limit", "0"], "--limit"),
        (["prepare", "--data", "nowhere"], "holds neither"),
        (["train", "lenet", "--run", "x"], "no recipe 'lenet'; choose one of compact, "),
        (["train", "compact", "--prepared", "p", "--run", "x"], "svhn prepare"),
        (["train", "compact", "--data", "nowhere", "--prepared", "p", "--run", "x"], "holds neither"),
        (["train", "strips", "--prepared", "p", "--run", "x"], "MNIST; name the folder with its four files"),
        (["train", "strips", "--data", "nowhere", "--prepared", "p", "--run", "x"], "holds no train-images-idx3-ubyte"),
        (["synth", "--out", "x.json", "--real", "nowhere"], "svhn prepare"),
        (["synth", "--out", "."], "cannot be written"),
        (["read", "x.jpg", "--device", "warp"], "try --device cpu"),
        (["read", "x.jpg", "--reader", "fcos"], "no weights of 'fcos' to use; choose one of the readers"),
        (["read", "x.jpg", "--localizer", "compact"], "one of the localizers"),
        (["read", "x.jpg", "--reader", "nowhere.pt"], "no checkpoint nowhere.pt"),
        (["evaluate", "--photos", "nowhere", "--out", "."], "is a folder"),
        (["split", "--prepared", "nowhere", "--out", "x.csv"], "svhn prepare"),
        (["plot", "curves", "nowhere", "--out", "x.png"], "no checkpoint"),
        (["plot", "readings", "--photos", "nowhere", "--out", "."], "is a folder"),
        (["plot", "readings", "--photos", "nowhere", "--out", "x.png", "--rows", "0"], "from 1 to 30"),
        (["plot", "readings", "--photos", "nowhere", "--out", "x.png", "--offset", "-1"], "--offset from 0"),
        (["results", "--out", "."], "is a folder"),
        (["run", "nowhere", "out"], "cannot be opened"),
        (["run", ".", "out"], "There is no picture"),
    ],
)
def test_errors_are_a_sentence_and_exit_code_one(arguments, message, tiny_weights, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    if {"evaluate", "read", "run", "crops", "boxes", "readings"} & {*arguments[:2]}:
        arguments = [*arguments, "--weights", str(tiny_weights)]
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error
    assert not any(tmp_path.iterdir())


@pytest.fixture(scope="module")
def damaged(tmp_path_factory, prepared, tiny_weights) -> Path:
    """A folder with runs of three networks, a broken checkpoint, tampered weights, a photo and prepared photos."""
    folder = tmp_path_factory.mktemp("damaged")
    for name, sizes in (("compact", {"summary": 16}), ("unet_zeros", {}), ("dice_box", {})):
        recipe = RECIPES[name]
        save_run(folder / recipe.network, replace(recipe, sizes=SIZES[recipe.network] | sizes))
    whole = (folder / "compact" / "last.pt").read_bytes()
    (folder / "broken.pt").write_bytes(whole[: len(whole) // 2])
    (folder / "page").mkdir()
    for name in ("page/train_crops.h5", "page/train_scenes.h5"):
        (folder / name).write_text("<html>This is no longer here</html>")
    shutil.copytree(tiny_weights, folder / "tampered")
    reader = next((folder / "tampered").glob("compact-*"))
    reader.write_bytes(reader.read_bytes()[:-1] + b"\xff")
    Image.new("RGB", (80, 50)).save(folder / "x.jpg")
    shutil.copytree(prepared, folder / "prepared")
    return folder


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["read", "x.jpg", "--reader", "unet"], "unet holds none of the networks compact, "),
        (["read", "x.jpg", "--localizer", "./compact"], "compact holds none of the networks fcos, "),
        (["read", "x.jpg", "--reader", "broken.pt"], "broken.pt is no checkpoint of this version"),
        (["read", "x.jpg", "--weights", "tampered"], "is not the file its manifest describes (sha256)"),
        (["train", "l2_box", "--from", "unet"], "last.pt is of another network than l2_box, or of another size"),
        (["train", "l2_box", "--run", "small_box", "--resume"], "last.pt was made by another recipe"),
        (["train", "vgg16_imagenet"], "This recipe is initialized from torchvision's ImageNet weights: --from"),
        (["train", "l2_box", "--backgrounds", "nowhere", "--device", "warp"], "try --device cpu"),
        (["train", "compact", "--prepared", "page"], "is not a prepared file"),
        (["split", "--prepared", "prepared", "--out", "x.jpg/split.csv"], "cannot be written"),
        (["results", "--records", ".", "--out", "x.jpg/PAGE.md"], "cannot be written"),
        (["export", "--format", "onnx", "--out", "x.jpg"], "choose another folder"),
    ],
)
def test_what_is_damaged_or_of_another_kind_is_a_sentence_too(
    damaged, tiny_weights, monkeypatch, capsys, arguments, message
):
    monkeypatch.chdir(damaged)
    if "--weights" not in arguments and arguments[0] in ("read", "run"):
        arguments = [*arguments, "--weights", str(tiny_weights)]
    if arguments[0] == "train":  # the last of two equal options counts
        arguments = ["train", "--device", "cpu", "--prepared", "prepared", "--run", "runs/new", *arguments[1:]]
    before = _contents(damaged)
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert message in error
    assert error.startswith(f"svhn {arguments[0]}: ")
    assert error.count("\n") == 1
    assert _contents(damaged) == before


def _contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [("evaluate", "usage"), *((f"train compact --seed {n}", "from 0 to 999,999") for n in ("-1", "1000000", "one"))],
)
def test_a_wrong_command_line_is_exit_code_two(monkeypatch, capsys, arguments, message):
    monkeypatch.setattr(sys, "argv", ["svhn", *arguments.split()])
    with pytest.raises(SystemExit, match="2"):
        runpy.run_module("svhn", run_name="__main__")
    assert message in capsys.readouterr().err


def test_networks_of_runs_take_the_place_of_weights_and_a_name_of_the_weights_goes_first(
    damaged, tiny_weights, monkeypatch
):
    def load(reader: str, localizer: str | None = None) -> Pipeline:
        where = {"weights": tiny_weights, "device": "cpu", "precision": "fp32"}
        return load_pipeline(Namespace(**where, localizer=localizer, reader=reader))

    for place in ("", "last.pt"):
        pipeline = load(str(damaged / "compact" / place), str(damaged / "unet" / place))
        assert (pipeline.reader.config.summary, pipeline.localizer.config.channels) == (16, SIZES["unet"]["channels"])
        assert (pipeline.temperature, pipeline.sha256) == (1.0, {})
        assert isinstance(pipeline.read(np.zeros((60, 90, 3), np.uint8)), Reading)
    monkeypatch.chdir(damaged)
    assert load("compact").reader.config.summary == 32  # of the weights
    assert load("./compact").reader.config.summary == 16
