"""Training one network by name: its sources gathered, its task made, the loop run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from .. import weights
from ..data.backgrounds import load_backgrounds
from ..data.batches import check_parts
from ..devices import choose_device
from ..errors import TrainingError
from ..models import READERS
from ..provenance import code_version, machine
from ..synth.bank import cached, crop_bank, scene_bank
from .engine import State, fit
from .recipes import RECIPES, Recipe
from .tasks import Sources, make_task

GENTLY = 0.25  # of the learning rate, where a short pass goes on from good weights


def train(
    name: str,
    prepared: Path,
    run_dir: Path,
    part: str = "train",
    backgrounds: Path | None = None,
    device: str = "auto",
    seed: int = 0,
    minutes: float | None = None,
    resume: bool = False,
    start_from: Path | None = None,
    share: float = 1.0,
) -> tuple[nn.Module, State]:
    """The averaged network and the record of its run; checkpoints and events lie in `run_dir`.

    part: "train" leaves the held-out photos out, "all" does not. backgrounds: a folder of street pictures
    that scenes are set into. start_from: a folder of weights whose network of that name is trained further, instead of
    one that knows nothing yet. share: of the recipe's steps; a part
    of them goes on from good weights at `GENTLY` times the rate. Raises TrainingError, DataError or WeightsError.
    """
    if name not in RECIPES:
        raise TrainingError(f"There is no recipe {name!r}; choose one of {', '.join(sorted(RECIPES))}.")
    for kind in ("crops", "scenes"):
        if not (prepared / f"train_{kind}.h5").is_file():
            raise TrainingError(f"{prepared} holds no train_{kind}.h5; make it with: python -m svhn prepare --data DIR")
        check_parts(prepared / f"train_{kind}.h5")
    chosen = choose_device(device)
    torch.manual_seed(seed)
    recipe = replace(RECIPES[name], steps=max(1, round(RECIPES[name].steps * share)))
    if start_from and share < 1:
        recipe = replace(recipe, learning_rate=recipe.learning_rate * GENTLY)
    surroundings = load_backgrounds(backgrounds, chosen) if backgrounds else None
    synthetic = None
    if recipe.synthetic:
        make = crop_bank if recipe.network in READERS else scene_bank
        kept = prepared / f"synthetic-{make.__name__}-{recipe.synthetic_bank}-{seed}.pt"  # all runs draw from it
        synthetic = cached(kept, make, recipe.synthetic_bank, seed, chosen, surroundings)
    sources = Sources(prepared, part, synthetic, surroundings)
    task, words = make_task(recipe, sources, chosen), _in_words(recipe, sources)
    if start_from:
        if part == "train" and "measured" in weights.read_manifest(start_from)["networks"].get(recipe.network, {}):
            raise TrainingError(
                f"The weights in {start_from} have seen the held-out photos, so no figure would be held out; "
                f"go on from {start_from / 'measured'}, or train on everything with --all."
            )
        try:
            task.network.load_state_dict(weights.load(start_from, recipe.network).state_dict())
        except RuntimeError:
            raise TrainingError(f"The weights in {start_from} are of a {recipe.network} of another size.") from None
        words += f"; begun with {weights.read_manifest(start_from)['networks'][recipe.network]['file']}"
    start = State(seed, words, code_version(), machine())
    return fit(task, recipe, run_dir, chosen, start, minutes, resume)


def _in_words(recipe: Recipe, sources: Sources) -> str:
    """What a network is trained on, for its checkpoint, manifest and model card."""
    photos = {"train": "image numbers not divisible by 5", "all": "all images, the held-out ones too"}[sources.part]
    words = [f"SVHN train, {photos}"]
    if recipe.synthetic == 1:
        words = [f"{len(sources.synthetic):,} synthetic pictures and no real photo"]
    elif sources.synthetic is not None:
        words.append(f"{recipe.synthetic:.0%} of every batch from {len(sources.synthetic):,} synthetic pictures")
    if sources.surroundings is not None:
        words.append(f"set before {len(sources.surroundings):,} street pictures without numbers")
    return "; ".join(words)
