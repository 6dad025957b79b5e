"""Choose the confidence from which readings need no check, and record how often they are right.

The limit is chosen on the photos that it is then judged by, so expect a little less of others.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from .. import weights
from ..utils.errors import DataError
from ..utils.files import write_output
from .evaluate import Outcome

RECORD = "confidence.json"  # in the folder of the weights
LEAST_RIGHT = 0.95  # of the readings that need no check
FEWEST = 20  # readings; of fewer, 19 in 20 says nothing
LIMITS = tuple(round(percent / 100, 2) for percent in range(30, 100))


@dataclass(frozen=True)
class Readings:
    """The confidences of a set's right and wrong readings, the highest first; photos without a reading are in
    neither."""

    photos: int
    right: list[float]
    wrong: list[float]

    @classmethod
    def of(cls, outcome: Outcome) -> Readings:
        """From what was read in every photo of a set."""
        read, numbers = np.array(outcome.read), np.array(outcome.numbers)
        confidence = np.floor(np.array(outcome.confidence) * 1e4) / 1e4  # so that none passes a limit by rounding
        right = read == numbers
        right, wrong = (sorted(confidence[(read != "") & group].tolist(), reverse=True) for group in (right, ~right))
        return cls(len(numbers), right, wrong)

    def count(self, limit: float) -> tuple[int, int]:
        """How many readings have at least that confidence: right ones, and all."""
        right, wrong = (sum(each >= limit for each in group) for group in (self.right, self.wrong))
        return right, right + wrong

    def holds(self, limit: float) -> bool:
        """Whether at least `LEAST_RIGHT` of the readings from that confidence on are right."""
        right, total = self.count(limit)
        return total >= FEWEST and right >= LEAST_RIGHT * total


def choose_limit(sets: dict[str, Readings]) -> float:
    """The lowest confidence, in hundredths, from which on enough readings of every set are right. Raises
    DataError."""
    for limit in LIMITS:
        if all(readings.holds(limit) for readings in sets.values()):
            return limit
    raise DataError(f"No confidence up to {LIMITS[-1]} is right {LEAST_RIGHT:.0%} of the time in every set of photos.")


def write_record(folder: Path, sha256: dict[str, str], sets: dict[str, Readings]) -> float:
    """Write the record of these weights to their folder, and the limit to their manifest; return the limit. Raises
    DataError if there is no such limit; nothing is written then."""
    limit = choose_limit(sets)
    record = {"weights": sha256, "sets": {name: asdict(readings) for name, readings in sets.items()}}
    write_output(folder / RECORD, (json.dumps(record) + "\n").encode())
    weights.save(folder, {}, weights.read_manifest(folder) | {"unsure_below": limit})
    return limit


def read_record(folder: Path) -> tuple[dict[str, str], dict[str, Readings]]:
    """The sha256 of the weights that were measured, by network, and the readings by set."""
    record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    return record["weights"], {name: Readings(**readings) for name, readings in record["sets"].items()}
