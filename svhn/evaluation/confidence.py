"""Fit and judge the confidence of readings: how it follows from the signs of a search, below which there is no number,
and from where on readings need no check.

All is chosen on the photos that it is then judged by, so expect a little less of others.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from .. import weights
from ..pipeline import Pipeline
from ..selection import SelectionConfig, confidence_of
from ..utils.errors import DataError
from ..utils.files import write_output
from ..utils.parallel_map import IN_PROCESS, Workers
from .calibration import fit_logistic
from .evaluate import TOO_LONG, Example

RECORD = "confidence.json"  # in the folder of the weights
LEAST_RIGHT = 0.95  # of the readings that need no check
FEWEST = 20  # readings; of fewer, 19 in 20 says nothing
LIMITS = tuple(round(percent / 100, 2) for percent in range(30, 100))
FLOORS = tuple(round(percent / 100, 2) for percent in range(100))
LOST = 0.01  # at most, of the test photos: those that are read right, but below the floor
EMPTY_COUNTS = 0.5  # of a photo with a number: how much one without counts when weights are fitted


@dataclass(frozen=True, eq=False)
class Found:
    """The likeliest reading of a photo, "" for none, whether it is right, its confidence, and its signs, see
    `selection.Decision`. number: the true one, "" where the photo shows none."""

    number: str
    read: str = ""
    confidence: float = 0.0
    signs: np.ndarray | None = None

    @property
    def right(self) -> bool:
        """Never of photos without a number."""
        return self.read == self.number != ""

    def judged(self, weights: Sequence[float]) -> Found:
        """With the confidence that these weights give, where it follows from signs."""
        return self if self.signs is None else replace(self, confidence=confidence_of(self.signs, weights))


def examine(pipeline: Pipeline, examples: Iterable[Example], workers: Workers = IN_PROCESS) -> list[Found]:
    """The likeliest reading of every photo. Raises DataError if there is none."""
    found = list(tqdm(workers.map(_examine, pipeline, examples), desc="Reading", unit=" photos", delay=2))
    if not found:
        raise DataError("There is not a single photo to calibrate with.")
    return found


def _examine(pipeline: Pipeline, example: Example) -> Found:
    decision = pipeline.decide(example.photo)
    if decision is None:
        return Found(example.truth.number)
    reading = decision.reading
    read = TOO_LONG if reading.too_long else reading.number or ""
    return Found(example.truth.number, read, reading.confidence, decision.signs)


def fit_selection(config: SelectionConfig, test: list[Found], *others: list[Found]) -> SelectionConfig:
    """With weights fitted to all readings that were searched for, and the highest floor that loses few of `test`.
    Raises DataError if there are too few readings."""
    searched = [found for group in (test, *others) for found in group if found.signs is not None]
    right = np.array([found.right for found in searched])
    if min(right.sum(), (~right).sum()) < FEWEST:
        raise DataError(f"There are fewer than {FEWEST} right or wrong readings that were searched for; add photos.")
    importance = np.array([1.0 if found.number else EMPTY_COUNTS for found in searched])
    fitted = fit_logistic(np.stack([found.signs for found in searched]), right, importance)
    config = replace(config, confidence_weights=tuple(round(weight, 2) for weight in fitted.tolist()))
    right = [found.judged(config.confidence_weights).confidence for found in test if found.right]
    floor = max(floor for floor in FLOORS if sum(each < floor for each in right) <= LOST * len(test))
    return replace(config, floor=floor)


@dataclass(frozen=True)
class Readings:
    """The confidences of a set's right and wrong readings, the highest first; photos without a reading are in
    neither."""

    photos: int
    right: list[float]
    wrong: list[float]

    @classmethod
    def of(cls, group: list[Found], config: SelectionConfig) -> Readings:
        """From what was found in every photo of a set."""
        judged = [found.judged(config.confidence_weights) for found in group]
        reported = [found for found in judged if found.read and found.confidence >= config.floor]
        right, wrong = ([found for found in reported if found.right == kind] for kind in (True, False))
        return cls(len(group), *(sorted(map(_rounded_down, kind), reverse=True) for kind in (right, wrong)))

    def count(self, limit: float) -> tuple[int, int]:
        """How many readings have at least that confidence: right ones, and all."""
        right, wrong = (sum(each >= limit for each in group) for group in (self.right, self.wrong))
        return right, right + wrong

    def holds(self, limit: float) -> bool:
        """Whether at least `LEAST_RIGHT` of the readings from that confidence on are right."""
        right, total = self.count(limit)
        return total >= FEWEST and right >= LEAST_RIGHT * total


def _rounded_down(found: Found) -> float:
    """To four places, so that none passes a limit by rounding."""
    return float(np.floor(found.confidence * 1e4) / 1e4)


def choose_limit(sets: dict[str, Readings]) -> float:
    """The lowest confidence, in hundredths, from which on enough readings of every set are right. Raises
    DataError."""
    for limit in LIMITS:
        if all(readings.holds(limit) for readings in sets.values()):
            return limit
    raise DataError(f"No confidence up to {LIMITS[-1]} is right {LEAST_RIGHT:.0%} of the time in every set of photos.")


def write_record(folder: Path, sha256: dict[str, str], config: SelectionConfig, sets: dict[str, Readings]) -> float:
    """Write the record of these weights to their folder, and the selection and the limit to their manifest; return the
    limit. Raises DataError if there is no such limit; nothing is written then."""
    limit = choose_limit(sets)
    record = {"weights": sha256, "sets": {name: asdict(readings) for name, readings in sets.items()}}
    write_output(folder / RECORD, (json.dumps(record) + "\n").encode())
    weights.save(folder, {}, weights.read_manifest(folder) | {"selection": asdict(config), "unsure_below": limit})
    return limit


def read_record(folder: Path) -> tuple[dict[str, str], dict[str, Readings]]:
    """The sha256 of the weights that were measured, by network, and the readings by set."""
    record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    return record["weights"], {name: Readings(**readings) for name, readings in record["sets"].items()}
