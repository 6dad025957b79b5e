"""Train one network by the name of its recipe: check everything first, load its sources, run the loop."""

from __future__ import annotations

import math
import os
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from ..data.backgrounds import load_backgrounds
from ..models import build
from ..utils.devices import choose_device, code_version, machine
from ..utils.errors import TrainingError
from . import checkpoint, distributed, pretrained, sources
from .checkpoint import LAST, Part, State
from .engine import fit
from .pretrained import Pretrained
from .recipes import GENTLY, RECIPES, Recipe, with_batch
from .tasks import TASKS, make_task


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
    batch: int | None = None,
    plateau: int = 0,
) -> tuple[nn.Module, State]:
    """Return the averaged network and the record of its run, whose checkpoints and events are in `run_dir`.

    part: "train" leaves the held-out photos out, "all" does not. mnist: a folder with MNIST's four files, for the
    recipes that need it. backgrounds: a folder of street pictures that scenes are set into. start_from: what the
    network is initialized from instead of at random: a folder of weights, a checkpoint, or a file of torchvision's;
    ignored by a run that is resumed. share: of the recipe's steps; fewer steps from good weights use `GENTLY` times the
    learning rate. batch: its size over all processes, instead of the recipe's; see `with_batch`. plateau: instead of
    the recipe's; see `Recipe`.
    Raises TrainingError, DataError or WeightsError.
    """
    if name not in RECIPES:
        raise TrainingError(f"There is no recipe {name!r}; choose one of {', '.join(sorted(RECIPES))}.")
    for option, value in (("--share", share), ("--minutes", minutes)):
        if value is not None and not 0 < value < math.inf:
            raise TrainingError(f"{option} is {value:g}; it must be more than 0.")
    recipe = with_batch(RECIPES[name], batch) if batch else RECIPES[name]
    recipe = replace(recipe, steps=max(1, round(recipe.steps * share)), plateau=plateau or recipe.plateau)
    distributed.check_batch(recipe.batch_size)
    recipe = sources.leave_out_missing(recipe, prepared, backgrounds)
    sources.check(recipe, name, prepared, part, mnist)
    _check_folder(run_dir)
    chosen = choose_device(distributed.local_device(device))
    if chosen.type == "cpu":
        torch.set_num_threads(
            1
        )  # use one process per core: a second thread gains little, and on busy cores costs tenfold
    if start_from and share < 1:
        recipe = replace(recipe, learning_rate=recipe.learning_rate * GENTLY)
    sets_scenes = recipe.synthetic or TASKS[recipe.task].surroundings
    surroundings = load_backgrounds(backgrounds, chosen) if backgrounds and sets_scenes else None
    start = State(
        seed,
        sources.describe(recipe, part, surroundings),
        trained_on=part if recipe.synthetic < 1 else "train",
        code=code_version(),
        machine=machine(chosen),
    )
    initial = None
    if resume and (run_dir / LAST).exists():
        checkpoint.check(run_dir / LAST, recipe, start)
    else:
        initial = _read_pretrained(name, recipe, run_dir, part, seed, start_from)
    # Everything that can be wrong has been checked by now: loading takes minutes.
    with distributed.first_alone():  # it may make synthetic pictures, which the others then find
        loaded = sources.load(recipe, prepared, part, mnist, backgrounds, surroundings, seed, chosen)
    torch.manual_seed(seed)
    task = make_task(recipe, loaded, chosen)
    if initial:
        pretrained.fill(task.network, name, initial)
        trained_on = "all" if "all" in (start.trained_on, initial.trained_on) else "train"
        start = replace(start, trained_on=trained_on, initialized_from=initial.description)
    try:
        return fit(task, recipe, run_dir, chosen, start, minutes, resume)
    except RuntimeError as error:
        if "DataLoader worker" not in str(error):
            raise
        raise TrainingError(
            "A process that reads photos ahead was ended, perhaps for want of memory; --resume continues."
        ) from None


def _check_folder(run_dir: Path) -> None:
    """Raises TrainingError unless the run can be written there. Creates nothing, so a later error leaves nothing
    behind."""
    existing = next(path for path in (run_dir, *run_dir.absolute().parents) if path.exists())
    if not (existing.is_dir() and os.access(existing, os.W_OK)):
        raise TrainingError(f"The run cannot be kept in {run_dir}; name a folder with --run.")


def _read_pretrained(
    name: str, recipe: Recipe, run_dir: Path, part: Part, seed: int, start_from: Path | None
) -> Pretrained | None:
    """The tensors to initialize the network from, None for random weights. Raises TrainingError or WeightsError if
    they do not fit."""
    if recipe.begins_with and not start_from:
        start_from = pretrained.default_source(recipe.begins_with, run_dir)
    if not start_from:
        return None
    source = pretrained.read(start_from, name, part, seed)
    with torch.device("meta"):  # its shapes are enough
        pretrained.fitting(build(recipe.network, recipe.sizes), name, source)
    return source
