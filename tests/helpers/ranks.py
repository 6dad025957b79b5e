"""Tiny readers, trained without jitter by the processes of torchrun: PREPARED RUNS [RUN in which rank 1 is killed]"""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

from svhn.data.augment import Appearance
from svhn.data.crop_augment import CropJitter
from svhn.training import distributed, engine
from svhn.training.checkpoint import State
from svhn.training.recipes import RECIPES
from svhn.training.train import train
from svhn.utils.errors import UserError

SIZES = {
    "simple": {"channels": (4, 4), "dense": 16, "dropout": 0.0},
    "compact": {"channels": (8, 8, 16, 16), "summary": 32, "dropout": 0.0},
}
SAME_LOOK = Appearance((1, 1), 0, 0, (1, 1), 0, 0, 0, 0, noise=0, erased=0)
SAME = CropJitter(margin_spread=0, loose=0, lopsided=0, rotation=0, shear=0, look=SAME_LOOK)
BRIEF = {"steps": 8, "epoch_steps": 2, "batch_size": 8, "warmup_steps": 1, "learning_rate": 5e-3}
RUNS = {"simple": "simple", "compact": "compact", "killed": "simple"}  # and their recipes


def train_tiny(name: str, prepared: Path, run: Path) -> State:
    """Eight steps of 8 crops, which are the same for every number of processes; resumed where there is a checkpoint."""
    recipe = replace(RECIPES[name], sizes=SIZES[name], crop_jitter=SAME, synthetic=0.0, negatives=0.0, halved=0.0)
    RECIPES[name] = replace(recipe, **BRIEF)
    return train(name, prepared, run, device="cpu", resume=True)[1]


def main(prepared: str, runs: str, killed: str = "") -> int:
    sys.modules["torch.utils.tensorboard"] = None  # takes seconds to import
    wrap = distributed.wrap

    def die_after_the_first_checkpoint(network, device):
        if killed == run and os.environ["RANK"] == "1":
            network.register_forward_pre_hook(
                lambda *_: os.kill(os.getpid(), signal.SIGKILL) if (Path(runs, run) / "last.pt").exists() else None
            )
        return wrap(network, device)

    engine.distributed.wrap = die_after_the_first_checkpoint
    try:
        with distributed.joined():
            for run, name in RUNS.items():
                train_tiny(name, Path(prepared), Path(runs, run))
    except UserError as error:
        print(f"stopped: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
