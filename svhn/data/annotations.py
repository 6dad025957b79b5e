"""The number in a photo and its box, from an official record or from labels.csv."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .. import boxes as bx
from .. import labels
from ..utils.errors import DataError
from .digitstruct import Record, Records


@dataclass(frozen=True)
class Truth:
    """`number` in digits, "" when the photo shows none; `box` (x1, y1, x2, y2) around it in photo pixels."""

    number: str
    box: bx.Box | None


class UnusableRecord(ValueError):
    """A record or its photo cannot be used: the reason under which it is counted, and the details."""

    def __init__(self, reason: str, what: str = "") -> None:
        super().__init__(what or reason)
        self.reason = reason


@dataclass(frozen=True)
class Annotation:
    """A usable record, its digits in reading order: the number, box (4,) and digit_boxes (k, 4) in the photo, and
    whether these were clipped to it."""

    number: str
    box: np.ndarray
    digit_boxes: np.ndarray
    clipped: bool


def annotation_from_record(record: Record, width: float = np.inf, height: float = np.inf) -> Annotation:
    """The one rule for which records are usable: the file name is a number, every label is a digit, and every
    digit's box has a size, also within the photo of that width and height. Raises UnusableRecord."""
    if record.image_number is None:
        raise UnusableRecord("file name is no number")
    try:
        digits = [labels.digit_from_official(label) for label in record.labels]
    except ValueError as error:
        raise UnusableRecord("label outside 1 to 10", str(error)) from None
    boxes = record.boxes
    if not len(boxes):
        raise UnusableRecord("no digits")
    if not np.isfinite(boxes).all() or (boxes[:, 2:] <= boxes[:, :2]).any():
        raise UnusableRecord("box without a size", f"a box without a size, of {boxes.tolist()}")
    inside = bx.clip(boxes, width, height)
    if (bx.area(inside) == 0).any():
        box = boxes[bx.area(inside) == 0][0].tolist()
        raise UnusableRecord(
            "box outside the photo", f"the box {box} lies outside the photo of {width:g}×{height:g} pixels"
        )
    order = bx.reading_order(inside)
    number = "".join(str(digits[i]) for i in order)
    return Annotation(number, bx.union(inside), inside[order], bool((inside != boxes).any()))


def truth_from_record(record: Record, width: float = np.inf, height: float = np.inf) -> Truth:
    """The number and its box, as `annotation_from_record`. Raises UnusableRecord."""
    annotation = annotation_from_record(record, width, height)
    return Truth(annotation.number, tuple(map(float, annotation.box)))


def index_by_name(records: Records) -> tuple[dict[str, int], dict[int, UnusableRecord]]:
    """File name -> record, the first one if two have the same name; and the records that are damaged or duplicates,
    with the reason."""
    found: dict[str, int] = {}
    unusable: dict[int, UnusableRecord] = {}
    for i, name in enumerate(records.names.tolist()):
        if i in records.faults:
            unusable[i] = UnusableRecord("damaged record", records.faults[i])
        elif name in found:
            unusable[i] = UnusableRecord("name used before", f"record {found[name] + 1} has the same file name")
        else:
            found[name] = i
    return found, unusable


@dataclass(frozen=True)
class Sample:
    """A photo on the disk, its title ("" for none), and its truth."""

    title: str
    path: Path
    truth: Truth


def read_labels(folder: Path) -> list[Sample]:
    """The pictures listed in FOLDER/labels.csv, in its order.

    Its columns are file and number, empty if there is no number, and optionally title and the box x1, y1, x2, y2.
    Raises DataError when the list is missing, damaged, or names something that is not a file in the folder.
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
