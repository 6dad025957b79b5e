"""Checkpoints of a run: `last.pt`, to resume from, and `best.pt`, the averaged network of the best epoch."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch
from torch import nn

from ..models import build
from ..utils.errors import TrainingError
from ..utils.files import LOAD_ERRORS, describe_load_error, load_tensors, save_tensors
from .recipes import Recipe

LAST, BEST = "last.pt", "best.pt"
Part = Literal["train", "all"]  # without the held-out photos, or with them


@dataclass
class State:
    """Everything in a checkpoint besides tensors: progress and provenance.

    data: a description of the training data. trained_on: "all" if the network, or what it was initialized from, was
    trained on the held-out photos too, so that none of its metrics is held out. initialized_from: the weights or the
    run that it continued from, "" for random weights. code: the commit that it was started with. machine: what it runs
    on.
    """

    seed: int = 0
    data: str = ""
    trained_on: Part = "train"
    initialized_from: str = ""
    code: str = ""
    machine: str = ""
    step: int = 0
    seconds: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)


@dataclass(frozen=True)
class Checkpoint:
    """The averaged network, in evaluation mode on the CPU, the recipe that made it, and the record of its run."""

    network: nn.Module
    recipe: Recipe
    state: State


def save(path: Path, recipe: Recipe, average: nn.Module, state: State, **rest: Any) -> None:
    """Write a checkpoint; `rest` has what resuming needs. Raises TrainingError if it cannot be written."""
    content = {
        "recipe": _as_json(recipe),
        "average": average.state_dict(),
        "state": dataclasses.asdict(state),
        **{name: part.state_dict() for name, part in rest.items()},
    }
    try:
        save_tensors(path, content)
    except (OSError, RuntimeError) as error:  # torch raises its own when the disk is full
        raise TrainingError(
            f"The checkpoint {path} cannot be written ({describe_load_error(error)}); the one before it is kept."
        ) from None


def load(path: Path) -> Checkpoint:
    """Load a run's network for inference; `path` is a checkpoint, or a run's folder for its last one. Raises
    TrainingError if the file is missing, damaged or from another version."""
    path = path / LAST if path.is_dir() else path
    if not path.is_file():
        raise TrainingError(f"There is no checkpoint {path}; train one with: python -m svhn train RECIPE")
    try:
        content = load_tensors(path)
        recipe = _recipe(content["recipe"])
        network = build(recipe.network, recipe.sizes)
        network.load_state_dict(content["average"])
        return Checkpoint(network.eval(), recipe, _state(content["state"]))
    except LOAD_ERRORS as error:
        raise TrainingError(
            f"{path} is no checkpoint of this version ({describe_load_error(error)}); train it again."
        ) from None


def read_record(path: Path) -> tuple[Recipe, State]:
    """Read the recipe and the state of a checkpoint, and none of its tensors, which may take a gigabyte. Raises
    TrainingError if the file is missing or damaged."""
    try:
        content = load_tensors(path, mapped=True)
        return _recipe(content["recipe"]), _state(content["state"])
    except LOAD_ERRORS as error:
        raise _damaged(path, error) from None


def check(path: Path, recipe: Recipe, start: State) -> None:
    """Raises TrainingError if `resume` would; needs neither network nor optimizer."""
    _resumable(path, recipe, start, "cpu")


def resume(path: Path, recipe: Recipe, start: State, device: torch.device, **parts: Any) -> State:
    """Restore network, average and optimizer from a checkpoint of the same recipe, seed and data; return its state.

    Only the recipe's steps and plateau may differ, so that a run can be prolonged. What the run was initialized from
    is not compared. Raises TrainingError when the checkpoint does not fit.
    """
    content = _resumable(path, recipe, start, device)
    try:
        for name, part in parts.items():
            part.load_state_dict(content[name])
    except LOAD_ERRORS as error:
        raise _damaged(path, error) from None
    return _state(content["state"])


def _resumable(path: Path, recipe: Recipe, start: State, device: torch.device | str) -> dict[str, Any]:
    """The content of a checkpoint of the same recipe, seed and data. Raises TrainingError."""
    try:
        content = load_tensors(path, device)
        state = _state(content["state"])
        free = {"steps": recipe.steps, "plateau": recipe.plateau}
        if dataclasses.replace(_recipe(content["recipe"]), **free) != _recipe(_as_json(recipe)):
            raise TrainingError(f"{path} was made by another recipe; move it or train without --resume.")
        if (state.seed, state.data) != (start.seed, start.data):
            raise TrainingError(
                f"{path} was trained with seed {state.seed} on {state.data or 'other data'}; "
                "move it or train without --resume."
            )
        return content
    except LOAD_ERRORS as error:
        raise _damaged(path, error) from None


def _damaged(path: Path, error: Exception) -> TrainingError:
    return TrainingError(f"{path} cannot be resumed from ({describe_load_error(error)}); train without --resume.")


def _as_json(recipe: Recipe) -> str:
    return json.dumps(dataclasses.asdict(recipe), sort_keys=True)


def _recipe(text: str) -> Recipe:
    """A recipe from its JSON; fields that the checkpoint lacks get their defaults. Raises TypeError."""
    return Recipe.of(json.loads(text))


def _state(values: dict[str, Any]) -> State:
    """A state from its fields, all of them: a default for `trained_on` would be a claim. Raises TypeError."""
    if missing := {each.name for each in dataclasses.fields(State)} - set(values):
        raise TypeError(f"its state has no {', '.join(sorted(missing))}")
    return State(**values)
