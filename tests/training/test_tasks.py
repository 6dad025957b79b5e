from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from svhn.data.datasets import load_crops, load_scenes
from svhn.labels import encode
from svhn.models import READERS
from svhn.training.recipes import RECIPES
from svhn.training.tasks import make_task
from svhn.training.tasks.base import Sources
from svhn.training.tasks.readers import whole_number_right

CPU = torch.device("cpu")
KINDS = {(each.network, each.task, each.box_loss): name for name, each in reversed(RECIPES.items())}  # one of each


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize("name", KINDS.values())
def test_a_step_depends_on_nothing_but_its_seed(name, prepared, mnist_folder):
    kind, load = ("crops", load_crops) if RECIPES[name].network in READERS else ("scenes", load_scenes)
    generated = load(prepared / f"train_{kind}.h5", "all", CPU)
    recipe = replace(RECIPES[name], extra=0.0)  # of which nothing is prepared here
    task = make_task(recipe, Sources(prepared, mnist=mnist_folder, synthetic=generated), CPU)
    task.network.train()
    losses = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        (batch,) = task.feed(seed, range(1))
        losses.append(task.loss(task.network, batch, torch.Generator().manual_seed(seed)).item())
    assert losses[0] == losses[1] != losses[2]
    assert np.isfinite(losses).all()


def test_a_number_or_strip_is_right_only_if_its_length_is_too(monkeypatch):
    digits = torch.from_numpy(np.stack([encode(number)[0] for number in ("12", "12", "12")]))
    read = torch.from_numpy(np.stack([encode(number)[0] for number in ("12", "13", "12")]))
    lengths = torch.tensor([2, 2, 3])

    def network(inputs):
        return F.one_hot(read, 11) * 9.0, F.one_hot(lengths, 7) * 60.0

    assert whole_number_right(network, torch.zeros(3), digits, torch.tensor([2, 2, 2])).tolist() == [True, False, False]
