import hashlib
import json
import shutil
from pathlib import Path

import pytest
import torch

from svhn import weights
from svhn.models import build
from svhn.utils.errors import WeightsError
from svhn.utils.paths import WEIGHTS


@pytest.fixture
def folder(tiny_weights, tmp_path) -> Path:
    return Path(shutil.copytree(tiny_weights, tmp_path / "weights"))


def _edit(folder: Path, change) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    change(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest))


def test_files_are_named_by_their_content_and_half_precision_comes_back_as_the_network_it_was(folder):
    for name, entry in weights.read_manifest(folder)["networks"].items():
        assert entry["file"] == f"{name}-{entry['sha256'][:8]}.safetensors"
        assert (folder / entry["file"]).stat().st_size == entry["bytes"]
    network = weights.load(folder, "compact")
    assert (network.training, next(network.parameters()).dtype) == (False, torch.float32)
    assert network.config.channels == (8, 8, 16, 16)


def test_the_default_comes_first_and_counts_for_what_was_seen_in_training(folder):
    seen = {"architecture": "compact", "trained_on": "all"}
    _edit(folder, lambda m: m["networks"].update(a=m["networks"]["compact"] | seen))
    assert weights.readers(weights.read_manifest(folder)) == ["compact", "a"]
    assert not weights.default_saw_held_out(folder)
    _edit(folder, lambda m: m.update(reader="a", unsure_below=1))
    assert weights.readers(weights.read_manifest(folder)) == ["a", "compact"]
    assert weights.default_saw_held_out(folder)


def test_a_missing_file_and_folder_or_one_that_cannot_be_written_say_what_to_do(folder, tmp_path):
    compact = {"compact": weights.load(folder, "compact")}
    next(folder.glob("fcos-*.safetensors")).unlink()
    with pytest.raises(WeightsError, match="restore it"):
        weights.load(folder, "fcos")
    with pytest.raises(WeightsError, match=r"train_all\.py"):
        weights.load(tmp_path / "nowhere", "fcos")
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(WeightsError, match="cannot be written"):
        weights.save(tmp_path / "file", compact, weights.read_manifest(folder))


def _flip(folder: Path, path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1] + bytes([path.read_bytes()[-1] ^ 1]))


def _no_weights(folder: Path, path: Path) -> None:
    path.write_bytes(b"no safetensors")
    digest = hashlib.sha256(b"no safetensors").hexdigest()
    _edit(folder, lambda m: m["networks"]["compact"].update(sha256=digest))


def _outside(folder: Path, path: Path) -> None:
    path.rename(folder.parent / "outside.safetensors")
    _edit(folder, lambda m: m["networks"]["compact"].update(file="../outside.safetensors"))


def _smaller(folder: Path, path: Path) -> None:
    _edit(folder, lambda m: m["networks"]["compact"]["config"].update(summary=16))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [(_flip, "sha256"), (_no_weights, "does not fit"), (_outside, "the file name"), (_smaller, "does not fit")],
)
def test_a_file_that_is_not_the_one_described_is_refused(folder, spoil, message):
    spoil(folder, next(folder.glob("compact-*.safetensors")))
    with pytest.raises(WeightsError, match=message):
        weights.load(folder, "compact")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"networks": {}}', '{"networks": {"lenet": {}}}'])
def test_a_damaged_manifest_is_refused(folder, content):
    (folder / "manifest.json").write_text(content)
    with pytest.raises(WeightsError, match=r"restore it|update the code"):
        weights.read_manifest(folder)


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m["networks"].update(compact="compact"),
        *[lambda m, lost=lost: m.pop(lost) for lost in ("unsure_below", "reader", "networks")],
        lambda m: m["networks"]["compact"].pop("file"),
        lambda m: m["networks"]["compact"].update(sha256=7),
        lambda m: m["networks"]["fcos"].update(config=[1]),
        lambda m: m["networks"]["compact"].update(temperature=0),
        lambda m: m["networks"]["compact"].update(temperature="nan"),
        lambda m: m["networks"]["compact"].update(temperature=float("nan")),
        lambda m: m["networks"]["compact"].update(file="a\0b.safetensors"),
        lambda m: m["networks"]["compact"]["config"].update(std=-1),
        lambda m: m["networks"]["compact"]["config"].update(mean=float("inf")),
        lambda m: m["networks"]["fcos"]["config"].update(long_sides=[96, 10**9]),
        lambda m: m.update(unsure_below=7),
        lambda m: m.update(unsure_below=float("nan")),
    ],
)
def test_a_manifest_that_says_something_impossible_is_refused(folder, change):
    _edit(folder, change)
    with pytest.raises(WeightsError, match="restore it"):
        weights.read_manifest(folder)


def test_too_large_a_network_is_not_shipped(folder):
    manifest = {"localizer": "fcos", "reader": "goodfellow", "networks": {"goodfellow": {"config": {}}}}
    with pytest.raises(WeightsError, match="16 MiB"):
        weights.save(folder, {"goodfellow": build("goodfellow", {"dense": 1024})}, manifest)
    weights.load(folder, "compact")  # the old set is still complete


def test_a_new_set_replaces_the_old_one_and_a_save_cut_short_does_not(folder, monkeypatch):
    manifest = weights.read_manifest(folder)
    networks = {name: weights.load(folder, name) for name in manifest["networks"]}
    with torch.no_grad():
        networks["compact"].length.bias += 1

    def stopped(path, data):
        raise KeyboardInterrupt

    written = weights.write_atomic
    monkeypatch.setattr(weights, "write_atomic", lambda p, d: stopped(p, d) if p.suffix == ".json" else written(p, d))
    with pytest.raises(KeyboardInterrupt):
        weights.save(folder, networks, weights.read_manifest(folder))
    old = weights.load(folder, "compact").length.bias
    monkeypatch.undo()
    weights.save(folder, networks, manifest)
    assert torch.allclose(weights.load(folder, "compact").length.bias, old + 1, atol=1e-2)
    assert len(list(folder.glob("*.safetensors"))) == 2


@pytest.mark.parametrize("folder", [WEIGHTS, WEIGHTS / "measured"], ids=["final", "measured"])
def test_every_published_network_says_what_it_was_trained_on_and_initialized_from(folder):
    for name, entry in weights.read_manifest(folder)["networks"].items():
        for run in (entry, entry.get("measured", entry)):
            words = "all images, the held-out ones too" if run["trained_on"] == "all" else "not divisible by 5"
            assert run["data"].startswith("SVHN train, ")
            assert words in run["data"]
            assert "begun with" not in run["data"]
            assert isinstance(run["initialized_from"], str)
        assert not weights.saw_held_out(entry), name
