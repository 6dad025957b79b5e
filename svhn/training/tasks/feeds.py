"""The batches of a recipe: the sets of photos that they are drawn from, and their shares."""

from __future__ import annotations

from collections.abc import Callable

import torch

from ...data.datasets import Rows
from ...data.sampling import Draws
from ..distributed import place
from ..recipes import Recipe
from .base import Feed, Sources

IN_MEMORY = 2 * 2**30  # bytes of a split's images; of larger splits they stay in the file


def feed_shares(load: Callable[..., Rows], kind: str, recipe: Recipe, sources: Sources, device: torch.device) -> Feed:
    """Batches of photos with official boxes, with proposed boxes, generated pictures, and pictures without a number.
    load: `load_crops` for the kind "crops", `load_scenes` for "scenes"."""
    official = 1 - recipe.weak - recipe.synthetic - recipe.negatives
    splits = {"train": official * (1 - recipe.extra), "extra": official * recipe.extra, "weak": recipe.weak}
    drawn = [
        (load(sources.prepared / f"{split}_{kind}.h5", sources.part, device, IN_MEMORY), share)
        for split, share in splits.items()
        if share > 1e-9  # what rounding leaves of a share of 0
    ]
    drawn += [(sources.synthetic, recipe.synthetic), (sources.negatives, recipe.negatives)]
    sets, shares = zip(*((rows, share) for rows, share in drawn if rows is not None and share), strict=True)
    return feed_sets(list(sets), list(shares), recipe, device)


def feed_sets(sets: list[Rows], shares: list[float], recipe: Recipe, device: torch.device) -> Feed:
    """Batches of these sets."""
    return Draws(sets, shares, recipe.batch_size, device, *place()).batches
