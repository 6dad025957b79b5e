"""Systems are measured once for every checkpoint; a missing or damaged one is reported and the others go on."""

import itertools
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers import official
from helpers.mnist_files import write_mnist
from helpers.tiny_runs import TINY, save_run, shrink

from svhn import metrics
from svhn.baselines import evaluation_data
from svhn.baselines import metrics as system_metrics
from svhn.baselines.evaluation_data import EvaluationData, part_examples
from svhn.baselines.measure import Status, measure
from svhn.baselines.systems import SYSTEMS, select_systems
from svhn.cli.parser import main
from svhn.evaluation import evaluate
from svhn.models import build
from svhn.pipeline import Pipeline
from svhn.training import checkpoint
from svhn.utils.errors import DataError

MEASURED = (  # one of each kind
    "goodfellow",
    "smaller_vgg",
    "centre_patch",
    "goodfellow_plain",
    "mnist_logistic",
    "simple_strips",
    "whole_photos",
    "unet_count",
    "length_check",
    "end_to_end",
)


@pytest.fixture(scope="module", autouse=True)
def quick():
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"TIMED": 2, "WARM_UP": 1, "THREADS": 1, "STRIPS": 30}.items():
            patch.setattr(system_metrics, name, value)
        patch.setattr(evaluation_data, "TRAIN_PHOTOS", 4)
        shrink(patch)
        yield


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    for name in TINY:
        save_run(folder, name)
    save_run(folder, "goodfellow_plain", "best.pt", seed=1, step=3)
    return folder


@pytest.fixture(scope="module")
def own(tiny_weights, tmp_path_factory) -> Path:
    """This project's own weights, as small, and where they come from."""
    folder = tmp_path_factory.mktemp("own") / "measured"
    shutil.copytree(tiny_weights, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    for entry in manifest["networks"].values():
        entry |= {
            "seed": 3,
            "data": "photos",
            "initialized_from": "",
            "code": "def5678",
            "machine": "a machine",
            "steps": 9,
            "minutes": 2.5,
        }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


@pytest.fixture(scope="module")
def mnist(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("mnist")
    write_mnist(folder, train=20, test=10)
    return folder


@pytest.fixture(scope="module")
def held_out(small_data) -> list:
    return list(evaluate.split_examples(small_data, "held_out"))


@pytest.fixture(scope="module")
def measured(small_data, mnist, runs, own, tmp_path_factory) -> dict[str, dict]:
    """The records of `MEASURED`, by name."""
    out = tmp_path_factory.mktemp("results")
    outcome = list(measure(select_systems(list(MEASURED)), EvaluationData(small_data, mnist), runs, own, out))
    assert {entry.status for entry in outcome} == {Status.MEASURED}
    return {name: json.loads((out / f"{name}.json").read_text()) for name in MEASURED}


def _command(small_data, mnist, runs, own, out, *names: str) -> list[str]:
    folders = {"--data": small_data, "--mnist": mnist, "--runs": runs, "--weights": own, "--out": out}
    return ["measure", *names, *itertools.chain.from_iterable((flag, str(path)) for flag, path in folders.items())]


@pytest.mark.parametrize("name", MEASURED)
def test_a_record_says_what_was_measured_and_where_it_comes_from(name, measured):
    record = measured[name]
    row = next(row for row in SYSTEMS if row.name == name)
    assert (record["row"], record["kind"]) == (name, row.kind)
    assert {part: network["recipe"] for part, network in record["networks"].items()} == row.networks
    for network in record["networks"].values():
        assert len(network["sha256"]) == 64
        assert network["parameters"] > 0
        assert network["machine"] == "a machine"
        if network["recipe"] in TINY:
            assert (network["steps"], network["minutes"], network["seed"]) == (7, 1.5, 0)
            assert (network["data"], network["code"]) == ("a few pictures", "abc1234")
        else:
            assert (network["steps"], network["minutes"], network["seed"]) == (9, 2.5, 3)
    assert record["latency_ms"]["median"] > 0
    assert record["latency_ms"]["threads"] == 1
    assert record["command"].startswith(f"python -m svhn measure {name} --")
    assert record["date"][:2] == "20"


def test_a_reader_is_measured_as_evaluate_measures_it(measured, runs, held_out):
    network = checkpoint.load(runs / "goodfellow").network
    whole = evaluate.run(Pipeline(build("whole"), network), held_out)
    report = evaluate.split_report(whole, "held_out", {})["reader"]
    assert measured["goodfellow"]["figures"]["held_out"] == {"images": 3, **report}
    assert report["sequence_accuracy"] == pytest.approx(1 / 3)
    assert measured["goodfellow"]["figures"]["train"]["images"] == 4


def test_a_pipeline_without_a_localizer_reads_whole_photos(measured, runs, held_out):
    network = checkpoint.load(runs / "goodfellow_large").network
    report = evaluate.split_report(evaluate.run(Pipeline(build("whole"), network), held_out), "held_out", {})
    found = measured["whole_photos"]["figures"]["held_out"]
    assert found["sequence_accuracy"] == report["end_to_end"]["sequence_accuracy"]
    assert found["reader"] == report["reader"]


def test_every_checkpoint_of_the_second_document_is_measured(measured):
    found = measured["goodfellow_plain"]["figures"]
    lines = [(line["checkpoint"], line["steps"], line["part"], line["images"]) for line in found["checkpoints"]]
    assert lines == [
        ("best", 3, "held_out", 3),
        ("best", 3, "train", 4),
        ("last", 7, "held_out", 3),
        ("last", 7, "train", 4),
    ]
    assert found["checkpoints"][2]["digit_accuracy"] == found["held_out"]["digit_accuracy"]
    assert "checkpoints" not in measured["goodfellow"]["figures"]


def test_a_length_check_is_what_a_pipeline_that_checks_gives(measured, runs, held_out):
    localizer, reader = (checkpoint.load(runs / name).network for name in ("unet_count", "goodfellow_large"))
    found = measured["length_check"]["figures"]["held_out"]
    outcome = evaluate.run(Pipeline(localizer, reader, check_length=True), held_out)
    rejected = np.array(outcome.confidence) == 0
    right = (np.array(outcome.read) == np.array(outcome.numbers)) & ~rejected
    assert outcome.read == ["3"] * 3
    assert (found["rejected"], found["rejected_wrong"]) == (rejected.sum(), 2) == (3, 2)
    assert found["with"]["sequence_accuracy"] == metrics.share(right)
    assert found["with"]["coverage_at_98"] == metrics.coverage(np.array(outcome.confidence), right)[0]


def test_a_row_is_kept_until_its_checkpoint_is_another(small_data, mnist, runs, own, tmp_path):
    runs = shutil.copytree(runs, tmp_path / "runs")
    out = tmp_path / "results"

    def statuses(again: bool = False) -> list[Status]:
        chosen = select_systems(["goodfellow", "mnist_logistic"])
        return [outcome.status for outcome in measure(chosen, EvaluationData(small_data, mnist), runs, own, out, again)]

    assert statuses() == [Status.MEASURED, Status.MEASURED]
    first = (out / "goodfellow.json").read_bytes()
    assert statuses() == [Status.KEPT, Status.KEPT]
    assert (out / "goodfellow.json").read_bytes() == first
    save_run(runs, "goodfellow", seed=5)
    assert statuses() == [Status.MEASURED, Status.KEPT]
    assert json.loads((out / "goodfellow.json").read_text())["networks"]["reader"]["seed"] == 5
    assert statuses(again=True) == [Status.MEASURED, Status.MEASURED]
    (out / "mnist_logistic.json").write_text('{"networks": []}')
    assert statuses() == [Status.KEPT, Status.MEASURED]
    assert not list(out.glob("*.part"))


def test_what_is_not_trained_is_reported_and_stops_no_other(small_data, mnist, runs, own, tmp_path, capsys):
    command = _command(small_data, mnist, runs, own, tmp_path / "results", "vgg16_imagenet", "mnist_logistic")
    assert main(command) == 1
    first, second = capsys.readouterr().out.splitlines()
    assert first == "vgg16_imagenet: not trained; first: python -m svhn train vgg16_imagenet"
    assert second.startswith("mnist_logistic: measured; ")
    assert [path.name for path in (tmp_path / "results").iterdir()] == ["mnist_logistic.json"]


def test_all_rows_are_no_failure_where_some_are_not_trained(small_data, runs, own, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("svhn.baselines.systems.SYSTEMS", select_systems(["vgg16_scratch", "mnist_logistic"]))
    arguments = ["measure", "--data", str(small_data), "--runs", str(runs), "--weights", str(own), "--out"]
    assert main([*arguments, str(tmp_path / "results")]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "vgg16_scratch: not trained; first: python -m svhn train vgg16_scratch",
        "mnist_logistic: left out; it needs MNIST, whose folder --mnist names",
    ]
    assert not any(tmp_path.iterdir())


def test_a_damaged_checkpoint_is_reported_and_stops_no_other(small_data, mnist, runs, own, tmp_path, capsys):
    runs = shutil.copytree(runs, tmp_path / "runs")
    (runs / "goodfellow" / "last.pt").write_bytes(b"not PyTorch's")
    command = _command(small_data, mnist, runs, own, tmp_path / "results", "goodfellow", "mnist_logistic")
    assert main(command) == 1
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("goodfellow: failed; ")
    assert "is no checkpoint of this version" in first
    assert second.startswith("mnist_logistic: measured; ")
    assert not (tmp_path / "results" / "goodfellow.json").exists()


def test_what_has_seen_the_held_out_photos_is_not_measured_with_them(small_data, runs, own, tmp_path):
    seen = Path(shutil.copytree(runs / "smaller_vgg", tmp_path / "runs" / "smaller_vgg"))
    content = torch.load(seen / "last.pt", weights_only=True)
    content["state"]["trained_on"] = "all"
    torch.save(content, seen / "last.pt")
    manifest = json.loads((own / "manifest.json").read_text())
    manifest["networks"]["compact"]["trained_on"] = "all"
    all_of_it = Path(shutil.copytree(own, tmp_path / "own"))
    (all_of_it / "manifest.json").write_text(json.dumps(manifest))
    for outcome in measure(
        select_systems(["smaller_vgg", "compact"]),
        EvaluationData(small_data, None),
        tmp_path / "runs",
        all_of_it,
        tmp_path / "out",
    ):
        assert outcome.status is Status.FAILED
        assert "was trained on the photos that it would be measured with" in outcome.why
    assert not (tmp_path / "out").exists()


def test_weights_that_do_not_say_where_they_come_from_are_reported(small_data, runs, tiny_weights, tmp_path):
    (outcome,) = measure(select_systems(["compact"]), EvaluationData(small_data, None), runs, tiny_weights, tmp_path)
    assert outcome.status is Status.FAILED
    assert "does not say 'seed' of compact" in outcome.why


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"row": "lenet"}, "no row 'lenet'"),
        ({"--data": "nowhere"}, "holds neither"),
        ({"--mnist": "nowhere", "row": "mnist_logistic"}, "four official files"),
        ({"--out": "file"}, "is no folder"),
    ],
)
def test_bad_input_is_a_sentence_and_nothing_is_written(
    changed, message, small_data, mnist, runs, own, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("kept")
    command = _command(small_data, mnist, runs, own, tmp_path / "out", changed.pop("row", "goodfellow"))
    for flag, value in changed.items():
        command[command.index(flag) + 1] = value
    assert main(command) == 1
    assert message in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert Path("file").read_text() == "kept"


def test_a_run_of_another_recipe_is_reported_and_the_others_go_on(small_data, mnist, runs, own, tmp_path, capsys):
    shutil.copytree(runs / "smaller_vgg", tmp_path / "runs" / "goodfellow")
    shutil.copytree(runs / "smaller_vgg", tmp_path / "runs" / "smaller_vgg")
    out = tmp_path / "out"
    assert main(_command(small_data, mnist, tmp_path / "runs", own, out, "goodfellow", "smaller_vgg")) == 1
    assert "made by another recipe than goodfellow; train it again" in capsys.readouterr().out
    assert [path.name for path in out.iterdir()] == ["smaller_vgg.json"]


def test_a_record_that_cannot_be_written_is_reported(small_data, mnist, runs, own, tmp_path):
    (tmp_path / "mnist_logistic.json").mkdir()
    with pytest.raises(DataError, match="cannot be written"):
        list(measure(select_systems(["mnist_logistic"]), EvaluationData(None, mnist), runs, own, tmp_path))


def test_a_data_set_without_held_out_photos_is_reported(tmp_path):
    official.write_split(tmp_path, "train", 4)
    with pytest.raises(DataError, match="no photo of a number divisible by 5"):
        _ = EvaluationData(tmp_path, None).held_out


def test_photos_trained_on_are_the_first_by_number_and_none_of_them_is_held_out(small_data):
    assert [example.name for example in EvaluationData(small_data, None).train] == ["1.png", "2.png", "3.png", "4.png"]
    assert len(list(part_examples(small_data, "train"))) == 12
