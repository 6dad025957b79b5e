"""What the training loop needs to know of a task, and what a task learns from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

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


@dataclass(frozen=True)
class Task:
    """loss(network, generator) draws a batch and returns a scalar; validate(network) returns named metrics, of which
    `score` decides which epoch is the best. example: an input of the network, for its graph."""

    network: nn.Module
    loss: Callable[[nn.Module, torch.Generator], torch.Tensor]
    validate: Callable[[nn.Module], dict[str, float]]
    score: str
    example: torch.Tensor
