"""Average readers weight by weight: one that was trained further, and what it was before. The mean reads better than
either and costs no more ("model soups", Wortsman et al., 2022, arXiv:2203.05482)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch
from torch import nn

from .. import weights
from ..models.ensemble import AveragedReader
from ..pipeline import Pipeline
from ..selection import SelectionConfig
from ..training import checkpoint
from ..training.checkpoint import State
from ..utils.errors import WeightsError
from . import evaluate
from .confidence import RECORD
from .publish import calibrate_temperature, write_model_card


@dataclass(frozen=True)
class Source:
    """A reader's networks by the member that each belongs to, where they come from, whether they saw the held-out
    photos, and, of a run, its record."""

    networks: dict[int, nn.Module]
    origin: str
    saw_held_out: bool
    run: State | None = None


def average_weights(folder: Path, sources: Sequence[Path], data_dir: Path, prepared: Path | None = None) -> dict:
    """Replace each member of the default reader in `folder` by the mean of its weights and those in the sources; return
    the report on the held-out photos of `data_dir`, with which the mean is calibrated and evaluated.

    A source is another folder of weights, or a run, which belongs to the member of its seed, as in `train --from`. All
    must have continued from one another: the mean of unrelated networks reads nothing. Raises WeightsError for a reader
    of another size or one that saw the held-out photos, TrainingError for a damaged run.
    """
    manifest = weights.read_manifest(folder)
    name = manifest["reader"]
    reader = weights.load(folder, name)
    members = _members(reader)
    own = _of_folder(folder, name)
    others = [
        _of_folder(path, name) if (path / "manifest.json").exists() else _of_run(path, len(members)) for path in sources
    ]
    if any(source.saw_held_out for source in (own, *others)):
        raise WeightsError(f"{name} must not have seen the held-out photos, which calibrate it; take weights/measured.")
    for index, member in members.items():
        related = [source.networks[index] for source in (own, *others) if index in source.networks]
        _become_mean(member, related)
    reader = reader.half().float()  # as published
    held_out = partial(evaluate.split_examples, data_dir, evaluate.HELD_OUT, prepared=prepared)
    localizer, selection = weights.load(folder, manifest["localizer"]), SelectionConfig.of_manifest(manifest)
    pipeline = Pipeline(localizer, reader, unsure_below=manifest["unsure_below"], selection=selection)
    pipeline = replace(pipeline, temperature=calibrate_temperature(pipeline, held_out()))
    report = evaluate.split_report(evaluate.run(pipeline, held_out()), evaluate.HELD_OUT, {})
    manifest["held_out"] = {key: value for key, value in report.items() if key != "weights"}
    runs, entry = [source.run for source in others if source.run], manifest["networks"][name]
    entry |= {
        "temperature": pipeline.temperature,
        "initialized_from": f"the mean of {', '.join(source.origin for source in (own, *others))}",
        "steps": entry["steps"] + sum(run.step for run in runs),
        "minutes": round(entry["minutes"] + sum(run.seconds for run in runs) / 60, 1),
        "code": " and ".join(dict.fromkeys([entry["code"], *(run.code for run in runs)])),
    }
    weights.save(folder, {name: reader}, manifest)
    (folder / RECORD).unlink(missing_ok=True)  # it is of the reader before; `calibrate` writes a new one
    write_model_card(folder)
    return report


def _of_folder(folder: Path, name: str) -> Source:
    network, entry = weights.load(folder, name), weights.read_manifest(folder)["networks"][name]
    return Source(_members(network), entry["file"], weights.saw_held_out(entry))


def _of_run(run: Path, members: int) -> Source:
    trained = checkpoint.load(run)
    state = trained.state
    origin = f"{run.name} after {state.step} steps"
    return Source({state.seed % members: trained.network}, origin, state.trained_on == "all", state)


def _members(reader: nn.Module) -> dict[int, nn.Module]:
    return dict(enumerate(reader.members if isinstance(reader, AveragedReader) else [reader]))


def _become_mean(network: nn.Module, related: Sequence[nn.Module]) -> None:
    """Give a network the mean of the weights of all of these. Raises WeightsError if they are of other sizes."""
    states = [each.state_dict() for each in related]
    if any({k: v.shape for k, v in state.items()} != {k: v.shape for k, v in states[0].items()} for state in states):
        raise WeightsError("The readers differ in size, so they have no mean.")
    mean = {key: torch.stack([state[key].float() for state in states]).mean(0) for key in states[0]}
    network.load_state_dict({key: value.to(states[0][key].dtype) for key, value in mean.items()})
