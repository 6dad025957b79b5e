"""The metrics of one system, by its kind: networks and evaluation data in, plain values for a record out.

Sequence accuracy has a 95 % interval; the mean digit accuracy is secondary.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from .. import metrics
from ..boxes import Box
from ..evaluation import evaluate
from ..evaluation.evaluate import HELD_OUT, Example
from ..images.preprocess import normalise
from ..labels import BLANK
from ..models.base import SegmentsPixels
from ..models.baselines.unet import SURE
from ..pipeline import Pipeline
from ..training.losses import masks
from ..training.tasks.mnist import digits_right, read_strips
from ..utils.errors import DataError

WARM_UP, TIMED = 5, 50  # pictures before the clock is looked at, and by the clock
THREADS = 2  # while it is looked at
STRIPS = 10_000  # fresh ones, the same for every reader


class NoLocalizer(nn.Module):
    """A localizer that finds nothing, for reading true boxes only."""

    def locate(self, photo: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Photo (h, w, 3) uint8 -> boxes (0, 4) and scores (0,)."""
        return np.zeros((0, 4)), np.zeros(0)


def of_reader(reader: nn.Module, examples: Iterable[Example], temperature: float = 1.0) -> dict:
    """Metrics of reading within the true boxes."""
    report = _report(Pipeline(NoLocalizer(), reader, temperature), examples)
    return {"images": report["images"], **report["reader"]}


def of_pipeline(pipeline: Pipeline, examples: Iterable[Example]) -> dict:
    """Metrics of reading the photo alone and, under "reader", within the true boxes."""
    report = _report(pipeline, examples)
    return {"images": report["images"], **report["end_to_end"], "reader": report["reader"]}


def of_localizer(localizer: nn.Module, examples: Iterable[Example]) -> dict:
    """Metrics of the first box of every photo, whether or not a reader would prefer it. A network that segments also
    has the Dice coefficient of its masks; one that counts, how often its count is right. Raises DataError when there
    is no photo."""
    found, true, dice, counted = [], [], [], []
    for example in examples:
        boxes, _ = localizer.locate(example.photo)
        found.append(boxes[0] if len(boxes) else np.zeros(4))
        true.append(example.truth.box)
        if isinstance(localizer, SegmentsPixels):
            likely, seen = localizer.segment(example.photo)  # (S, S), (7,) or (0,)
            mask = _mask(example.truth.box, example.photo, len(likely))
            dice.append(metrics.dice((likely > SURE)[None].numpy(), mask))
            counted += [int(seen.argmax()) == len(example.truth.number)] if len(seen) else []
    if not found:
        raise DataError("There is not a single photo to evaluate.")
    result = metrics.localisation(np.array(found), np.array(true))
    hits = round(result["recall_50"] * len(found))
    result = {"images": len(found), **result, "interval_95": list(metrics.wilson_interval(hits, len(found)))}
    if dice:
        result["mask_dice"] = float(np.mean(dice))
    if counted:
        result["count_accuracy"] = metrics.share(np.array(counted))
    return result


def of_length_check(pipeline: Pipeline, counter: nn.Module, examples: Sequence[Example]) -> dict:
    """Metrics of a pipeline without the length check, and with it: readings whose length differs from the counter's
    are rejected, and count as none."""
    outcome = evaluate.run(pipeline, examples, boxed=False)
    seen = np.array([int(np.argmax(counter.digits_seen(example.photo))) for example in examples])
    true_lengths = np.array([len(number) for number in outcome.numbers])
    right = np.array(outcome.read) == np.array(outcome.numbers)
    confidence = np.array(outcome.confidence)
    read = np.array([number.isdigit() for number in outcome.read])  # neither none nor too long
    rejected = read & (seen != np.array([len(number) for number in outcome.read]))
    return {
        "images": len(right),
        "count_accuracy": metrics.share(seen == true_lengths),
        "rejected": int(rejected.sum()),
        "rejected_wrong": int((rejected & ~right).sum()),
        "without": _accepted(right, confidence, read),
        "with": _accepted(right & ~rejected, np.where(rejected, 0.0, confidence), read & ~rejected),
    }


def of_digits(network: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> dict:
    """Accuracy on single digits (N, 28, 28) uint8."""
    return _whole(digits_right(network, images, labels))


def of_strips(network: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> dict:
    """Accuracy on fresh strips of these digits."""
    strips, digits, length = read_strips(network, images, labels, STRIPS)
    same, filled = digits == strips.digits, strips.digits != BLANK
    whole = same.all(-1) & (length == strips.length)
    return {**_whole(whole), "digit_accuracy": float(same[filled].float().mean())}


@torch.inference_mode()
def median_ms(work: Callable[[Any], Any], things: Sequence[Any]) -> float:
    """Median time of one call with `THREADS` threads, after a few calls to warm up."""
    before, times = torch.get_num_threads(), []
    torch.set_num_threads(THREADS)
    try:
        for thing in [*things[:WARM_UP], *things[:TIMED]]:
            start = time.perf_counter()
            work(thing)
            times.append((time.perf_counter() - start) * 1e3)
    finally:
        torch.set_num_threads(before)
    return float(np.median(times[len(things[:WARM_UP]) :]))


def digit_forward(network: nn.Module) -> Callable[[torch.Tensor], Any]:
    """The work to time for a network of MNIST: one picture, uint8 or float (1, h, w), to logits."""
    return lambda image: network(normalise(image[None], network.config.mean, network.config.std))


def _report(pipeline: Pipeline, examples: Iterable[Example]) -> dict:
    return evaluate.split_report(evaluate.run(pipeline, examples), HELD_OUT, {})


def _whole(right: torch.Tensor) -> dict:
    hits, n = int(right.sum()), len(right)
    interval = list(metrics.wilson_interval(hits, n))
    return {"images": n, "sequence_accuracy": metrics.share(right.numpy()), "interval_95": interval}


def _accepted(right: np.ndarray, confidence: np.ndarray, read: np.ndarray) -> dict:
    """Shares of all photos, and the accuracy of those in which a number was read."""
    return {
        "sequence_accuracy": metrics.share(right),
        "interval_95": list(metrics.wilson_interval(int(right.sum()), len(right))),
        "accuracy_of_readings": metrics.share(right[read]),
        "coverage_at_98": metrics.coverage(confidence, right)[0],
    }


def _mask(box: Box, photo: np.ndarray, side: int) -> np.ndarray:
    """The true box on the photo stretched to a square, (1, side, side) bool."""
    height, width = photo.shape[:2]
    x1, y1, x2, y2 = box
    shares = torch.tensor([[[x1 / width, y1 / height, (x2 - x1) / width, (y2 - y1) / height]]])  # (1, 1, 4)
    return masks(shares, side).numpy().astype(bool)
