import shutil
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from helpers.tiny_runs import SIZES, edit_manifest, save_run, shrink

from svhn import weights
from svhn.cli.main import main
from svhn.models import build
from svhn.models.ensemble import average_readers
from svhn.pipeline import Pipeline
from svhn.training import checkpoint
from svhn.training.checkpoint import State
from svhn.training.recipes import RECIPES


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    shrink(monkeypatch)


@pytest.fixture
def folder(own_weights) -> Path:
    """Weights whose reader has two members."""
    members = [build("compact", SIZES["compact"]) for _ in range(2)]
    reader, manifest = average_readers(members), weights.read_manifest(own_weights)
    record = {
        "initialized_from": "",
        "steps": 10,
        "minutes": 2.0,
        "machine": "a machine",
        "data": "photos",
        "code": "c",
    }
    for entry in manifest["networks"].values():
        entry |= {"parameters": 1, **record}
    manifest["networks"]["compact"] |= {"architecture": "averaged", "config": asdict(reader.config)}
    weights.save(own_weights, {"compact": reader}, manifest)
    return own_weights


@pytest.fixture
def average(folder, small_data):
    """Runs the command with these sources."""
    return lambda *sources: main(["average", *map(str, sources), "--data", str(small_data), "--weights", str(folder)])


def test_each_member_becomes_the_mean_of_itself_and_what_it_continued_from_or_to(folder, average, tmp_path):
    earlier = Path(shutil.copytree(folder, tmp_path / "earlier"))
    other = weights.load(earlier, "compact")
    with torch.no_grad():
        for value in other.parameters():
            value += 1
    weights.save(earlier, {"compact": other}, weights.read_manifest(earlier))
    run = save_run(tmp_path / "compact", "compact", State(seed=1, step=7, seconds=60.0, code="d"))
    own, before = weights.load(folder, "compact"), weights.read_manifest(folder)
    (folder / "confidence.json").write_text("{}")
    assert average(earlier, run) == 0
    mean, further = weights.load(folder, "compact"), checkpoint.load(run).network
    for index, related in enumerate(([], [further])):  # a run of seed 1 belongs to the second member
        values = [network.query.weight for network in (own.members[index], other.members[index], *related)]
        assert torch.allclose(mean.members[index].query.weight, sum(values) / len(values), atol=2e-3)
    manifest = weights.read_manifest(folder)
    entry = manifest["networks"]["compact"]
    assert (entry["steps"], entry["minutes"], entry["code"]) == (17, 3.0, "c and d")
    assert entry["initialized_from"].endswith("compact after 7 steps")
    assert manifest["networks"]["fcos"] == before["networks"]["fcos"]
    assert manifest["held_out"]["images"] == 3
    assert entry["temperature"] != 1.5
    assert not (folder / "confidence.json").exists()
    assert "the mean of" in (folder / "MODEL_CARD.md").read_text()
    Pipeline.load(folder)


def test_sources_that_saw_the_held_out_photos_or_are_of_another_size_are_refused(folder, average, tmp_path, capsys):
    before = {path: path.read_bytes() for path in folder.iterdir()}
    seen = save_run(tmp_path / "compact", "compact", State(trained_on="all", step=1))
    large = replace(RECIPES["compact"], sizes={**SIZES["compact"], "summary": 64})
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    edit_manifest(copy, lambda m: m["networks"]["compact"].pop("trained_on"))
    for source, message in (
        (seen, "held-out"),
        (copy, "held-out"),
        (save_run(tmp_path / "large", large), "differ in size"),
        (tmp_path / "nowhere", "no checkpoint"),
    ):
        assert average(source) == 1
        assert message in capsys.readouterr().err
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
