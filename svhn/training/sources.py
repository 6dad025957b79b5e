"""The data that a recipe learns from: check that it is there, describe it for the run's record, load it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch

from ..data.backgrounds import empty_scenes
from ..data.datasets import NEGATIVE_CROPS, CropSet, SceneSet, check_parts, load_crops
from ..synth.cache import cached, crop_bank, scene_bank
from ..utils.errors import TrainingError
from .checkpoint import Part
from .recipes import MNIST, Recipe
from .tasks import TASKS
from .tasks.base import Sources

OPTIONAL = ("weak", "extra", "negatives")  # the shares of sources that need not be prepared


def leave_out_missing(recipe: Recipe, prepared: Path, backgrounds: Path | None) -> Recipe:
    """The recipe without optional sources that have not been prepared."""
    for split in ("weak", "extra"):
        if not all((prepared / f"{split}_{kind}.h5").is_file() for kind in ("crops", "scenes")):
            recipe = replace(recipe, **{split: 0.0})
    has_negatives = backgrounds is not None if TASKS[recipe.task].scenes else (prepared / NEGATIVE_CROPS).is_file()
    return recipe if has_negatives else replace(recipe, negatives=0.0)


def check(recipe: Recipe, name: str, prepared: Path, part: Part, mnist: Path | None) -> None:
    """Raises TrainingError or DataError when data that the recipe requires is missing."""
    if recipe.data == MNIST:
        if part == "all":
            raise TrainingError(f"{name} learns from MNIST, where --all has no meaning; leave it out.")
        if mnist is None:
            raise TrainingError(f"{name} learns from MNIST; name the folder with its four files: --data DIR")
        return
    for kind in ("crops", "scenes"):
        path = prepared / f"train_{kind}.h5"
        if not path.is_file():
            raise TrainingError(f"{prepared} holds no {path.name}; make it with: python -m svhn prepare --data DIR")
        check_parts(path)


def describe(recipe: Recipe, part: Part, surroundings: torch.Tensor | None) -> str:
    """Describe the training data in a line. A run is resumed only if the descriptions are equal, so they must not
    change between versions."""
    photos = {"train": "image numbers not divisible by 5", "all": "all images, the held-out ones too"}[part]
    if recipe.data == MNIST:
        return "MNIST train, without its last 5,000 digits"
    words = [f"SVHN train, {photos}"]
    if recipe.synthetic == 1:
        words = [f"{recipe.synthetic_bank:,} synthetic pictures and no real photo"]
    elif recipe.synthetic:
        words.append(f"{recipe.synthetic:.0%} of every batch from {recipe.synthetic_bank:,} synthetic pictures")
    if recipe.extra:
        words.append(f"{recipe.extra:.0%} of the photos with official boxes from SVHN extra, {photos}")
    if recipe.weak:
        words.append(f"{recipe.weak:.0%} photos of SVHN extra with proposed boxes")
    if recipe.negatives:
        words.append(f"{recipe.negatives:.0%} pictures without a number")
    if surroundings is not None:
        words.append(f"set before {len(surroundings):,} street pictures without numbers")
    return "; ".join(words)


def load(
    recipe: Recipe,
    prepared: Path,
    part: Part,
    mnist: Path | None,
    backgrounds: Path | None,
    surroundings: torch.Tensor | None,
    seed: int,
    device: torch.device,
) -> Sources:
    """Load everything to the device except photos with boxes. Synthetic pictures are generated unless an earlier run
    has made them, which takes minutes.

    Raises DataError for a damaged file.
    """
    scenes = TASKS[recipe.task].scenes
    synthetic: CropSet | SceneSet | None = None
    if recipe.synthetic:
        make = scene_bank if scenes else crop_bank
        path = prepared / f"synthetic-{make.__name__}-{recipe.synthetic_bank}-{seed}.pt"  # shared by all runs
        synthetic = cached(path, make, recipe.synthetic_bank, seed, device, surroundings)
    negatives: CropSet | SceneSet | None = None
    if recipe.negatives:
        path = prepared / NEGATIVE_CROPS
        negatives = empty_scenes(backgrounds, device) if scenes else load_crops(path, "all", device)
    return Sources(prepared, part, mnist, synthetic, surroundings, negatives)
