"""The rows of `systems`, measured: one record each, written whole, and kept until its checkpoint is another one."""

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
from . import metrics as figures
from . import trained
from .evaluation_data import Material
from .measure_kinds import measured
from .systems import Row

FLAGS = {"SVHN": "--data", "MNIST": "--mnist"}


class Fate(Enum):
    """What became of a row."""

    MEASURED = "measured"
    KEPT = "measured already"
    NO_DATA = "left out"
    NOT_TRAINED = "not trained"
    FAILED = "failed"


@dataclass(frozen=True)
class Told:
    """A row, what became of it, and its record, or in words why there is none."""

    row: Row
    fate: Fate
    record: dict | None = None
    why: str = ""


def measure(
    rows: Iterable[Row], material: Material, runs: Path, own: Path, out: Path, again: bool = False
) -> Iterator[Told]:
    """Measures one row after the other and writes out/NAME.json of each.

    runs: has a folder for each recipe; own: this project's weights that never saw the held-out photos. A row that was
    measured from the very same files is kept, unless `again`; one that cannot be measured does not stop the others.
    Raises DataError when the data set is missing or damaged, or `out` cannot be written.
    """
    if out.exists() and not out.is_dir():
        raise DataError(f"{out} is no folder; name one for the records.")
    for row in rows:
        try:
            told = _measure(row, material, runs, own, out, again)
        except (TrainingError, WeightsError) as error:
            told = Told(row, Fate.FAILED, why=str(error))
        if told.fate is Fate.MEASURED:
            write_output(path_of(row, out), (json.dumps(told.record, indent=2) + "\n").encode())
        yield told


def path_of(row: Row, out: Path) -> Path:
    """The file of a row's record."""
    return out / f"{row.name}.json"


def _measure(row: Row, material: Material, runs: Path, own: Path, out: Path, again: bool) -> Told:
    """Raises TrainingError or WeightsError for a damaged network, DataError for damaged data."""
    if {"SVHN": material.data, "MNIST": material.mnist}[row.data_set] is None:
        return Told(row, Fate.NO_DATA, why=f"it needs {row.data_set}, whose folder {FLAGS[row.data_set]} names")
    files = {name: trained.file_of(name, runs, own) for name in row.networks.values()}
    if missing := [name for name, file in files.items() if not file.is_file()]:
        return Told(row, Fate.NOT_TRAINED, why=f"first: python -m svhn train {missing[0]}")
    sha256 = {name: trained.sha256_of(file) for name, file in files.items()}
    if not again and (record := _kept(row, sha256, out)):
        return Told(row, Fate.KEPT, record)
    loaded = {name: trained.load(name, file, sha256[name]) for name, file in files.items()}
    networks = {part: loaded[name] for part, name in row.networks.items()}
    found = measured(row, networks, material, runs / row.reader)
    record = {
        "row": row.name,
        "kind": row.kind,
        "networks": {part: network.to_json() for part, network in networks.items()},
        "figures": found.figures,
        "latency_ms": {
            "median": figures.median_ms(found.work, found.things),
            "of": found.timed,
            "threads": figures.THREADS,
        },
        "left_out": len(material.left_out),
        "date": datetime.date.today().isoformat(),
        "machine": machine(),
        "code": code_version(),
        "command": f"python -m svhn measure {row.name} {FLAGS[row.data_set]} DIR",
    }
    return Told(row, Fate.MEASURED, record)


def _kept(row: Row, sha256: dict[str, str], out: Path) -> dict | None:
    """The row's record, if it is of these very files."""
    try:
        record = json.loads(path_of(row, out).read_text(encoding="utf-8"))
        known = {part: network["sha256"] for part, network in record["networks"].items()}
        same = record["kind"] == row.kind and known == {part: sha256[name] for part, name in row.networks.items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None  # missing or damaged: it is measured anew
    return record if same else None
