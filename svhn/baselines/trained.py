"""Find and load the trained network of a recipe: in the run that trained it or, for the default networks, in the
weights."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import nn

from .. import weights
from ..training import checkpoint
from ..training.checkpoint import LAST, State
from ..training.recipes import GENTLY, RECIPES, Recipe
from ..training.sources import OPTIONAL
from ..training.tasks import TASKS
from ..utils.errors import TrainingError, WeightsError
from .systems import OWN

SCORES = {kind.score for kind in TASKS.values()}
PROVENANCE = ("file", "seed", "data", "trained_on", "initialized_from", "code", "machine", "steps", "minutes")


@dataclass(frozen=True)
class Trained:
    """A network, the record of its run, the sha256 of its file, the temperature of its confidence, and the pictures in
    a step of its training, if known."""

    recipe: str
    network: nn.Module
    state: State
    sha256: str
    temperature: float = 1.0
    batch: int | None = None

    def to_json(self) -> dict:
        """Its part of a record. "core_hours" are of one core, or of the GPU that "machine" names. Runs have the score
        on the held-out photos by pictures seen."""
        state, seen = self.state, {}
        if self.batch:
            seen = {
                "pictures": state.step * self.batch,
                "core_hours": round(state.seconds / 3600, 2),
                "history": [
                    {"pictures": row["step"] * self.batch, **{k: round(row[k], 4) for k in row if k in SCORES}}
                    for row in state.history
                ],
            }
        return {
            "recipe": self.recipe,
            "parameters": sum(p.numel() for p in self.network.parameters()),
            "seed": state.seed,
            "steps": state.step,
            "minutes": round(state.seconds / 60, 1),
            "machine": state.machine,
            "data": state.data,
            "initialized_from": state.initialized_from,
            "code": state.code,
            "sha256": self.sha256,
            **seen,
        }


def network_file(name: str, runs: Path, own: Path) -> Path:
    """The file of a recipe's network, if it is trained: runs/NAME/last.pt, or a file in the folder `own`. Raises
    WeightsError when that folder has no manifest, or no such network."""
    return own / _entry(name, own)["file"] if name in OWN else runs / name / LAST


def load(name: str, file: Path, sha256: str) -> Trained:
    """Load the file that `network_file` returned, as service does. Raises TrainingError or WeightsError when it
    cannot be loaded, or was trained on the photos that it would be measured with."""
    if name not in OWN:
        loaded = checkpoint.load(file)
        _check_unseen(file, loaded.state)
        if not is_of(loaded.recipe, RECIPES[name]):
            raise TrainingError(f"{file} was made by another recipe than {name}; train it again.")
        network = loaded.network.to(memory_format=torch.channels_last)
        return Trained(name, network, loaded.state, sha256, batch=loaded.recipe.batch_size)
    entry = _entry(name, file.parent)
    known = {key: entry[key] for key in ("seed", "data", "trained_on", "initialized_from", "code", "machine")}
    state = State(**known, step=entry["steps"], seconds=entry["minutes"] * 60)
    _check_unseen(file, state)
    return Trained(name, weights.load(file.parent, name), state, sha256, entry.get("temperature", 1.0))


def is_of(made_by: Recipe, recipe: Recipe) -> bool:
    """Whether a run is of this recipe, for any number of steps and plateau, without optional sources that were not
    prepared, or a gentle pass that continued one."""
    missing = {source: 0.0 for source in OPTIONAL if not getattr(made_by, source)}
    recipe = replace(recipe, **missing, steps=made_by.steps, plateau=made_by.plateau)
    return made_by in (recipe, replace(recipe, learning_rate=recipe.learning_rate * GENTLY))


def _check_unseen(file: Path, state: State) -> None:
    if state.trained_on == "all":
        raise TrainingError(f"{file} was trained on the photos that it would be measured with; train it without --all.")


def _entry(name: str, own: Path) -> dict:
    """The manifest's entry of one of this project's own networks. Raises WeightsError."""
    entry = weights.read_manifest(own)["networks"].get(name, {})
    if missing := [key for key in PROVENANCE if key not in entry]:
        raise WeightsError(f"{own} does not say {missing[0]!r} of {name}; name weights that train_all.py wrote.")
    return entry


def file_sha256(file: Path) -> str:
    """SHA-256 of a file of any size."""
    digest = hashlib.sha256()
    with file.open("rb") as source:
        while block := source.read(2**20):
            digest.update(block)
    return digest.hexdigest()
