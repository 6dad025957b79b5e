"""What the tests of training share: recipes that are tiny and brief."""

import pytest
import torch
from helpers.tiny_runs import shrink
from torchvision.models.vgg import make_layers

from svhn.data import mnist
from svhn.models.baselines import vgg16
from svhn.synth import cache
from svhn.training.tasks import mnist as mnist_tasks
from svhn.utils.progress import EventLog

BRIEF = {"steps": 2, "epoch_steps": 2, "batch_size": 4, "synthetic_bank": 4, "scene_side": 64}


@pytest.fixture
def tiny(monkeypatch):
    """The registered recipes with tiny networks, a few steps, a handful of synthetic crops and of MNIST's digits."""
    shrink(monkeypatch, **BRIEF)
    monkeypatch.setattr(vgg16, "_features", thin_features)
    monkeypatch.setattr(vgg16, "WIDTH", 8)
    monkeypatch.setattr(mnist, "VALIDATION", 20)
    monkeypatch.setattr(mnist_tasks, "FRESH", 20)


@pytest.fixture
def small(tiny, monkeypatch):
    """The same, without what takes longer than these runs do: the graphs in TensorBoard's files, the generator's
    digest."""
    monkeypatch.setattr(EventLog, "graph", lambda log, network, example: None)
    monkeypatch.setattr(cache, "generator_digest", lambda: "the same")


def thin_features() -> torch.nn.Sequential:
    """VGG16's first convolution of every scale, thin."""
    return make_layers([4, "M", 4, "M", 8, "M", 8, "M", 8, "M"], batch_norm=True)
