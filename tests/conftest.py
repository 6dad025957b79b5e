"""What several rooms' tests share: weights of tiny untrained networks, and a small data set."""

from dataclasses import asdict
from pathlib import Path

import pytest
import torch
from helpers import official

from svhn import weights
from svhn.models import build


@pytest.fixture(scope="session")
def tiny_weights(tmp_path_factory) -> Path:
    """A weights folder as `train_all.py` writes it. Its localizer finds numbers everywhere."""
    torch.manual_seed(0)
    networks = {
        "fcos": build("fcos", {"channels": (8, 8, 8, 16, 16), "long_sides": (96,)}),
        "compact": build("compact", {"channels": (8, 8, 16, 16), "summary": 32}),
    }
    torch.nn.init.constant_(networks["fcos"].score.bias, 3.0)
    folder = tmp_path_factory.mktemp("weights")
    entries = {name: {"config": asdict(network.config), "trained_on": "train"} for name, network in networks.items()}
    entries["compact"]["temperature"] = 1.5
    manifest = {"localizer": "fcos", "reader": "compact", "unsure_below": 0.5, "networks": entries}
    weights.save(folder, networks, manifest)
    return folder


@pytest.fixture(scope="session")
def small_data(tmp_path_factory) -> Path:
    """A folder with test.tar.gz (7 photos) and train.tar.gz (15 photos, 3 of them held out)."""
    folder = tmp_path_factory.mktemp("svhn")
    official.write_split(folder, "test", 7, seed=1)
    official.write_split(folder, "train", 15, seed=2)
    return folder
