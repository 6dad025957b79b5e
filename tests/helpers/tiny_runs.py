"""Networks that are tiny and know nothing, and runs of them as `python -m svhn train` leaves them."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from svhn.labels import BLANK
from svhn.models import build
from svhn.models.baselines.goodfellow import GoodfellowReader
from svhn.models.baselines.unet import UNet
from svhn.training import checkpoint
from svhn.training.checkpoint import State
from svhn.training.recipes import RECIPES, Recipe

SIZES = {  # by network
    "compact": {"channels": (8, 8, 16, 16), "summary": 32},
    "fcos": {"channels": (8, 8, 8, 16, 16), "long_sides": (96,)},
    "goodfellow": {"channels": (4,) * 8, "local_units": 4, "dense": 16},
    "smaller_vgg": {"channels": (4, 8, 8), "dense": 32},
    "customized": {"channels": (4, 4, 8, 8), "dense": 32},
    "vgg16": {"dense": 16},
    "vgg16_box": {"dense": 16},
    "logistic": {},
    "digit_cnn": {"channels": (4, 4), "dense": 16},
    "simple": {"channels": (4, 4), "dense": 16},
    "small_box": {"channels": (4, 4, 8, 8), "dense": 16},
    "unet": {"channels": (4, 4, 8, 8, 8), "min_share": 0.0},
}


def shrink(patch: pytest.MonkeyPatch, **changes: object) -> None:
    """Give every recipe a tiny network, and these changes."""
    for name, recipe in RECIPES.items():
        sizes = {**recipe.sizes, **SIZES[recipe.network]}
        if recipe.network == "goodfellow":
            sizes["channels"] = (4,) * len(recipe.sizes.get("channels", range(8)))
            sizes["local_units"] = min(4, recipe.sizes.get("local_units", 4))
        patch.setitem(RECIPES, name, replace(recipe, sizes=sizes, **changes))


def edit_manifest(folder: Path, change: Callable[[dict], object]) -> None:
    """What `change` does to the content of a weights folder's manifest."""
    content = json.loads((folder / "manifest.json").read_text())
    change(content)
    (folder / "manifest.json").write_text(json.dumps(content))


def save_run(folder: Path, recipe: str | Recipe, state: State = State(step=7), file: str = "last.pt") -> Path:
    """A checkpoint in that folder: a reader reads 3 everywhere, and what counts sees three digits."""
    recipe = RECIPES[recipe] if isinstance(recipe, str) else recipe
    torch.manual_seed(state.seed)
    network = build(recipe.network, recipe.sizes)
    with torch.no_grad():
        if isinstance(network, GoodfellowReader):
            network.digits.bias.view(5, 11)[torch.arange(5), [3, *[BLANK] * 4]] = 30.0
            if network.length:
                network.length.bias[1] = 30.0
        if isinstance(network, UNet) and network.count:
            network.count.bias[3] = 30.0
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint.save(folder / file, recipe, network, state)
    return folder
