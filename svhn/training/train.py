"""Training one network by name: its sources gathered, its task made, the loop run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from ..data.backgrounds import load_backgrounds
from ..data.batches import check_parts
from ..devices import choose_device
from ..errors import TrainingError
from ..models import READERS
from ..provenance import code_version, machine
from ..synth.bank import cached, crop_bank, scene_bank
from . import beginnings
from .checkpoint import EVERYTHING, State
from .engine import fit
from .recipes import MNIST, RECIPES, Recipe
from .task import Sources
from .tasks import make_task

GENTLY = 0.25  # of the learning rate, where a short pass goes on from good weights


def train(
    name: str,
    prepared: Path,
    run_dir: Path,
    part: str = "train",
    mnist: Path | None = None,
    backgrounds: Path | None = None,
    device: str = "auto",
    seed: int = 0,
    minutes: float | None = None,
    resume: bool = False,
    start_from: Path | None = None,
    share: float = 1.0,
) -> tuple[nn.Module, State]:
    """The averaged network and the record of its run; checkpoints and events lie in `run_dir`.

    part: "train" leaves the held-out photos out, "all" does not. mnist: a folder with MNIST's four files, for the
    recipes that need it. backgrounds: a folder of street pictures that scenes are set into. start_from: what the
    network begins with, instead of knowing nothing: a folder of weights, a checkpoint, or a file of torchvision's.
    share: of the recipe's steps; a part of them goes on from good weights at `GENTLY` times the rate.
    Raises TrainingError, DataError or WeightsError.
    """
    if name not in RECIPES:
        raise TrainingError(f"There is no recipe {name!r}; choose one of {', '.join(sorted(RECIPES))}.")
    if not share > 0:
        raise TrainingError(f"--share is {share:g}; it must be more than 0.")
    recipe = replace(RECIPES[name], steps=max(1, round(RECIPES[name].steps * share)))
    _check_data(recipe, name, prepared, part, mnist)
    chosen = choose_device(device)
    if start_from and share < 1:
        recipe = replace(recipe, learning_rate=recipe.learning_rate * GENTLY)
    if recipe.begins_with and not start_from:
        start_from = beginnings.needed(recipe.begins_with, run_dir)
    beginning = beginnings.read(start_from, name, part) if start_from else None
    uses_backgrounds = recipe.synthetic or recipe.network == "fcos"
    surroundings = load_backgrounds(backgrounds, chosen) if backgrounds and uses_backgrounds else None
    synthetic = None
    if recipe.synthetic:
        make = crop_bank if recipe.network in READERS else scene_bank
        kept = prepared / f"synthetic-{make.__name__}-{recipe.synthetic_bank}-{seed}.pt"  # all runs draw from it
        synthetic = cached(kept, make, recipe.synthetic_bank, seed, chosen, surroundings)
    sources = Sources(prepared, part, mnist, synthetic, surroundings)
    torch.manual_seed(seed)
    task, words = make_task(recipe, sources, chosen), _in_words(recipe, sources)
    if beginning:
        beginnings.fill(task.network, name, beginning)
        words += f"; begun with {beginning.words}"
    start = State(seed, words, code_version(), machine(chosen))
    return fit(task, recipe, run_dir, chosen, start, minutes, resume)


def _check_data(recipe: Recipe, name: str, prepared: Path, part: str, mnist: Path | None) -> None:
    if recipe.data == MNIST:
        if part == "all":
            raise TrainingError(f"{name} learns from MNIST, where --all has no meaning; leave it out.")
        if mnist is None:
            raise TrainingError(f"{name} learns from MNIST; name the folder with its four files: --data DIR")
        return
    for kind in ("crops", "scenes"):
        if not (prepared / f"train_{kind}.h5").is_file():
            raise TrainingError(f"{prepared} holds no train_{kind}.h5; make it with: python -m svhn prepare --data DIR")
        check_parts(prepared / f"train_{kind}.h5")


def _in_words(recipe: Recipe, sources: Sources) -> str:
    """What a network is trained on, for its checkpoint, manifest and model card."""
    photos = {"train": "image numbers not divisible by 5", "all": f"{EVERYTHING}, the held-out ones too"}[sources.part]
    if recipe.data == MNIST:
        return "MNIST train, without its last 5,000 digits"
    words = [f"SVHN train, {photos}"]
    if recipe.synthetic == 1:
        words = [f"{len(sources.synthetic):,} synthetic pictures and no real photo"]
    elif sources.synthetic is not None:
        words.append(f"{recipe.synthetic:.0%} of every batch from {len(sources.synthetic):,} synthetic pictures")
    if sources.surroundings is not None:
        words.append(f"set before {len(sources.surroundings):,} street pictures without numbers")
    return "; ".join(words)
