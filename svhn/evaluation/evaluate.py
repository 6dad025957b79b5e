"""Read every photo of a split or a folder and compare with the truth: the metrics of `report.json`."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

from .. import metrics
from ..boxes import Box
from ..data import annotations, digitstruct
from ..data.annotations import Truth, UnusableRecord
from ..data.archive import open_split
from ..data.backgrounds import background_paths
from ..data.split import is_held_out
from ..images.decode import PhotoError, open_photo
from ..pipeline import Pipeline
from ..utils.errors import DataError
from ..utils.parallel_map import IN_PROCESS, Workers

TOO_LONG = ">5"  # in place of a number of more than five digits: never right, but not the same as no number
HELD_OUT = "held_out"  # the split of train images whose number is divisible by 5


@dataclass(frozen=True)
class Example:
    """A photo, RGB uint8 (h, w, 3), and what is in it."""

    name: str
    photo: np.ndarray
    truth: Truth


@dataclass
class Outcome:
    """The result of every photo, one entry each, from which all metrics are computed."""

    names: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)  # true ones
    read: list[str] = field(default_factory=list)  # end to end; "" for none found
    confidence: list[float] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)  # found; zeros where none was
    ms: list[float] = field(default_factory=list)
    true_boxes: list[Box] = field(default_factory=list)
    boxed_read: list[str] = field(default_factory=list)  # within the true box
    boxed_confidence: list[float] = field(default_factory=list)


def split_examples(
    data_dir: Path, split: str, left_out: dict[str, str] | None = None, prepared: Path | None = None
) -> Iterator[Example]:
    """Every photo of train, test, extra or held_out with its truth, in the data set's order.

    If the folder `prepared` exists, the parsed records are kept there. Photos that cannot be evaluated (no record, no
    photo, or one that `prepare` would skip) are added to `left_out` with the reason; report them together with the
    metrics. Raises DataError for a missing or damaged data set.
    """
    left_out = {} if left_out is None else left_out

    def wanted(name: str) -> bool:
        return split != HELD_OUT or in_held_out(name)

    source = open_split(data_dir, "train" if split == HELD_OUT else split)
    records = digitstruct.read_split(source, prepared)
    rows, unusable = annotations.index_by_name(records)
    rows = {name: row for name, row in rows.items() if wanted(name)}
    damaged = {str(records.names[row]): str(error) for row, error in unusable.items()}
    left_out |= {name: reason for name, reason in damaged.items() if wanted(name) and name not in rows}
    for name, data in source.photos():
        if not wanted(name):
            continue
        row = rows.pop(name, None)
        if row is None:
            left_out.setdefault(name, "no record of its own")
            continue
        try:
            photo = open_photo(data)
            truth = annotations.truth_from_record(records[row], photo.shape[1], photo.shape[0])
        except (PhotoError, UnusableRecord) as error:
            left_out[name] = str(error)
            continue
        yield Example(name, photo, truth)
    left_out |= dict.fromkeys(rows, "its photo is missing")


def in_held_out(name: str) -> bool:
    """Whether the train photo with that file name is held out."""
    number = digitstruct.image_number(name)
    return number is not None and is_held_out(number)


def folder_examples(folder: Path) -> Iterator[Example]:
    """The pictures listed in labels.csv (file, number, ...); an empty number means that the photo shows none. Raises
    DataError when the list or a picture is missing or damaged."""
    for entry in annotations.read_labels(folder):
        try:
            yield Example(entry.path.name, open_photo(entry.path), entry.truth)
        except PhotoError as error:
            raise DataError(f"{entry.path.name}: {error}") from None


def background_examples(folder: Path) -> Iterator[Example]:
    """The pictures without a number that no network is trained on, see `background_paths`. Raises DataError."""
    for path in background_paths(folder, held_out=True):
        try:
            yield Example(path.name, open_photo(path), Truth("", None))
        except PhotoError as error:
            raise DataError(f"{path}: {error}") from None


def run(
    pipeline: Pipeline,
    examples: Iterable[Example],
    limit: int | None = None,
    boxed: bool = True,
    workers: Workers = IN_PROCESS,
) -> Outcome:
    """Read every example from the photo alone and, if `boxed` and the true box is known, also within that box."""
    outcome = Outcome()
    entries = workers.map(partial(_judge, boxed=boxed), pipeline, itertools.islice(examples, limit))
    for entry in tqdm(entries, desc="Evaluating", unit=" photos", delay=2, total=limit):
        for name, value in entry.items():
            getattr(outcome, name).append(value)
    if not outcome.names:
        raise DataError("There is not a single photo to evaluate.")
    return outcome


def _judge(pipeline: Pipeline, example: Example, boxed: bool) -> dict:
    """One photo's entries of the outcome."""
    start = time.perf_counter()
    reading = pipeline.read(example.photo)
    entry = {
        "ms": (time.perf_counter() - start) * 1e3,
        "names": example.name,
        "numbers": example.truth.number,
        "read": TOO_LONG if reading.too_long else reading.number or "",
        "confidence": reading.confidence,
        "boxes": reading.box or (0.0, 0.0, 0.0, 0.0),
    }
    if boxed and example.truth.box is not None:
        within = pipeline.read_boxes(example.photo, [example.truth.box])[0]
        entry |= {"true_boxes": example.truth.box, "boxed_read": within.number or ""}
        entry |= {"boxed_confidence": within.confidence}
    return entry


def split_report(outcome: Outcome, split: str, sha256: dict[str, str], left_out: int = 0) -> dict:
    """report.json of a split with boxes; every share is of all its images.

    The localizer's metrics are those of the box that the pipeline reported, or of an empty one if it read no number.
    """
    numbers = np.array(outcome.numbers)
    boxed_right = np.array(outcome.boxed_read) == numbers
    right = np.array(outcome.read) == numbers
    boxed_confidence = np.array(outcome.boxed_confidence)
    return {
        "split": split,
        "images": len(numbers),
        "left_out": left_out,
        "reader": {
            **_sequence_accuracy(boxed_right),
            "digit_accuracy": _digit_accuracy(outcome.boxed_read, outcome.numbers),
            "by_length": metrics.by_length(boxed_right, np.char.str_len(numbers)),
            "coverage_at_98": metrics.coverage(boxed_confidence, boxed_right)[0],
            "calibration_error": metrics.calibration_error(boxed_confidence, boxed_right),
        },
        "localizer": metrics.localisation(np.array(outcome.boxes), np.array(outcome.true_boxes)),
        "end_to_end": _end_to_end(outcome, right),
        **_costs(outcome, sha256),
    }


def photos_report(outcome: Outcome, sha256: dict[str, str]) -> dict:
    """report.json of a folder of photos. A photo without a number counts as right when none was read. Where no photo
    shows a number, there is nothing to say of confidence."""
    numbers = np.array(outcome.numbers)
    right = np.array(outcome.read) == numbers
    negative = numbers == ""
    by_length = metrics.by_length(right[~negative], np.char.str_len(numbers[~negative]))
    all_negative = _sequence_accuracy(right) if negative.all() else None
    return {
        "images": len(numbers),
        "end_to_end": all_negative or {**_end_to_end(outcome, right), "by_length": by_length},
        "negatives": {"n": int(negative.sum()), "correct": int((negative & right).sum())},
        **_costs(outcome, sha256),
    }


def _end_to_end(outcome: Outcome, right: np.ndarray) -> dict:
    confidence = np.array(outcome.confidence)
    return {
        **_sequence_accuracy(right),
        "coverage_at_98": metrics.coverage(confidence, right)[0],
        "calibration_error": metrics.calibration_error(confidence, right),
    }


def _sequence_accuracy(right: np.ndarray) -> dict:
    interval = metrics.wilson_interval(int(right.sum()), len(right))
    return {"sequence_accuracy": metrics.share(right), "interval_95": list(interval)}


def _digit_accuracy(read: list[str], numbers: list[str]) -> float:
    """Share of the true digits that were read at their position; secondary to the sequence accuracy."""
    pairs = [pair for r, n in zip(read, numbers, strict=True) for pair in itertools.zip_longest(n, r[: len(n)])]
    return metrics.share(np.array([a == b for a, b in pairs]))


def _costs(outcome: Outcome, sha256: dict[str, str]) -> dict:
    return {
        "latency_ms": {"median": float(np.median(outcome.ms)), "p95": float(np.percentile(outcome.ms, 95))},
        "weights": sha256,
    }
