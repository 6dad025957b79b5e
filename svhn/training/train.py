"""Training one network by name: its sources gathered, its task made, the loop run."""

from __future__ import annotations

import math
import os
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from ..data.backgrounds import empty_scenes, load_backgrounds
from ..data.datasets import NEGATIVE_CROPS, check_parts, load_crops
from ..models import READERS, build
from ..synth.cache import cached, crop_bank, scene_bank
from ..utils.devices import choose_device, code_version, machine
from ..utils.errors import TrainingError
from . import checkpoint, pretrained
from .checkpoint import LAST, Part, State
from .engine import fit
from .pretrained import Pretrained
from .recipes import GENTLY, MNIST, RECIPES, Recipe
from .tasks import make_task
from .tasks.base import Sources


def train(
    name: str,
    prepared: Path,
    run_dir: Path,
    part: Part = "train",
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
    network begins with, instead of knowing nothing: a folder of weights, a checkpoint, or a file of torchvision's; a
    run that is resumed has begun already.
    share: of the recipe's steps; a part of them goes on from good weights at `GENTLY` times the rate.
    Raises TrainingError, DataError or WeightsError.
    """
    if name not in RECIPES:
        raise TrainingError(f"There is no recipe {name!r}; choose one of {', '.join(sorted(RECIPES))}.")
    for option, value in (("--share", share), ("--minutes", minutes)):
        if value is not None and not 0 < value < math.inf:
            raise TrainingError(f"{option} is {value:g}; it must be more than 0.")
    recipe = replace(RECIPES[name], steps=max(1, round(RECIPES[name].steps * share)))
    recipe = _with_what_is_there(recipe, prepared, backgrounds)
    _check_data(recipe, name, prepared, part, mnist)
    _check_folder(run_dir)
    chosen = choose_device(device)
    if chosen.type == "cpu":
        torch.set_num_threads(1)  # run a process a core: two threads gain little, and on busy cores lose tenfold
    if start_from and share < 1:
        recipe = replace(recipe, learning_rate=recipe.learning_rate * GENTLY)
    uses_backgrounds = recipe.synthetic or recipe.network == "fcos"
    surroundings = load_backgrounds(backgrounds, chosen) if backgrounds and uses_backgrounds else None
    start = State(
        seed,
        describe_data(recipe, part, surroundings),
        trained_on=part if recipe.synthetic < 1 else "train",
        code=code_version(),
        machine=machine(chosen),
    )
    source = None
    if resume and (run_dir / LAST).exists():
        checkpoint.check(run_dir / LAST, recipe, start)
    else:
        source = _read_pretrained(name, recipe, run_dir, part, seed, start_from)
    synthetic = None
    if recipe.synthetic:  # all that could be wrong is known by now: making these takes minutes
        make = crop_bank if recipe.network in READERS else scene_bank
        kept = prepared / f"synthetic-{make.__name__}-{recipe.synthetic_bank}-{seed}.pt"  # all runs draw from it
        synthetic = cached(kept, make, recipe.synthetic_bank, seed, chosen, surroundings)
    negatives = None
    if recipe.negatives and recipe.network in READERS:
        negatives = load_crops(prepared / NEGATIVE_CROPS, "all", chosen)
    elif recipe.negatives:
        negatives = empty_scenes(backgrounds, chosen)
    sources = Sources(prepared, part, mnist, synthetic, surroundings, negatives)
    torch.manual_seed(seed)
    task = make_task(recipe, sources, chosen)
    if source:
        pretrained.fill(task.network, name, source)
        trained_on = "all" if "all" in (start.trained_on, source.trained_on) else "train"
        start = replace(start, trained_on=trained_on, initialized_from=source.description)
    return fit(task, recipe, run_dir, chosen, start, minutes, resume)


def _with_what_is_there(recipe: Recipe, prepared: Path, backgrounds: Path | None) -> Recipe:
    """The recipe without the shares of optional sources that nobody has prepared; what is trained on is reported."""
    if not all((prepared / f"weak_{kind}.h5").is_file() for kind in ("crops", "scenes")):
        recipe = replace(recipe, weak=0.0)
    there = (prepared / NEGATIVE_CROPS).is_file() if recipe.network in READERS else backgrounds is not None
    return recipe if there else replace(recipe, negatives=0.0)


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


def _check_folder(run_dir: Path) -> None:
    """Nothing is made yet: what is wrong later must leave nothing behind."""
    there = next(path for path in (run_dir, *run_dir.absolute().parents) if path.exists())
    if not (there.is_dir() and os.access(there, os.W_OK)):
        raise TrainingError(f"The run cannot be kept in {run_dir}; name a folder with --run.")


def _read_pretrained(
    name: str, recipe: Recipe, run_dir: Path, part: Part, seed: int, start_from: Path | None
) -> Pretrained | None:
    """What the network is initialized from, None for random weights. Raises TrainingError or WeightsError if that does
    not fit it."""
    if recipe.begins_with and not start_from:
        start_from = pretrained.default_source(recipe.begins_with, run_dir)
    if not start_from:
        return None
    source = pretrained.read(start_from, name, part, seed)
    with torch.device("meta"):  # its shapes are enough
        pretrained.fitting(build(recipe.network, recipe.sizes), name, source)
    return source


def describe_data(recipe: Recipe, part: Part, surroundings: torch.Tensor | None) -> str:
    """What a network is trained on, for its checkpoint, manifest and model card. A run is resumed only where this is
    the same."""
    photos = {"train": "image numbers not divisible by 5", "all": "all images, the held-out ones too"}[part]
    if recipe.data == MNIST:
        return "MNIST train, without its last 5,000 digits"
    words = [f"SVHN train, {photos}"]
    if recipe.synthetic == 1:
        words = [f"{recipe.synthetic_bank:,} synthetic pictures and no real photo"]
    elif recipe.synthetic:
        words.append(f"{recipe.synthetic:.0%} of every batch from {recipe.synthetic_bank:,} synthetic pictures")
    if recipe.weak:
        words.append(f"{recipe.weak:.0%} photos of SVHN extra with proposed boxes")
    if recipe.negatives:
        words.append(f"{recipe.negatives:.0%} pictures without a number")
    if surroundings is not None:
        words.append(f"set before {len(surroundings):,} street pictures without numbers")
    return "; ".join(words)
