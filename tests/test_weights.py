import hashlib
from unittest.mock import Mock

import pytest
import torch
from helpers.tiny_runs import edit_manifest

from svhn import weights
from svhn.utils.errors import WeightsError
from svhn.utils.paths import WEIGHTS


def test_files_are_named_by_their_content_and_half_precision_comes_back_as_the_network_it_was(own_weights):
    for name, entry in weights.read_manifest(own_weights)["networks"].items():
        assert entry["file"] == f"{name}-{entry['sha256'][:8]}.safetensors"
        assert (own_weights / entry["file"]).stat().st_size == entry["bytes"]
    network = weights.load(own_weights, "compact")
    assert (network.training, next(network.parameters()).dtype) == (False, torch.float32)
    assert network.config.channels == (8, 8, 16, 16)


def test_the_default_comes_first_and_counts_for_what_was_seen_in_training(own_weights):
    seen = {"architecture": "compact", "trained_on": "all"}
    edit_manifest(own_weights, lambda m: m["networks"].update(a=m["networks"]["compact"] | seen))
    assert weights.readers(weights.read_manifest(own_weights)) == ["compact", "a"]
    assert not weights.default_saw_held_out(own_weights)
    edit_manifest(own_weights, lambda m: m.update(reader="a", unsure_below=1))
    assert weights.readers(weights.read_manifest(own_weights)) == ["a", "compact"]
    assert weights.default_saw_held_out(own_weights)


def test_a_missing_file_and_folder_or_one_that_cannot_be_written_say_what_to_do(own_weights, tmp_path):
    compact = {"compact": weights.load(own_weights, "compact")}
    next(own_weights.glob("fcos-*.safetensors")).unlink()
    with pytest.raises(WeightsError, match="restore it"):
        weights.load(own_weights, "fcos")
    with pytest.raises(WeightsError, match=r"train_all\.py"):
        weights.load(tmp_path / "nowhere", "fcos")
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(WeightsError, match="cannot be written"):
        weights.save(tmp_path / "file", compact, weights.read_manifest(own_weights))


TEXT = b"no safetensors"


@pytest.mark.parametrize(
    ("spoil", "entry", "message"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:-1] + b"?"), {}, "sha256"),
        (lambda path: path.write_bytes(TEXT), {"sha256": hashlib.sha256(TEXT).hexdigest()}, "does not fit"),
        (lambda path: path.rename(path.parents[1] / path.name), {"file": "../{}"}, "the file name"),
        (lambda path: None, {"config": {"channels": [8, 8, 16, 16], "summary": 16}}, "does not fit"),
    ],
)
def test_a_file_that_is_not_the_one_described_is_refused(own_weights, spoil, entry, message):
    path = next(own_weights.glob("compact-*.safetensors"))
    spoil(path)
    entry = {key: value.format(path.name) if key == "file" else value for key, value in entry.items()}
    edit_manifest(own_weights, lambda m: m["networks"]["compact"].update(entry))
    with pytest.raises(WeightsError, match=message):
        weights.load(own_weights, "compact")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"networks": {}}', '{"networks": {"lenet": {}}}'])
def test_a_damaged_manifest_is_refused(own_weights, content):
    (own_weights / "manifest.json").write_text(content)
    with pytest.raises(WeightsError, match=r"restore it|update the code"):
        weights.read_manifest(own_weights)


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m["networks"].update(compact="compact"),
        *[lambda m, lost=lost: m.pop(lost) for lost in ("unsure_below", "reader", "networks")],
        lambda m: m["networks"]["compact"].pop("file"),
        lambda m: m["networks"]["compact"].update(sha256=7),
        lambda m: m["networks"]["fcos"].update(config=[1]),
        *[lambda m, t=t: m["networks"]["compact"].update(temperature=t) for t in (0, "nan", float("nan"))],
        lambda m: m["networks"]["compact"].update(file="a\0b.safetensors"),
        lambda m: m["networks"]["compact"]["config"].update(std=-1),
        lambda m: m["networks"]["compact"]["config"].update(mean=float("inf")),
        lambda m: m["networks"]["fcos"]["config"].update(long_sides=[96, 10**9]),
        *[lambda m, limit=limit: m.update(unsure_below=limit) for limit in (7, float("nan"))],
    ],
)
def test_a_manifest_that_says_something_impossible_is_refused(own_weights, change):
    edit_manifest(own_weights, change)
    with pytest.raises(WeightsError, match="restore it"):
        weights.read_manifest(own_weights)


def test_a_new_set_replaces_the_old_one_and_a_save_cut_short_does_not(own_weights, monkeypatch):
    manifest = weights.read_manifest(own_weights)
    networks = {name: weights.load(own_weights, name) for name in manifest["networks"]}
    with torch.no_grad():
        networks["compact"].length.bias += 1

    written, stopped = weights.write_atomic, Mock(side_effect=KeyboardInterrupt)
    monkeypatch.setattr(weights, "write_atomic", lambda p, d: (stopped if p.suffix == ".json" else written)(p, d))
    with pytest.raises(KeyboardInterrupt):
        weights.save(own_weights, networks, weights.read_manifest(own_weights))
    old = weights.load(own_weights, "compact").length.bias
    monkeypatch.undo()
    weights.save(own_weights, networks, manifest)
    assert torch.allclose(weights.load(own_weights, "compact").length.bias, old + 1, atol=1e-2)
    assert len(list(own_weights.glob("*.safetensors"))) == 2


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
