"""Measure the rows of `systems` and keep a record of each until its checkpoint changes."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from ..utils.devices import code_version, machine
from ..utils.errors import DataError, TrainingError, WeightsError
from ..utils.files import write_output
from . import metrics, trained
from .evaluation_data import TEST, EvaluationData
from .measure_system import measure_system
from .systems import System

FLAGS = {"SVHN": "--data", "MNIST": "--mnist"}


class Status(Enum):
    """The outcome of measuring a row."""

    MEASURED = "measured"
    KEPT = "measured already"
    NO_DATA = "left out"
    NOT_TRAINED = "not trained"
    FAILED = "failed"


@dataclass(frozen=True)
class Outcome:
    """A row, its status, and its record or the reason why there is none."""

    row: System
    status: Status
    record: dict | None = None
    why: str = ""


def measure(
    rows: Iterable[System], evaluation_data: EvaluationData, runs: Path, own: Path, out: Path, again: bool = False
) -> Iterator[Outcome]:
    """Measure one row after the other and write out/NAME.json for each.

    runs: has a folder for each recipe. own: this project's weights that never saw the held-out photos. A record of the
    very same files, with every part that is to be measured, is kept unless `again`; a row that cannot be measured does
    not stop the others. Raises DataError when the data set is missing or damaged, or `out` cannot be written.
    """
    if out.exists() and not out.is_dir():
        raise DataError(f"{out} is no folder; name one for the records.")
    for row in rows:
        try:
            outcome = _measure(row, evaluation_data, runs, own, out, again)
        except (TrainingError, WeightsError) as error:
            outcome = Outcome(row, Status.FAILED, why=str(error))
        if outcome.status is Status.MEASURED:
            write_output(record_path(row, out), (json.dumps(outcome.record, indent=2) + "\n").encode())
        yield outcome


def record_path(row: System, out: Path) -> Path:
    """The file of a row's record."""
    return out / f"{row.name}.json"


def _measure(row: System, evaluation_data: EvaluationData, runs: Path, own: Path, out: Path, again: bool) -> Outcome:
    """Raises TrainingError or WeightsError for a damaged network, DataError for damaged data."""
    if {"SVHN": evaluation_data.data, "MNIST": evaluation_data.mnist}[row.data_set] is None:
        return Outcome(row, Status.NO_DATA, why=f"it needs {row.data_set}, whose folder {FLAGS[row.data_set]} names")
    files = {name: trained.network_file(name, runs, own) for name in row.networks.values()}
    if missing := [name for name, file in files.items() if not file.is_file()]:
        return Outcome(row, Status.NOT_TRAINED, why=f"first: python -m svhn train {missing[0]}")
    sha256 = {name: trained.file_sha256(file) for name, file in files.items()}
    parts = {TEST} if row.data_set == "MNIST" or evaluation_data.test_folder else set()
    if not again and (record := _kept_record(row, sha256, parts, out)):
        return Outcome(row, Status.KEPT, record)
    loaded = {name: trained.load(name, file, sha256[name]) for name, file in files.items()}
    networks = {part: loaded[name] for part, name in row.networks.items()}
    found = measure_system(row, networks, evaluation_data, runs / row.reader)
    test = " --test DIR" if evaluation_data.test_folder and row.data_set == "SVHN" else ""
    record = {
        "row": row.name,
        "kind": row.kind,
        "networks": {part: network.to_json() for part, network in networks.items()},
        "figures": found.metrics,
        "latency_ms": {
            "median": metrics.median_ms(found.work, found.things),
            "of": found.timed,
            "threads": metrics.THREADS,
        },
        "left_out": len(evaluation_data.left_out),
        "date": datetime.date.today().isoformat(),
        "machine": machine(),
        "code": code_version(),
        "command": f"python -m svhn measure {row.name} {FLAGS[row.data_set]} DIR{test}",
    }
    return Outcome(row, Status.MEASURED, record)


def _kept_record(row: System, sha256: dict[str, str], parts: set[str], out: Path) -> dict | None:
    """The row's record, if it is of these very files and has these parts."""
    try:
        record = json.loads(record_path(row, out).read_text(encoding="utf-8"))
        known = {part: network["sha256"] for part, network in record["networks"].items()}
        same = record["kind"] == row.kind and known == {part: sha256[name] for part, name in row.networks.items()}
        same &= parts <= set(record["figures"])
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None  # missing or damaged: it is measured again
    return record if same else None
