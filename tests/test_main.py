"""The command line as other programs use it: contracts to the letter, sentences for errors, exit codes."""

import json
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import official
import pytest
from PIL import Image

from svhn.__main__ import main


@pytest.fixture
def photo(tmp_path) -> Path:
    path = tmp_path / "photo.jpg"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (50, 80, 3), dtype=np.uint8)).save(path)
    return path


def test_read_prints_one_object_a_line_in_the_order_given(photo, tmp_path, tiny_weights, capsys):
    broken = tmp_path / "broken.jpg"
    broken.write_text("not a photo")
    code = main(["read", str(photo), str(broken), str(photo), "--json", "--weights", str(tiny_weights)])
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert code == 1
    assert [line["file"] for line in lines] == [str(photo), str(broken), str(photo)]
    assert set(lines[0]) == {"file", "number", "confidence", "box", "digit_probs", "length_probs", "ms"}
    assert set(lines[1]) == {"file", "error"}
    assert np.shape(lines[0]["digit_probs"]) == (5, 11)


def test_read_in_words(photo, tiny_weights, capsys):
    assert main(["read", str(photo), "--weights", str(tiny_weights)]) == 0
    assert capsys.readouterr().out.startswith(f"{photo}: ")


def test_run_prints_an_array_a_picture_and_goes_on_after_a_broken_one(photo, tmp_path, tiny_weights, capsys):
    (tmp_path / "broken.png").write_text("not a photo")
    code = main(["run", str(tmp_path), str(tmp_path / "out"), "--weights", str(tiny_weights)])
    said = capsys.readouterr()
    assert code == 1
    name, array = said.out.rstrip().split(" ", 1)
    assert name == "photo.jpg"
    assert len(json.loads(array)) == 6
    assert said.err.startswith("broken.png: This file is not a picture")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"photo.jpg", "readings.csv"}
    (tmp_path / "broken.png").unlink()
    assert main(["run", str(tmp_path), str(tmp_path / "out"), "--weights", str(tiny_weights)]) == 0


def test_split_tells_its_counts(tmp_path, capsys):
    with h5py.File(tmp_path / "train_crops.h5", "w") as file:
        file["number"] = range(1, 13)
    assert main(["split", "--prepared", str(tmp_path), "--out", str(tmp_path / "split.csv")]) == 0
    assert capsys.readouterr().out == "train: 10, held_out: 2\n"
    assert len((tmp_path / "split.csv").read_text().splitlines()) == 13


@pytest.mark.parametrize("kind", ["crops", "boxes", "picks"])
def test_plot_draws_a_grid_of_photos(kind, small_data, tiny_weights, tmp_path, capsys):
    out = tmp_path / "grid.png"
    arguments = ["plot", kind, "--data", str(small_data), "--split", "test", "--out", str(out), "--seed", "1"]
    assert main([*arguments, "--rows", "1", "--columns", "2", "--weights", str(tiny_weights)]) == 0
    assert capsys.readouterr().out == f"{out}\n"
    assert out.read_bytes().startswith(b"\x89PNG")


def test_evaluate_writes_a_report(small_data, tiny_weights, tmp_path, capsys):
    out = tmp_path / "deep" / "report.json"
    arguments = ["evaluate", "--data", str(small_data), "--split", "test", "--out", str(out), "--limit", "4"]
    assert main([*arguments, "--device", "cpu", "--weights", str(tiny_weights)]) == 0
    assert json.loads(out.read_text())["images"] == 4
    assert "sequence_accuracy" in capsys.readouterr().out


def test_evaluate_says_what_it_left_out(tiny_weights, tmp_path, capsys):
    def lose_one(entries):
        entries[0].png = None

    official.write_split(tmp_path, "test", 3, spoil=lose_one)
    out = tmp_path / "report.json"
    assert main(["evaluate", "--data", str(tmp_path), "--out", str(out), "--weights", str(tiny_weights)]) == 0
    assert json.loads(out.read_text())["images"] == 2
    assert json.loads(out.read_text())["left_out"] == 1
    assert "1.png was left out: its photo is missing" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["evaluate", "--data", "nowhere", "--out", "x.json"], "holds neither"),
        (["evaluate", "--photos", "nowhere", "--out", "x.json"], "labels.csv"),
        (["evaluate", "--photos", "nowhere", "--out", "x.json", "--limit", "0"], "--limit"),
        (["prepare", "--data", "nowhere"], "holds neither"),
        (["train", "lenet"], "no recipe 'lenet'"),
        (["synth", "--out", "x.json", "--real", "nowhere"], "svhn prepare"),
        (["read", "x.jpg", "--device", "warp"], "try --device cpu"),
        (["read", "x.jpg", "--reader", "goodfellow"], "no weights of 'goodfellow'"),
        (["read", "x.jpg", "--reader", "fcos"], "one of the readers"),
        (["read", "x.jpg", "--localizer", "compact"], "one of the localizers"),
        (["evaluate", "--photos", "nowhere", "--out", "."], "is a folder"),
        (["split", "--prepared", "nowhere", "--out", "x.csv"], "svhn prepare"),
        (["plot", "curves", "nowhere", "--out", "x.png"], "no checkpoint"),
        (["plot", "crops", "--data", "nowhere", "--out", "x.png"], "holds neither"),
        (["plot", "boxes", "--photos", "nowhere", "--out", "x.png"], "labels.csv"),
        (["plot", "picks", "--photos", "nowhere", "--out", "."], "is a folder"),
        (["plot", "picks", "--photos", "nowhere", "--out", "x.png", "--rows", "0"], "from 1 to 30"),
        (["plot", "picks", "--photos", "nowhere", "--out", "x.png", "--offset", "-1"], "--offset from 0"),
        (["run", "nowhere", "out"], "cannot be opened"),
        (["run", ".", "out"], "There is no picture"),
    ],
)
def test_errors_are_a_sentence_and_exit_code_one(arguments, said, tiny_weights, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    if {"evaluate", "read", "run", "crops", "boxes", "picks"} & {*arguments[:2]}:
        arguments = [*arguments, "--weights", str(tiny_weights)]
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error
    assert not any(tmp_path.iterdir())


def test_a_wrong_command_line_is_exit_code_two():
    done = subprocess.run([sys.executable, "-m", "svhn", "evaluate"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "usage" in done.stderr
