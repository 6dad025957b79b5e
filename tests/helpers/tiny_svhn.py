"""`python -m svhn` with the recipes of two rows and a half made tiny, for processes that a test starts."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from svhn.cli.main import main
from svhn.data import mnist
from svhn.training.recipes import RECIPES

PROGRAM = (sys.executable, str(Path(__file__)))
ENDLESS = 10**6  # steps
UNET = {"channels": (4, 4, 8, 8, 8)}
CHANGES = {
    "mnist_logistic": {"steps": ENDLESS, "warmup_steps": 2},
    "unet_reflect": {"steps": 4, "sizes": {**RECIPES["unet_reflect"].sizes, **UNET}},
    "unet_count": {"steps": 4, "sizes": {**RECIPES["unet_count"].sizes, **UNET}, "synthetic_bank": 4},
}


def shrink(set_item: Callable, set_attribute: Callable) -> None:
    """Make the recipes tiny, and MNIST's part for validation."""
    for name, changes in CHANGES.items():
        set_item(RECIPES, name, replace(RECIPES[name], batch_size=4, epoch_steps=2, **changes))
    set_attribute(mnist, "VALIDATION", 20)


if __name__ == "__main__":
    shrink(dict.__setitem__, setattr)
    sys.exit(main())
