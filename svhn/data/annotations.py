"""The number in a photo and its box, from an official record or from labels.csv."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .. import boxes as bx
from .. import labels
from ..utils.errors import DataError
from .digitstruct import Record


@dataclass(frozen=True)
class Truth:
    """`number` in digits, "" when the photo shows none; `box` (x1, y1, x2, y2) around it in photo pixels."""

    number: str
    box: bx.Box | None


def truth_from_record(record: Record) -> Truth:
    """Digits in reading order. Raises ValueError for a label that is no digit, or when no box has a size."""
    digits = [labels.digit_from_official(label) for label in record.labels]
    usable = np.isfinite(record.boxes).all(-1) & (bx.area(record.boxes) > 0)
    if not usable.any():
        raise ValueError(f"{record.name} has no box with a size")
    number = "".join(str(digits[i]) for i in bx.reading_order(record.boxes))
    return Truth(number, tuple(map(float, bx.union(record.boxes[usable]))))


@dataclass(frozen=True)
class Sample:
    """A photo in a file: its title ("" for none), the file, and what is in it."""

    title: str
    path: Path
    truth: Truth


def read_labels(folder: Path) -> list[Sample]:
    """The pictures that FOLDER/labels.csv names, in its order.

    Its columns are file and number, an empty number for none, and if known title and the box x1, y1, x2, y2.
    Raises DataError when the list is missing, damaged, or names what is not a file in the folder.
    """
    path = folder / "labels.csv"
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return [_parse_row(path, row) for row in csv.DictReader(file)]
    except OSError as error:
        raise DataError(f"{path} cannot be opened ({error.strerror}).") from None
    except (KeyError, UnicodeDecodeError, csv.Error):
        raise DataError(f"{path} needs the columns file and number, as UTF-8.") from None


def _parse_row(path: Path, row: dict[str, str | None]) -> Sample:
    if row["number"] is None:
        raise DataError(f"{path}: the row of {row['file']!r} has no field for the number; leave it empty for none.")
    name, number = row["file"] or "", row["number"].strip()
    if number and not (number.isascii() and number.isdigit()):
        raise DataError(f"{path}: the number {number!r} of {name} is not written in digits.")
    if not name or Path(name).name != name:
        raise DataError(f"{path}: {name!r} is not the name of a file in the folder.")
    try:
        sides = tuple(float(row[side]) for side in ("x1", "y1", "x2", "y2") if row.get(side))
    except ValueError:
        raise DataError(f"{path}: the box of {name} is not written in numbers.") from None
    if sides and not (len(sides) == 4 and np.isfinite(sides).all() and bx.area(np.array(sides)) > 0):
        raise DataError(f"{path}: the box of {name} is not x1 < x2, y1 < y2 in finite numbers.")
    return Sample(row.get("title") or "", path.parent / name, Truth(number, sides or None))
