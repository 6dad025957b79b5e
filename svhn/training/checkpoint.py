"""A run on disk: `last.pt`, which resumes, and `best.pt`, the averaged network of the best epoch so far."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ..models import build
from ..utils.errors import TrainingError
from ..utils.files import LOAD_ERRORS, describe_load_error, load_tensors, save_tensors
from .recipes import Recipe

LAST, BEST = "last.pt", "best.pt"
EVERYTHING = "all images"  # in the words of what a network was trained on
BEGUN = "; begun with "  # what comes behind it in them


def saw_everything(data: str) -> bool:
    """Whether the held-out photos were among what a network learnt from, in the words of its run or its manifest's
    entry, so that no figure of theirs would be held out."""
    return EVERYTHING in data


@dataclass
class State:
    """Everything that a checkpoint holds besides tensors: how far it got, and where it came from.

    data: what it is trained on, in words. code: the commit it was started at. machine: what it runs on.
    """

    seed: int = 0
    data: str = ""
    code: str = ""
    machine: str = ""
    step: int = 0
    seconds: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)

    @property
    def material(self) -> str:
        """What it is trained on, whatever it was begun with."""
        return self.data.partition(BEGUN)[0]

    @property
    def saw_everything(self) -> bool:
        """See the function of that name."""
        return saw_everything(self.data)


@dataclass(frozen=True)
class Checkpoint:
    """The averaged network, in evaluation mode on the CPU, the recipe that made it, and the record of its run."""

    network: nn.Module
    recipe: Recipe
    state: State


def save(path: Path, recipe: Recipe, average: nn.Module, state: State, **rest: Any) -> None:
    """`rest` is what resuming needs. Raises TrainingError if it cannot be written."""
    content = {
        "recipe": _as_json(recipe),
        "average": average.state_dict(),
        "state": dataclasses.asdict(state),
        **{name: part.state_dict() for name, part in rest.items()},
    }
    try:
        save_tensors(path, content)
    except (OSError, RuntimeError) as error:  # torch's own, where the disk is full
        raise TrainingError(
            f"The checkpoint {path} cannot be written ({describe_load_error(error)}); the one before it is kept."
        ) from None


def load(path: Path) -> Checkpoint:
    """A run's network, for inference; path is the file, or the run's folder, which means its last one.

    Raises TrainingError for a file that is missing, damaged or of another version's network.
    """
    path = path / LAST if path.is_dir() else path
    if not path.is_file():
        raise TrainingError(f"There is no checkpoint {path}; train one with: python -m svhn train RECIPE")
    try:
        content = load_tensors(path)
        recipe = _recipe(content["recipe"])
        network = build(recipe.network, recipe.sizes)
        network.load_state_dict(content["average"])
        return Checkpoint(network.eval(), recipe, State(**content["state"]))
    except LOAD_ERRORS as error:
        raise TrainingError(
            f"{path} is no checkpoint of this version ({describe_load_error(error)}); train it anew."
        ) from None


def check(path: Path, recipe: Recipe, start: State) -> None:
    """Raises TrainingError if `resume` would, whose network and optimizer are not there yet."""
    _resumable(path, recipe, start, "cpu")


def resume(path: Path, recipe: Recipe, start: State, device: torch.device, **parts: Any) -> State:
    """Fills network, average and optimizer from a checkpoint of the same recipe, seed and data; gives its state. Only
    the recipe's steps may differ, because a run can go on for longer than it was meant to; what it was begun with is
    its own affair.

    Raises TrainingError when it does not fit.
    """
    content = _resumable(path, recipe, start, device)
    try:
        for name, part in parts.items():
            part.load_state_dict(content[name])
    except LOAD_ERRORS as error:
        raise _damaged(path, error) from None
    return State(**content["state"])


def _resumable(path: Path, recipe: Recipe, start: State, device: torch.device | str) -> dict[str, Any]:
    """What is in a checkpoint of the same recipe, seed and data. Raises TrainingError."""
    try:
        content = load_tensors(path, device)
        state = State(**content["state"])
        if dataclasses.replace(_recipe(content["recipe"]), steps=recipe.steps) != _recipe(_as_json(recipe)):
            raise TrainingError(f"{path} was made by another recipe; move it away or train without --resume.")
        if (state.seed, state.material) != (start.seed, start.material):
            raise TrainingError(
                f"{path} was trained with seed {state.seed} on {state.data or 'other data'}; "
                "move it away or train without --resume."
            )
        return content
    except LOAD_ERRORS as error:
        raise _damaged(path, error) from None


def _damaged(path: Path, error: Exception) -> TrainingError:
    return TrainingError(f"{path} cannot be resumed from ({describe_load_error(error)}); train without --resume.")


def _as_json(recipe: Recipe) -> str:
    return json.dumps(dataclasses.asdict(recipe), sort_keys=True)


def _recipe(text: str) -> Recipe:
    """From its JSON. What a recipe could not say when the checkpoint was made has its default. Raises TypeError."""
    return Recipe.of(json.loads(text))
