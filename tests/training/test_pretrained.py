import dataclasses
import importlib.resources
import json
import shutil
import urllib.error
from contextlib import nullcontext
from pathlib import Path

import pytest
import torch
from helpers.tiny_runs import save_run
from torch.nn import functional
from torchvision.models import vgg16_bn

from svhn import weights
from svhn.models import build
from svhn.models.baselines import vgg16
from svhn.models.ensemble import average_readers
from svhn.training import checkpoint, pretrained
from svhn.training import train as training
from svhn.training.checkpoint import State
from svhn.training.recipes import RECIPES
from svhn.utils.errors import TrainingError, WeightsError
from svhn.utils.files import load_tensors

FILE = "vgg16_bn-6c64b313.pth"


@pytest.fixture
def still(monkeypatch):
    """Recipes that learn next to nothing, so that a network keeps its initial weights."""
    for name, recipe in RECIPES.items():
        monkeypatch.setitem(RECIPES, name, dataclasses.replace(recipe, learning_rate=1e-12, ema_decay=0.0, steps=1))


def _train(name: str, prepared: Path, run: Path, start_from: Path | None = None, **how):
    return training.train(name, prepared, run, device="cpu", start_from=start_from, **how)


def _same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return all(torch.allclose(a[key], b[key], atol=1e-4) for key in b if key.endswith("weight"))


@pytest.mark.usefixtures("small", "still")
def test_training_starts_from_given_weights(prepared, tiny_weights, tmp_path):
    network, state = _train("compact", prepared, tmp_path / "run", tiny_weights)
    assert _same(network.state_dict(), weights.load(tiny_weights, "compact").state_dict())
    assert state.initialized_from == weights.read_manifest(tiny_weights)["networks"]["compact"]["file"]
    with pytest.raises(WeightsError, match="no weights of 'goodfellow'"):
        _train("goodfellow", prepared, tmp_path / "other", tiny_weights)
    assert not (tmp_path / "other").exists()


@pytest.mark.usefixtures("small", "still")
def test_each_seed_starts_from_another_member_of_an_average(prepared, tiny_weights, tmp_path):
    folder = Path(shutil.copytree(tiny_weights, tmp_path / "weights"))
    member = weights.load(folder, "compact")
    members = [member, build("compact", dataclasses.asdict(member.config))]
    network, manifest = average_readers(members), weights.read_manifest(folder)
    manifest["networks"]["compact"] |= {"architecture": "averaged", "config": dataclasses.asdict(network.config)}
    weights.save(folder, {"compact": network}, manifest)
    for seed in (0, 1, 2):
        network, _ = _train("compact", prepared, tmp_path / f"run{seed}", folder, seed=seed)
        assert _same(network.state_dict(), members[seed % 2].state_dict())


@pytest.mark.usefixtures("small")
def test_a_run_resumes_without_its_initial_weights(prepared, tiny_weights, tmp_path, monkeypatch):
    folder = Path(shutil.copytree(tiny_weights, tmp_path / "weights"))
    _, first = _train("compact", prepared, tmp_path / "run", folder)
    shutil.rmtree(folder)
    monkeypatch.setitem(RECIPES, "compact", dataclasses.replace(RECIPES["compact"], steps=RECIPES["compact"].steps + 1))
    _, state = _train("compact", prepared, tmp_path / "run", folder, resume=True)
    assert (state.step, state.initialized_from) == (first.step + 1, first.initialized_from)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("recorded", [True, False])
def test_weights_that_saw_the_held_out_photos_are_refused_unless_all_are_asked_for(
    prepared, tiny_weights, tmp_path, recorded
):
    """So are weights that do not record what they were trained on."""
    folder = Path(shutil.copytree(tiny_weights, tmp_path / "weights"))
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["networks"]["compact"]["trained_on"]
    manifest["networks"]["compact"] |= {"trained_on": "all"} if recorded else {}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(TrainingError, match=r"compact of .* was trained on the held-out photos"):
        _train("compact", prepared, tmp_path / "run", folder)
    assert not (tmp_path / "run").exists()
    _, state = _train("compact", prepared, tmp_path / "run", folder, part="all")
    assert state.trained_on == "all"


@pytest.mark.usefixtures("small", "still")
@pytest.mark.parametrize("place", ["", "last.pt"])
def test_training_starts_from_a_run_or_its_checkpoint_and_records_it(prepared, tmp_path, monkeypatch, place):
    run = save_run(tmp_path / "runs" / "l2_box", "l2_box")
    monkeypatch.chdir(run)
    network, state = _train("dice_box", prepared, tmp_path / "run", Path(place))  # "" is the working folder
    assert _same(network.state_dict(), checkpoint.load(run).network.state_dict())
    assert state.initialized_from == "l2_box after 7 steps"


@pytest.mark.usefixtures("small")
def test_a_checkpoint_that_saw_all_photos_is_refused_unless_all_are_asked_for(prepared, tmp_path):
    """Also along the way: a recipe of synthetic pictures uses no photos, but its initial weights may have seen them."""
    seen = save_run(tmp_path / "vgg16_scratch", "vgg16_scratch", State(trained_on="all", step=7))
    for part in ("train", "all"):
        refused = pytest.raises(TrainingError, match="was trained on the held-out photos")
        with refused if part == "train" else nullcontext():
            _, state = _train("vgg16_synthetic", prepared, tmp_path / "vgg16_synthetic", seen, part=part)
    assert (state.trained_on, state.initialized_from) == ("all", "vgg16_scratch after 7 steps")
    with pytest.raises(TrainingError, match="was trained on the held-out photos"):
        _train("vgg16_pretrained", prepared, tmp_path / "vgg16_pretrained")
    assert not (tmp_path / "vgg16_pretrained").exists()


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("name", "other", "sizes"),
    [("l2_box", "smaller_vgg", None), ("l2_box", "dice_box", {"channels": (8, 8, 16, 16), "dense": 16})],
    ids=["another network, whose first convolution fits", "another size"],
)
def test_a_checkpoint_of_another_network_or_size_is_reported(prepared, tmp_path, name, other, sizes):
    recipe = RECIPES[other] if sizes is None else dataclasses.replace(RECIPES[other], sizes=sizes)
    run = save_run(tmp_path / other, recipe)
    with pytest.raises(TrainingError, match=rf"last\.pt is of another network than {name}, or of another size"):
        _train(name, prepared, tmp_path / "run", run)
    assert not (tmp_path / "run").exists()


@pytest.mark.usefixtures("small", "still")
@pytest.mark.parametrize(
    ("name", "begins_with", "new"),
    [("vgg16_pretrained", "vgg16_synthetic", set()), ("unet_count", "unet_reflect", {"count"})],
)
def test_a_recipe_that_starts_from_another_says_how_to_make_it_and_loads_all_that_fits(
    prepared, tmp_path, name, begins_with, new
):
    with pytest.raises(TrainingError, match=f"to initialize from; first: python -m svhn train {begins_with}"):
        _train(name, prepared, tmp_path / name)
    assert not (tmp_path / name).exists()
    known = checkpoint.load(save_run(tmp_path / begins_with, begins_with)).network.state_dict()
    network, state = _train(name, prepared, tmp_path / name)
    assert state.initialized_from == f"{begins_with} after 7 steps"
    assert _same(network.state_dict(), known)
    assert {key.split(".")[0] for key in set(network.state_dict()) - set(known)} == new


def _imagenet(path: Path, features: torch.nn.Module) -> dict[str, torch.Tensor]:
    """A file as torchvision's, with the part of it that is loaded."""
    state = {f"features.{key}": torch.randn_like(v.float()) for key, v in features.state_dict().items()}
    torch.save({**state, "classifier.0.weight": torch.randn(16, 64), "classifier.0.bias": torch.randn(16)}, path)
    return {key: value for key, value in state.items() if key.endswith("weight")}


@pytest.mark.usefixtures("small", "still")
@pytest.mark.parametrize(("name", "file"), [("vgg16_imagenet", FILE), ("vgg16_box", FILE), ("vgg16_imagenet", None)])
def test_convolutions_are_loaded_from_torchvisions_file_or_its_download(prepared, tmp_path, monkeypatch, name, file):
    known = _imagenet(tmp_path / FILE, vgg16._features())

    def fetched(url, check_hash, **how):
        assert check_hash
        return torch.load(tmp_path / FILE, weights_only=True)

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", fetched)
    network, state = _train(name, prepared, tmp_path / "run", Path("download") if file is None else tmp_path / file)
    assert _same(network.state_dict(), known)
    assert state.initialized_from == ("ImageNet" if file is None else f"ImageNet ({file})")


@pytest.mark.parametrize("name", ["vgg16", "vgg16_box"])
def test_torchvisions_file_has_all_the_convolutions_of_the_real_network(name):
    with torch.device("meta"):
        official, own = vgg16_bn(weights=None).state_dict(), build(name).state_dict()
    shapes = {key: value.shape for key, value in own.items() if key.startswith("features.")}
    assert shapes == {key: value.shape for key, value in official.items() if key.startswith("features.")}
    values = sum(shape.numel() for shape in shapes.values())
    assert values > pretrained.MIN_SHARE * sum(value.numel() for value in own.values())


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "cannot be read"),
        (b"<html>not found</html>", "cannot be read"),
        ([torch.zeros(3)], "cannot be read"),
        ({"features.0.weight": torch.zeros(3)}, "of another network"),
        ({"state_dict": {}}, "of another network"),
        (None, "cannot be read"),
    ],
    ids=["empty", "a page", "a list", "other shapes", "nested", "not there"],
)
def test_a_file_that_is_not_torchvisions_is_reported(prepared, tmp_path, content, reason):
    path = tmp_path / FILE
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        torch.save(content, path)
    with pytest.raises(TrainingError, match=reason) as caught:
        _train("vgg16_imagenet", prepared, tmp_path / "run", path)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    "error",
    [urllib.error.URLError("no network"), RuntimeError("invalid hash value"), TimeoutError("timed out")],
    ids=["no network", "damaged", "slow"],
)
def test_a_download_that_fails_is_reported(prepared, tmp_path, monkeypatch, error):
    def failing(url, **how):
        assert url == pretrained.IMAGENET_FILE
        raise error

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", failing)
    with pytest.raises(TrainingError, match=r"cannot be fetched \(.+\); give the file with --from"):
        _train("vgg16_imagenet", prepared, tmp_path / "run", Path("download"))
    assert not (tmp_path / "run").exists()


def test_the_localizer_starts_from_imagenets_features():
    """The package's network, written down here as far as the stem, gives the same features as ours."""
    path = importlib.resources.files(pretrained.PACKAGE) / "models" / "efficientnet-lite0-57934424.pth"
    published = load_tensors(Path(str(path)))
    found = pretrained.read(pretrained.INSTALLED, "fcos", "train", 0)
    network = build("fcos", RECIPES["fcos"].sizes)
    pretrained.fill(network, "fcos", found)
    image = torch.rand(1, 3, 64, 64)
    x = functional.conv2d(functional.pad(image, (0, 1, 0, 1)), published["_conv_stem.weight"], stride=2)
    keys = ("running_mean", "running_var", "weight", "bias")
    x = functional.batch_norm(x, *(published[f"_bn0.{key}"] for key in keys), eps=1e-3)
    ours = network.encoder.stem(functional.pad(image, (0, 1, 0, 1)))
    assert torch.allclose(ours, x, atol=1e-4)
    assert [tuple(f.shape[1:]) for f in network.encoder(image)] == [(24, 16, 16), (40, 8, 8), (112, 4, 4), (320, 2, 2)]


def test_missing_features_are_named(monkeypatch):
    monkeypatch.setattr(pretrained, "PACKAGE", "a_package_that_nobody_has")
    with pytest.raises(TrainingError, match="a_package_that_nobody_has"):
        pretrained.read(pretrained.INSTALLED, "fcos", "train", 0)
