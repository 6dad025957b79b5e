"""What is measured of a row, by its kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ..evaluation.evaluate import HELD_OUT
from ..models import build
from ..pipeline import Pipeline
from ..synth.mnist_strips import make_strips
from . import metrics as figures
from .checkpoints import evaluated
from .evaluation_data import TEST, TRAIN, Material
from .systems import DIGITS, LENGTH_CHECK, LOCALIZER, PIPELINE, READER, STRIPS, Row
from .trained import Trained


@dataclass(frozen=True)
class Measured:
    """figures: by the part that they are of. work: what is timed, with one of `things` after the other; `timed` says
    what that is."""

    figures: dict[str, Any]
    work: Callable[[Any], Any]
    things: Sequence[Any]
    timed: str


def measured(row: Row, networks: dict[str, Trained], material: Material, run: Path) -> Measured:
    """networks: by their part in the row. run: the folder of the reader's checkpoints."""
    if row.kind == READER:
        return _reader(networks["reader"], material, run if row.every_checkpoint else None)
    return KINDS[row.kind](networks, material)


def _reader(reader: Trained, material: Material, run: Path | None) -> Measured:
    """With the run every checkpoint of it, too."""
    parts = {HELD_OUT: material.held_out, TRAIN: material.train}
    if run:
        lines = list(evaluated(run, parts, parts.__getitem__))
        found = {line.part: line.figures for line in lines if line.checkpoint == "last"}
        found["checkpoints"] = [
            {"checkpoint": line.checkpoint, "steps": line.steps, "part": line.part, **line.figures} for line in lines
        ]
    else:
        found = {part: figures.of_reader(reader.network, photos, reader.temperature) for part, photos in parts.items()}
    pipeline = Pipeline(figures.Nowhere(), reader.network)
    return Measured(
        found,
        lambda example: pipeline.read_boxes(example.photo, [example.truth.box]),
        material.held_out,
        "cutting the true box out of a photo and reading it",
    )


def _localizer(networks: dict[str, Trained], material: Material) -> Measured:
    network = networks["localizer"].network
    found = {HELD_OUT: figures.of_localizer(network, material.held_out)}
    return Measured(found, lambda e: network.locate(e.photo), material.held_out, "finding the number in a photo")


def _pipeline(networks: dict[str, Trained], material: Material) -> Measured:
    pipeline = _joined(networks)
    found = {HELD_OUT: figures.of_pipeline(pipeline, material.held_out)}
    return Measured(found, lambda e: pipeline.read(e.photo), material.held_out, "finding and reading in a photo")


def _length_check(networks: dict[str, Trained], material: Material) -> Measured:
    pipeline, counter = _joined(networks), networks["counter"].network
    found = {HELD_OUT: figures.of_length_check(pipeline, counter, material.held_out)}
    return Measured(
        found,
        lambda example: (pipeline.read(example.photo), counter.digits_seen(example.photo)),
        material.held_out,
        "finding, reading and counting in a photo",
    )


def _joined(networks: dict[str, Trained]) -> Pipeline:
    """Without a localizer of its own it reads the whole photo. It rejects nothing."""
    localizer = networks["localizer"].network if "localizer" in networks else build("whole")
    reader = networks["reader"]
    return Pipeline(localizer, reader.network, reader.temperature, check_length=False)


def _digits(networks: dict[str, Trained], material: Material) -> Measured:
    network, (images, labels) = networks["reader"].network, material.digits
    found = {TEST: figures.of_digits(network, images, labels)}
    return Measured(found, figures.naming(network), images[:, None], "naming a digit")


def _strips(networks: dict[str, Trained], material: Material) -> Measured:
    network = networks["reader"].network
    found = {TEST: figures.of_strips(network, *material.digits)}
    images = make_strips(*material.digits, figures.TIMED, torch.Generator().manual_seed(1)).images
    return Measured(found, figures.naming(network), images, "the network alone, on a strip")


KINDS = {
    LOCALIZER: _localizer,
    PIPELINE: _pipeline,
    LENGTH_CHECK: _length_check,
    DIGITS: _digits,
    STRIPS: _strips,
}
