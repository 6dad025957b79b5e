"""The interface between the training loop and a task, and the data of a task."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ...data.datasets import CropSet, SceneSet


@dataclass(frozen=True)
class Sources:
    """What a task learns from.

    prepared: folder of the HDF5 files; part: "train" leaves the held-out images out, "all" does not.
    mnist: folder of MNIST's files, for the recipes that need it.
    synthetic: generated crops for a reader, scenes for a localizer, drawn from together with the real ones.
    surroundings: street pictures uint8 (M, 3, 256, 256) that scenes are set into.
    negatives: real pictures without a number, crops for a reader, scenes for a localizer.
    """

    prepared: Path
    part: str = "train"
    mnist: Path | None = None
    synthetic: CropSet | SceneSet | None = None
    surroundings: torch.Tensor | None = None
    negatives: CropSet | SceneSet | None = None


Feed = Callable[[int, range], Iterator[Any]]  # seed and steps -> the batch of each of these steps


def no_batches(seed: int, steps: range) -> Iterator[None]:
    """The feed of a task that makes its pictures itself."""
    return itertools.repeat(None, len(steps))


@dataclass(frozen=True)
class Task:
    """loss(network, batch, generator) varies a batch and returns a scalar; validate(network) returns named metrics, of
    which `score` decides which epoch is the best. example: an input of the network, for its graph. feed(seed, steps)
    yields the batch of each of these steps: of several processes, the part that this one takes."""

    network: nn.Module
    loss: Callable[[nn.Module, Any, torch.Generator], torch.Tensor]
    validate: Callable[[nn.Module], dict[str, float]]
    score: str
    example: torch.Tensor
    feed: Feed = no_batches
