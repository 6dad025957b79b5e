"""A run on disk: `last.pt`, to resume from, and `best.pt`, the averaged network of the best epoch so far."""

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
    """Everything that a checkpoint holds besides tensors: how far it got, and where it came from.

    data: what it is trained on, in words. trained_on: "all" if it, or what it was initialized from, learned from the
    held-out photos too, so that no metric of theirs is held out. initialized_from: the weights or the run that it went
    on from, "" for random weights. code: the commit it was started at. machine: what it runs on.
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
    """Write a checkpoint; `rest` is what resuming needs. Raises TrainingError if it cannot be written."""
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
        return Checkpoint(network.eval(), recipe, _state(content["state"]))
    except LOAD_ERRORS as error:
        raise TrainingError(
            f"{path} is no checkpoint of this version ({describe_load_error(error)}); train it again."
        ) from None


def check(path: Path, recipe: Recipe, start: State) -> None:
    """Raises TrainingError if `resume` would; needs no network or optimizer yet."""
    _resumable(path, recipe, start, "cpu")


def resume(path: Path, recipe: Recipe, start: State, device: torch.device, **parts: Any) -> State:
    """Fill network, average and optimizer from a checkpoint of the same recipe, seed and data; return its state.

    Only the recipe's steps may differ, because a run can go on for longer than was planned. What the run was
    initialized from is not compared. Raises TrainingError when it does not fit.
    """
    content = _resumable(path, recipe, start, device)
    try:
        for name, part in parts.items():
            part.load_state_dict(content[name])
    except LOAD_ERRORS as error:
        raise _damaged(path, error) from None
    return _state(content["state"])


def _resumable(path: Path, recipe: Recipe, start: State, device: torch.device | str) -> dict[str, Any]:
    """What is in a checkpoint of the same recipe, seed and data. Raises TrainingError."""
    try:
        content = load_tensors(path, device)
        state = _state(content["state"])
        if dataclasses.replace(_recipe(content["recipe"]), steps=recipe.steps) != _recipe(_as_json(recipe)):
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
    """From its JSON; fields newer than the checkpoint have their defaults. Raises TypeError."""
    return Recipe.of(json.loads(text))


def _state(values: dict[str, Any]) -> State:
    """From its fields. Checkpoints from before `trained_on` and `initialized_from` say both in the words of `data`."""
    if "trained_on" not in values:
        words = values["data"]
        data, _, source = words.partition("; begun with ")
        trained_on = "all" if "all images" in words else "train"
        values = {**values, "data": data, "trained_on": trained_on, "initialized_from": source}
    return State(**values)
