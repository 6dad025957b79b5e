"""Runs of networks that are tiny and know nothing, as `python -m svhn train` leaves them."""

import dataclasses
from pathlib import Path

import pytest
import torch

from svhn.labels import BLANK
from svhn.models import build
from svhn.models.baselines.goodfellow import GoodfellowReader
from svhn.models.baselines.unet import UNet
from svhn.training import checkpoint
from svhn.training.checkpoint import State
from svhn.training.recipes import RECIPES

PAPER = {"channels": (4,) * 8, "local_units": 0, "dense": 16}
TINY = {
    "goodfellow": PAPER,
    "goodfellow_plain": PAPER,
    "goodfellow_large": PAPER,
    "smaller_vgg": {"channels": (4, 4, 8), "dense": 16},
    "unet_count": {"channels": (4, 4, 8, 8, 8), "count": True, "min_share": 0.0},
    "mnist_logistic": {},
    "simple_strips": {"channels": (2, 2), "dense": 8},
}


def shrink(patch: pytest.MonkeyPatch) -> None:
    """Makes the recipes of these networks as small."""
    for name, sizes in TINY.items():
        patch.setitem(RECIPES, name, dataclasses.replace(RECIPES[name], sizes={**RECIPES[name].sizes, **sizes}))


def save_run(runs: Path, name: str, file: str = "last.pt", seed: int = 0, step: int = 7) -> None:
    """A checkpoint of a tiny network: a reader reads 3 everywhere, and what counts sees three digits."""
    torch.manual_seed(seed)
    recipe = RECIPES[name]
    network = build(recipe.network, recipe.sizes)
    with torch.no_grad():
        if isinstance(network, GoodfellowReader):
            network.digits.bias.view(5, 11)[torch.arange(5), [3, *[BLANK] * 4]] = 30.0
            network.length.bias[1] = 30.0
        if isinstance(network, UNet):
            network.count.bias[3] = 30.0
    (runs / name).mkdir(parents=True, exist_ok=True)
    state = State(seed, "a few pictures", code="abc1234", machine="a machine", step=step, seconds=90.0)
    checkpoint.save(runs / name / file, recipe, network, state)
