"""Measure a row according to its kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ..models import build
from ..pipeline import Pipeline
from ..synth.mnist_strips import make_strips
from . import metrics
from .evaluation_data import TEST, TRAIN, EvaluationData
from .measure_checkpoints import evaluate_checkpoints
from .systems import DIGITS, LENGTH_CHECK, LOCALIZER, PIPELINE, READER, STRIPS, System
from .trained import Trained


@dataclass(frozen=True)
class Measured:
    """metrics: by part of the data. work: the function that is timed, on one of `things` after the other; `timed`
    describes it."""

    metrics: dict[str, Any]
    work: Callable[[Any], Any]
    things: Sequence[Any]
    timed: str


def measure_system(row: System, networks: dict[str, Trained], evaluation_data: EvaluationData, run: Path) -> Measured:
    """networks: by their role in the row. run: the folder of the reader's checkpoints."""
    if row.kind == READER:
        return _reader(networks["reader"], evaluation_data, run if row.every_checkpoint else None)
    return KINDS[row.kind](networks, evaluation_data)


def _reader(reader: Trained, evaluation_data: EvaluationData, run: Path | None) -> Measured:
    """With `run`, every checkpoint of it is measured as well."""
    parts = {**evaluation_data.unseen, TRAIN: evaluation_data.train}
    if run:
        lines = list(evaluate_checkpoints(run, parts, parts.__getitem__))
        found = {line.part: line.metrics for line in lines if line.checkpoint == "last"}
        found["checkpoints"] = [
            {"checkpoint": line.checkpoint, "steps": line.steps, "part": line.part, **line.metrics} for line in lines
        ]
    else:
        found = {part: metrics.of_reader(reader.network, photos, reader.temperature) for part, photos in parts.items()}
    pipeline = Pipeline(metrics.NoLocalizer(), reader.network)
    return Measured(
        found,
        lambda example: pipeline.read_boxes(example.photo, [example.truth.box]),
        evaluation_data.held_out,
        "cutting the true box out of a photo and reading it",
    )


def _localizer(networks: dict[str, Trained], evaluation_data: EvaluationData) -> Measured:
    network = networks["localizer"].network
    found = {part: metrics.of_localizer(network, photos) for part, photos in evaluation_data.unseen.items()}
    return Measured(found, lambda e: network.locate(e.photo), evaluation_data.held_out, "finding the number in a photo")


def _pipeline(networks: dict[str, Trained], evaluation_data: EvaluationData) -> Measured:
    pipeline = _join(networks)
    found = {part: metrics.of_pipeline(pipeline, photos) for part, photos in evaluation_data.unseen.items()}
    return Measured(found, lambda e: pipeline.read(e.photo), evaluation_data.held_out, "finding and reading in a photo")


def _length_check(networks: dict[str, Trained], evaluation_data: EvaluationData) -> Measured:
    pipeline, counter = _join(networks), networks["counter"].network
    found = {
        part: metrics.of_length_check(pipeline, counter, photos) for part, photos in evaluation_data.unseen.items()
    }
    return Measured(
        found,
        lambda example: (pipeline.read(example.photo), counter.digits_seen(example.photo)),
        evaluation_data.held_out,
        "finding, reading and counting in a photo",
    )


def _join(networks: dict[str, Trained]) -> Pipeline:
    """A pipeline of the row's networks. Without a localizer it reads the full photo; it rejects nothing."""
    localizer = networks["localizer"].network if "localizer" in networks else build("whole")
    reader = networks["reader"]
    return Pipeline(localizer, reader.network, reader.temperature, check_length=False)


def _digits(networks: dict[str, Trained], evaluation_data: EvaluationData) -> Measured:
    network, (images, labels) = networks["reader"].network, evaluation_data.digits
    found = {TEST: metrics.of_digits(network, images, labels)}
    return Measured(found, metrics.digit_forward(network), images[:, None], "naming a digit")


def _strips(networks: dict[str, Trained], evaluation_data: EvaluationData) -> Measured:
    network = networks["reader"].network
    found = {TEST: metrics.of_strips(network, *evaluation_data.digits)}
    images = make_strips(*evaluation_data.digits, metrics.TIMED, torch.Generator().manual_seed(1)).images
    return Measured(found, metrics.digit_forward(network), images, "the network alone, on a strip")


KINDS = {
    LOCALIZER: _localizer,
    PIPELINE: _pipeline,
    LENGTH_CHECK: _length_check,
    DIGITS: _digits,
    STRIPS: _strips,
}
