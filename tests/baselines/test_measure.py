import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
import torch
from helpers import official
from helpers.tiny_runs import edit_manifest, save_run, shrink

from svhn.baselines import evaluation_data
from svhn.baselines import metrics as system_metrics
from svhn.baselines.evaluation_data import EvaluationData
from svhn.baselines.measure import Status, measure
from svhn.baselines.report import format_page, read_records
from svhn.baselines.systems import SYSTEMS, select_systems
from svhn.cli.main import main
from svhn.evaluation import evaluate
from svhn.models import build
from svhn.pipeline import Pipeline
from svhn.training import checkpoint
from svhn.training.checkpoint import State
from svhn.training.recipes import RECIPES

MEASURED = (  # one of each kind
    *("goodfellow", "smaller_vgg", "centre_patch", "goodfellow_plain", "mnist_logistic", "simple_strips"),
    *("whole_photos", "unet_count", "length_check", "end_to_end"),
)
TINY = {name for row in select_systems([*MEASURED]) for name in row.networks.values()} - {"compact", "fcos"}


@pytest.fixture(scope="module", autouse=True)
def quick():
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"TIMED": 2, "WARM_UP": 1, "THREADS": 1, "STRIPS": 30}.items():
            patch.setattr(system_metrics, name, value)
        patch.setattr(evaluation_data, "TRAIN_PHOTOS", 4)
        shrink(patch)
        yield


class Kit(NamedTuple):
    """What is measured, and with what."""

    data: Path
    mnist: Path
    runs: Path
    own: Path

    def measure(self, out: Path, *names: str, again: bool = False, test: Path | None = None) -> list:
        data = EvaluationData(self.data, self.mnist, test)
        return list(measure(select_systems(list(names)), data, self.runs, self.own, out, again))

    def command(self, out: Path, *names: str) -> list[str]:
        folders = {"--data": self.data, "--mnist": self.mnist, "--runs": self.runs, "--weights": self.own, "--out": out}
        return ["measure", *names, *(str(each) for flag in folders.items() for each in flag)]


@pytest.fixture(scope="module")
def kit(small_data, mnist_folder, tiny_weights, tmp_path_factory) -> Kit:
    """Runs of tiny networks, and this project's own weights, as small, with where they come from."""
    runs, own = tmp_path_factory.mktemp("runs"), tmp_path_factory.mktemp("own") / "measured"
    state = State(0, "a few pictures", code="abc1234", machine="a machine", step=7, seconds=90.0)
    for name in TINY:
        save_run(runs / name, name, state)
    save_run(runs / "goodfellow_plain", "goodfellow_plain", replace(state, seed=1, step=3), "best.pt")
    shutil.copytree(tiny_weights, own)
    origin = {"seed": 3, "data": "photos", "initialized_from": "", "code": "def5678", "machine": "a machine"}
    for name in ("fcos", "compact"):
        edit_manifest(own, lambda m, name=name: m["networks"][name].update(origin, steps=9, minutes=2.5))
    return Kit(small_data, mnist_folder, runs, own)


@pytest.fixture(scope="module")
def results(kit, tmp_path_factory) -> Path:
    """A folder with the records of `MEASURED`."""
    out = tmp_path_factory.mktemp("results")
    assert {entry.status for entry in kit.measure(out, *MEASURED)} == {Status.MEASURED}
    return out


@pytest.mark.parametrize("name", MEASURED)
def test_a_record_says_what_was_measured_and_where_it_comes_from(name, results):
    record, row = read_records(results)[name], next(row for row in SYSTEMS if row.name == name)
    assert (record["row"], record["kind"]) == (name, row.kind)
    assert {part: network["recipe"] for part, network in record["networks"].items()} == row.networks
    for network in record["networks"].values():
        assert (len(network["sha256"]), network["machine"]) == (64, "a machine")
        assert network["parameters"] > 0
        origin = tuple(network[key] for key in ("steps", "minutes", "seed", "data", "code"))
        tiny = network["recipe"] in TINY
        assert origin == ((7, 1.5, 0, "a few pictures", "abc1234") if tiny else (9, 2.5, 3, "photos", "def5678"))
        batch = RECIPES[network["recipe"]].batch_size
        assert network.get("pictures") == (7 * batch if tiny else None)
        assert network.get("core_hours") == (pytest.approx(90 / 3600, abs=0.006) if tiny else None)
    assert record["latency_ms"]["median"] > 0
    assert record["latency_ms"]["threads"] == 1
    assert record["command"].startswith(f"python -m svhn measure {name} --")


def test_a_reader_is_measured_as_evaluate_measures_it(results, kit):
    network = checkpoint.load(kit.runs / "goodfellow").network
    whole = evaluate.run(Pipeline(build("whole"), network), evaluate.split_examples(kit.data, "held_out"))
    report = evaluate.split_report(whole, "held_out", {})["reader"]
    figures = read_records(results)["goodfellow"]["figures"]
    assert figures["held_out"] == {"images": 3, **report}
    assert figures["train"]["images"] == 4
    assert "checkpoints" not in figures


def test_every_checkpoint_of_the_second_document_is_measured_on_every_part(results, kit, capsys):
    found, both = read_records(results)["goodfellow_plain"]["figures"], (("best", 3), ("last", 7))
    lines = [(line["checkpoint"], line["steps"], line["part"], line["images"]) for line in found["checkpoints"]]
    assert lines == [(*each, *part) for each in both for part in (("held_out", 3), ("train", 4))]
    assert found["checkpoints"][2]["digit_accuracy"] == found["held_out"]["digit_accuracy"]
    assert [example.name for example in EvaluationData(kit.data, None).train] == ["1.png", "2.png", "3.png", "4.png"]
    assert main(["checkpoints", str(kit.runs / "goodfellow_plain"), "--data", str(kit.data)]) == 0
    header, *lines = (line.split() for line in capsys.readouterr().out.splitlines())
    assert header[:4] == ["checkpoint", "steps", "part", "photos"]
    parts = (("train", "12"), ("held_out", "3"), ("test", "7"))
    assert [line[:4] for line in lines] == [[name, str(steps), *part] for name, steps in both for part in parts]


def test_checkpoints_that_saw_the_held_out_photos_or_cannot_be_evaluated_are_reported(kit, tmp_path, capsys):
    save_run(tmp_path, "smaller_vgg", State(trained_on="all"))
    for split, warnings in (("test", 0), ("held_out", 1)):
        assert main(["checkpoints", str(tmp_path), "--data", str(kit.data), "--split", split]) == 0
        printed = capsys.readouterr()
        assert "recall at IoU 0.5" in printed.out
        assert printed.err.count("the metrics of this line are too high") == warnings
    for run, data, message in (
        (tmp_path / "none", kit.data, "There is no checkpoint"),
        (kit.runs / "smaller_vgg", tmp_path, "holds neither"),
        (kit.runs / "mnist_logistic", kit.data, "classifies single MNIST digits"),
    ):
        assert main(["checkpoints", str(run), "--data", str(data)]) == 1
        assert message in capsys.readouterr().err


def test_a_row_is_kept_until_its_checkpoint_is_another(kit, results, tmp_path):
    kit = kit._replace(runs=shutil.copytree(kit.runs, tmp_path / "runs"))
    out = shutil.copytree(results, tmp_path / "results")

    def statuses(again: bool = False) -> list[Status]:
        return [outcome.status for outcome in kit.measure(out, "goodfellow", "mnist_logistic", again=again)]

    assert statuses() == [Status.KEPT, Status.KEPT]
    assert (out / "goodfellow.json").read_bytes() == (results / "goodfellow.json").read_bytes()
    save_run(kit.runs / "goodfellow", "goodfellow", State(seed=5, step=7))
    assert statuses() == [Status.MEASURED, Status.KEPT]
    assert json.loads((out / "goodfellow.json").read_text())["networks"]["reader"]["seed"] == 5
    assert statuses(again=True) == [Status.MEASURED, Status.MEASURED]
    (out / "mnist_logistic.json").write_text('{"networks": []}')
    assert statuses() == [Status.KEPT, Status.MEASURED]
    assert not list(out.glob("*.part"))


def test_a_row_has_official_test_photos_and_its_history_where_there_are_any(kit, results, tmp_path, capsys):
    kit, out = kit._replace(runs=shutil.copytree(kit.runs, tmp_path / "runs")), tmp_path / "results"
    content = torch.load(kit.runs / "goodfellow" / "last.pt", weights_only=True)
    content["state"]["history"] = [{"step": 5, "seconds": 60.0, "loss": 3.0, "held_out_accuracy": 0.25}]
    torch.save(content, kit.runs / "goodfellow" / "last.pt")
    rows = ("goodfellow", "smaller_vgg", "centre_patch", "length_check")
    official.write_split(tmp_path, "test", 2)
    out.mkdir()
    for row in rows:
        shutil.copy(results / f"{row}.json", out)
    assert {entry.status for entry in kit.measure(out, *rows, test=tmp_path)} == {Status.MEASURED}  # they lacked them
    assert {entry.status for entry in kit.measure(out, *rows, test=tmp_path)} == {Status.KEPT}
    records = read_records(out)
    assert {record["figures"]["test"]["images"] for record in records.values()} == {2}
    point = {"pictures": 5 * RECIPES["goodfellow"].batch_size, "held_out_accuracy": 0.25}
    assert records["goodfellow"]["networks"]["reader"]["history"] == [point]

    assert main(["results", "--records", str(out), "--out", str(tmp_path / "PAGE.md")]) == 0
    assert capsys.readouterr().out.endswith(f"{tmp_path / 'PAGE.md'}: {len(rows)} records\n")
    page = (tmp_path / "PAGE.md").read_text(encoding="utf-8")
    assert page == format_page(records)
    assert page.count("of 2 |") == 3
    assert "(results/accuracy.png)" in page
    assert (out / "accuracy.png").read_bytes().startswith(b"\x89PNG")


def test_what_cannot_be_measured_is_reported_and_stops_no_other(kit, tmp_path, capsys, monkeypatch):
    kit, out = kit._replace(runs=shutil.copytree(kit.runs, tmp_path / "runs")), tmp_path / "results"
    (kit.runs / "goodfellow" / "last.pt").write_bytes(b"not PyTorch's")
    shutil.copy(kit.runs / "mnist_logistic" / "last.pt", kit.runs / "smaller_vgg")
    assert main(kit.command(out, "goodfellow", "smaller_vgg", "vgg16_imagenet", "mnist_logistic")) == 1
    outcomes = dict(line.split(": ", 1) for line in capsys.readouterr().out.splitlines())
    assert outcomes["vgg16_imagenet"] == "not trained; first: python -m svhn train vgg16_imagenet"
    for row, reason in {"goodfellow": "no checkpoint of this version", "smaller_vgg": "made by another recipe"}.items():
        assert outcomes[row].startswith("failed; ")
        assert reason in outcomes[row]
    assert outcomes["mnist_logistic"].startswith("measured; ")
    assert [path.name for path in out.iterdir()] == ["mnist_logistic.json"]
    monkeypatch.setattr("svhn.baselines.systems.SYSTEMS", select_systems(["vgg16_scratch", "mnist_logistic"]))
    command = kit.command(tmp_path / "none")
    del command[command.index("--mnist") : command.index("--mnist") + 2]
    assert main(command) == 0  # where no row is named, what is not trained is no failure
    assert "mnist_logistic: left out; it needs MNIST, whose folder --mnist names" in capsys.readouterr().out
    assert not (tmp_path / "none").exists()


def test_what_has_seen_the_held_out_photos_or_does_not_say_is_not_measured_with_them(kit, tiny_weights, tmp_path):
    save_run(tmp_path / "runs" / "smaller_vgg", "smaller_vgg", State(trained_on="all"))
    own = Path(shutil.copytree(kit.own, tmp_path / "own"))
    edit_manifest(own, lambda m: m["networks"]["compact"].update(trained_on="all"))
    kit = kit._replace(runs=tmp_path / "runs", own=own)
    outcomes = kit.measure(tmp_path / "out", "smaller_vgg", "compact")
    outcomes += kit._replace(own=tiny_weights).measure(tmp_path / "out", "compact")
    assert {outcome.status for outcome in outcomes} == {Status.FAILED}
    for outcome in outcomes[:2]:
        assert "was trained on the photos that it would be measured with" in outcome.why
    assert "does not say 'seed' of compact" in outcomes[2].why
    assert not (tmp_path / "out").exists()


def test_bad_input_is_a_sentence_and_nothing_is_written(kit, tmp_path, capsys):
    file, out, nowhere = tmp_path / "file", tmp_path / "out", tmp_path / "nowhere"
    file.write_text("kept")
    (tmp_path / "taken" / "mnist_logistic.json").mkdir(parents=True)
    official.write_split(tmp_path / "few", "train", 4)
    for command, message in (
        (kit.command(out, "lenet"), "no row 'lenet'"),
        (kit._replace(data=nowhere).command(out, "goodfellow"), "holds neither"),
        (kit._replace(mnist=nowhere).command(out, "mnist_logistic"), "four official files"),
        (kit.command(file, "goodfellow"), "is no folder"),
        (kit.command(tmp_path / "taken", "mnist_logistic"), "cannot be written"),
        (kit._replace(data=tmp_path / "few").command(out, "goodfellow"), "no photo of a number divisible by 5"),
    ):
        assert main(command) == 1
        assert message in capsys.readouterr().err
    assert file.read_text() == "kept"
    assert {path.name for path in tmp_path.iterdir()} == {"file", "taken", "few"}
