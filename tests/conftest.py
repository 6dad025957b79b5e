"""What several folders' tests share: weights of tiny untrained networks, and small data sets."""

import shutil
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
from helpers import official
from helpers.mnist_files import write_mnist
from helpers.tiny_runs import SIZES, shrink
from torchvision.models.vgg import make_layers

from svhn import weights
from svhn.data import mnist
from svhn.data.prepare import prepare
from svhn.models import build
from svhn.models.baselines import vgg16
from svhn.synth import cache
from svhn.training.tasks import mnist as mnist_tasks
from svhn.utils.progress import EventLog


@pytest.fixture(scope="session")
def tiny_weights(tmp_path_factory) -> Path:
    """A weights folder as `train_all.py` writes it. Its localizer finds numbers everywhere."""
    torch.manual_seed(0)
    networks = {name: build(name, SIZES[name]) for name in ("fcos", "compact")}
    torch.nn.init.constant_(networks["fcos"].score.bias, 3.0)
    folder = tmp_path_factory.mktemp("weights")
    entries = {name: {"config": asdict(network.config), "trained_on": "train"} for name, network in networks.items()}
    entries["compact"]["temperature"] = 1.5
    manifest = {"localizer": "fcos", "reader": "compact", "unsure_below": 0.5, "networks": entries}
    weights.save(folder, networks, manifest)
    return folder


@pytest.fixture
def own_weights(tiny_weights, tmp_path) -> Path:
    """A copy of that folder, which a test may change."""
    return Path(shutil.copytree(tiny_weights, tmp_path / "weights"))


@pytest.fixture(scope="session")
def small_data(tmp_path_factory) -> Path:
    """A folder with test.tar.gz (7 photos) and train.tar.gz (15 photos, 3 of them held out)."""
    folder = tmp_path_factory.mktemp("svhn")
    official.write_split(folder, "test", 7, seed=1)
    official.write_split(folder, "train", 15, seed=2)
    return folder


@pytest.fixture(scope="session")
def prepared(tmp_path_factory) -> Path:
    """A folder of prepared files, 16 photos to train on and 4 held out; the same again with boxes that are only
    proposals, and as places without a number."""
    folder = tmp_path_factory.mktemp("data")
    official.write_split(folder, "train", 20)
    prepare(folder, "train", folder / "prepared", progress=False)
    for copy, kind in (("weak", "crops"), ("weak", "scenes"), ("negative", "crops")):
        shutil.copy(folder / "prepared" / f"train_{kind}.h5", folder / "prepared" / f"{copy}_{kind}.h5")
    return folder / "prepared"


@pytest.fixture(scope="session")
def mnist_folder(tmp_path_factory) -> Path:
    """MNIST's four files with 60 digits each; `small` makes 20 of them those of validation."""
    folder = tmp_path_factory.mktemp("mnist")
    write_mnist(folder, 60)
    return folder


@pytest.fixture
def small(monkeypatch):
    """The registered recipes with tiny networks, a few steps, a handful of synthetic crops and of MNIST's digits; and
    without what takes longer than these runs do: the graphs in TensorBoard's files, the generator's digest."""
    shrink(monkeypatch, steps=2, epoch_steps=2, batch_size=4, synthetic_bank=4, scene_side=64)
    monkeypatch.setattr(vgg16, "_features", lambda: make_layers([4, "M", 4, "M", 8, "M", 8, "M", 8, "M"], True))
    monkeypatch.setattr(vgg16, "WIDTH", 8)
    monkeypatch.setattr(mnist, "VALIDATION", 20)
    monkeypatch.setattr(mnist_tasks, "FRESH", 20)
    monkeypatch.setattr(EventLog, "graph", lambda log, network, example: None)
    monkeypatch.setattr(cache, "generator_digest", lambda: "the same")
