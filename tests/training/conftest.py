"""What the tests of training share: a small prepared data set, MNIST's files, and tiny networks of every kind."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from helpers import official
from helpers.mnist_files import write_mnist
from torchvision.models.vgg import make_layers

from svhn.data import mnist
from svhn.data.prepare import prepare
from svhn.models.baselines import vgg16
from svhn.training.recipes import RECIPES
from svhn.training.tasks import mnist as mnist_tasks
from svhn.utils.progress import EventLog

TINY = {  # sizes by network; a recipe's own go before, as far as these leave them
    "compact": {"channels": (8, 8, 16, 16), "summary": 32},
    "fcos": {"channels": (8, 8, 8, 16, 16), "long_sides": (96,)},
    "goodfellow": {"dense": 32},
    "smaller_vgg": {"channels": (4, 8, 8), "dense": 32},
    "customized": {"channels": (4, 4, 8, 8), "dense": 32},
    "vgg16": {"dense": 16},
    "vgg16_box": {"dense": 16},
    "logistic": {},
    "digit_cnn": {"channels": (4, 4), "dense": 16},
    "simple": {"channels": (4, 4), "dense": 16},
    "small_box": {"channels": (4, 4, 8, 8), "dense": 16},
    "unet": {"channels": (4, 4, 8, 8, 8)},
}
BRIEF = {"steps": 4, "epoch_steps": 2, "batch_size": 4, "synthetic_bank": 4, "scene_side": 64}


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
def tiny(monkeypatch):
    """The registered recipes with tiny networks, a few steps, a handful of synthetic crops and of MNIST's digits."""
    for name, recipe in RECIPES.items():
        sizes = {**recipe.sizes, **TINY[recipe.network]}
        if recipe.network == "goodfellow":
            sizes["channels"] = (4,) * len(recipe.sizes.get("channels", range(8)))
            sizes["local_units"] = min(4, recipe.sizes.get("local_units", 4))
        monkeypatch.setitem(RECIPES, name, replace(recipe, sizes=sizes, **BRIEF))
    monkeypatch.setattr(vgg16, "_features", thin_features)
    monkeypatch.setattr(vgg16, "WIDTH", 8)
    monkeypatch.setattr(mnist, "VALIDATION", 20)
    monkeypatch.setattr(mnist_tasks, "FRESH", 20)


@pytest.fixture
def small(tiny, monkeypatch):
    """The same, without the graphs in TensorBoard's files: tracing takes longer than these runs do."""
    monkeypatch.setattr(EventLog, "graph", lambda log, network, example: None)


def thin_features() -> torch.nn.Sequential:
    """VGG16's first convolution of every scale, thin."""
    return make_layers([4, "M", 4, "M", 8, "M", 8, "M", 8, "M"], batch_norm=True)
