import dataclasses
import importlib.resources
import shutil
import urllib.error
from collections.abc import Callable
from functools import partial
from pathlib import Path
from unittest.mock import Mock

import pytest
import torch
from helpers.tiny_runs import edit_manifest, save_run
from torch.nn import functional

from svhn import weights
from svhn.models import build
from svhn.models.baselines import vgg16
from svhn.models.ensemble import average_readers
from svhn.training import checkpoint, pretrained
from svhn.training import train as training
from svhn.training.checkpoint import State
from svhn.training.recipes import RECIPES
from svhn.utils.errors import UserError
from svhn.utils.files import load_tensors

FILE = "vgg16_bn-6c64b313.pth"
SEEN = "was trained on the held-out photos"
FIT = training.fit


@pytest.fixture
def train(small, prepared, tmp_path, monkeypatch) -> Callable:
    """Trains a recipe of that name in tmp_path/"run", but ends before the first step, with the initial weights and
    what is recorded about them."""
    monkeypatch.setattr(training, "fit", lambda task, recipe, run, device, start, *rest: (task.network, start))
    return partial(training.train, prepared=prepared, run_dir=tmp_path / "run", device="cpu")


@pytest.fixture
def refuse(train, tmp_path) -> Callable:
    """Tries to, with an error of that pattern and without leaving a run."""

    def attempt(reason: str, *name: str, **how: object) -> None:
        with pytest.raises(UserError, match=rf"^[^\n]*{reason}[^\n]*$"):
            train(*name, **how)
        assert not (tmp_path / "run").exists()

    return attempt


def _same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return all(torch.allclose(a[key], b[key], atol=1e-4) for key in b if key.endswith("weight"))


def test_training_starts_from_given_weights_and_resumes_without_them(train, refuse, own_weights, monkeypatch):
    refuse("no weights of 'goodfellow'", "goodfellow", start_from=own_weights)
    initial = weights.load(own_weights, "compact").state_dict()
    network, state = train("compact", start_from=own_weights)
    assert _same(network.state_dict(), initial)
    assert state.initialized_from == weights.read_manifest(own_weights)["networks"]["compact"]["file"]
    monkeypatch.setattr(training, "fit", FIT)
    assert train("compact", start_from=own_weights, minutes=1e-9)[1].step == 1
    shutil.rmtree(own_weights)
    _, resumed = train("compact", start_from=own_weights, resume=True)
    assert (resumed.step, resumed.initialized_from) == (2, state.initialized_from)


def test_each_seed_starts_from_another_member_of_an_average(train, own_weights):
    member = weights.load(own_weights, "compact")
    members = [member, build("compact", dataclasses.asdict(member.config))]
    network, manifest = average_readers(members), weights.read_manifest(own_weights)
    manifest["networks"]["compact"] |= {"architecture": "averaged", "config": dataclasses.asdict(network.config)}
    weights.save(own_weights, {"compact": network}, manifest)
    for seed in (0, 1, 2):
        network, _ = train("compact", start_from=own_weights, seed=seed)
        assert _same(network.state_dict(), members[seed % 2].state_dict())


@pytest.mark.parametrize("recorded", [{"trained_on": "all"}, {}])
def test_weights_that_saw_the_held_out_photos_or_do_not_say_are_refused_unless_all_are_asked_for(
    train, refuse, own_weights, recorded
):
    edit_manifest(own_weights, lambda m: m["networks"]["compact"].pop("trained_on"))
    edit_manifest(own_weights, lambda m: m["networks"]["compact"].update(recorded))
    refuse(f"compact of .* {SEEN}", "compact", start_from=own_weights)
    assert train("compact", start_from=own_weights, part="all")[1].trained_on == "all"


def test_training_starts_from_a_run_or_its_checkpoint_and_records_it(train, tmp_path, monkeypatch):
    run = save_run(tmp_path / "runs" / "l2_box", "l2_box")
    monkeypatch.chdir(run)
    for place in ("", "last.pt"):
        network, state = train("dice_box", start_from=Path(place))  # "" is the working folder
        assert _same(network.state_dict(), checkpoint.load(run).network.state_dict())
        assert state.initialized_from == "l2_box after 7 steps"


def test_a_checkpoint_that_saw_all_photos_is_refused_unless_all_are_asked_for(train, refuse, tmp_path):
    """Also along the way: a recipe of synthetic pictures uses no photos, but its initial weights may have seen them."""
    seen = save_run(tmp_path / "vgg16_scratch", "vgg16_scratch", State(trained_on="all", step=7))
    refuse(SEEN, "vgg16_synthetic", start_from=seen)
    _, state = train("vgg16_synthetic", start_from=seen, part="all")
    assert (state.trained_on, state.initialized_from) == ("all", "vgg16_scratch after 7 steps")
    save_run(tmp_path / "vgg16_synthetic", "vgg16_synthetic", state)
    refuse(SEEN, "vgg16_pretrained")


@pytest.mark.parametrize(
    ("name", "begins_with", "new"),
    [("vgg16_pretrained", "vgg16_synthetic", set()), ("unet_count", "unet_reflect", {"count"})],
)
def test_a_recipe_that_starts_from_another_says_how_to_make_it_and_loads_all_that_fits(
    train, refuse, tmp_path, name, begins_with, new
):
    refuse(f"to initialize from; first: python -m svhn train {begins_with}", name)
    known = checkpoint.load(save_run(tmp_path / begins_with, begins_with)).network.state_dict()
    network, state = train(name)
    assert state.initialized_from == f"{begins_with} after 7 steps"
    assert _same(network.state_dict(), known)
    assert {key.split(".")[0] for key in set(network.state_dict()) - set(known)} == new


@pytest.mark.parametrize(("name", "file"), [("vgg16_imagenet", FILE), ("vgg16_box", FILE), ("vgg16_imagenet", None)])
def test_convolutions_are_loaded_from_torchvisions_file_or_its_download(train, tmp_path, monkeypatch, name, file):
    features = vgg16._features().state_dict()
    known = {f"features.{key}": torch.randn_like(value.float()) for key, value in features.items()}
    torch.save({**known, "classifier.0.weight": torch.randn(16, 64)}, tmp_path / FILE)

    def fetched(url, check_hash, **how):
        assert check_hash
        return torch.load(tmp_path / FILE, weights_only=True)

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", fetched)
    network, state = train(name, start_from=tmp_path / file if file else Path("download"))
    assert _same(network.state_dict(), known)
    assert state.initialized_from == (f"ImageNet ({file})" if file else "ImageNet")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        *[(content, "cannot be read") for content in (None, b"", b"<html>not found</html>", [torch.zeros(3)])],
        *[(other, "of another network") for other in ({"features.0.weight": torch.zeros(3)}, {"state_dict": {}})],
    ],
)
def test_a_file_that_is_not_torchvisions_is_reported(refuse, tmp_path, content, reason):
    if isinstance(content, bytes):
        (tmp_path / FILE).write_bytes(content)
    elif content is not None:
        torch.save(content, tmp_path / FILE)
    refuse(reason, "vgg16_imagenet", start_from=tmp_path / FILE)


def test_a_download_that_fails_is_reported(refuse, monkeypatch):
    for error in (urllib.error.URLError("no network"), RuntimeError("invalid hash value"), TimeoutError("timed out")):
        fetch = Mock(side_effect=error)
        monkeypatch.setattr(torch.hub, "load_state_dict_from_url", fetch)
        refuse(r"cannot be fetched \(.+\); give the file with --from", "vgg16_imagenet", start_from=Path("download"))
        assert fetch.call_args.args == (pretrained.IMAGENET_FILE,)


def test_the_localizer_starts_from_imagenets_features(monkeypatch):
    """The package's network, written down here as far as the stem, gives the same features as ours."""
    path = importlib.resources.files(pretrained.PACKAGE) / "models" / "efficientnet-lite0-57934424.pth"
    published = load_tensors(Path(str(path)))
    network = build("fcos", RECIPES["fcos"].sizes)
    pretrained.fill(network, "fcos", pretrained.read(pretrained.INSTALLED, "fcos", "train", 0))
    image = torch.rand(1, 3, 64, 64)
    x = functional.conv2d(functional.pad(image, (0, 1, 0, 1)), published["_conv_stem.weight"], stride=2)
    keys = ("running_mean", "running_var", "weight", "bias")
    x = functional.batch_norm(x, *(published[f"_bn0.{key}"] for key in keys), eps=1e-3)
    ours = network.encoder.stem(functional.pad(image, (0, 1, 0, 1)))
    assert torch.allclose(ours, x, atol=1e-4)
    assert [tuple(f.shape[1:]) for f in network.encoder(image)] == [(24, 16, 16), (40, 8, 8), (112, 4, 4), (320, 2, 2)]
    monkeypatch.setattr(pretrained, "PACKAGE", "a_package_that_nobody_has")
    with pytest.raises(UserError, match="a_package_that_nobody_has"):
        pretrained.read(pretrained.INSTALLED, "fcos", "train", 0)
