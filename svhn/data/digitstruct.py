"""digitStruct.mat -> columns: file names, digit labels and boxes of a split.

The file is a MATLAB v7.3 file, which is HDF5: `/digitStruct/name` and `/digitStruct/bbox` are (N, 1)
references; a name is a dataset of 16-bit characters; a bbox is a group with the datasets height, label,
left, top and width, each one float64 where the image has one digit, else (k, 1) references to k
datasets of one float64. Train has some 570,000 such objects for 33,402 images, so they are read through
h5py's low-level calls, and `read_split` keeps the result.
"""

from __future__ import annotations

import contextlib
import io
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import h5py
import numpy as np
from h5py import h5d, h5f, h5r, h5s, h5t
from tqdm import tqdm

from .. import boxes as bx
from ..utils.errors import DataError
from ..utils.files import write_atomic
from .archive import Split

FIELDS = ("height", "label", "left", "top", "width")
XYWH = (2, 3, 4, 0)  # indices into FIELDS
MAX_DIGITS = 100  # of one record; the official files have at most six
MAX_NAME = 255
ONE = h5s.create_simple((1,))
DAMAGES = (OSError, KeyError, ValueError, TypeError, AttributeError, RuntimeError)  # what h5py raises on bad objects


@dataclass(frozen=True)
class Record:
    """One image: file name, its number (None if the name is not a number), official labels, boxes x1 y1 x2 y2."""

    name: str
    image_number: int | None
    labels: np.ndarray  # (k,) float64, the digit zero is 10
    boxes: np.ndarray  # (k, 4) float64, x1 y1 x2 y2


@dataclass(frozen=True)
class Records:
    """The records of a split, in the file's order. Digits of record i: rows offsets[i] to offsets[i + 1]."""

    names: np.ndarray  # (N,) str
    offsets: np.ndarray  # (N + 1,) int64
    labels: np.ndarray  # (K,) float64, official: the digit zero is 10
    boxes: np.ndarray  # (K, 4) float64, left top width height
    faults: dict[int, str] = field(default_factory=dict)  # record -> why it could not be read

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, i: int) -> Record:
        if not 0 <= i < len(self):
            raise IndexError(i)
        rows = slice(self.offsets[i], self.offsets[i + 1])
        name = str(self.names[i])
        return Record(name, image_number(name), self.labels[rows], bx.from_xywh(self.boxes[rows]))


def image_number(name: str) -> int | None:
    """The number in a file name such as "1.png", else None."""
    stem = name.rpartition(".")[0]
    return int(stem) if stem.isascii() and stem.isdigit() and len(stem) < 10 else None


def read_split(source: Split, cache_dir: Path | None = None, progress: bool = True) -> Records:
    """The records of a split. If `cache_dir` exists, the parsed records are kept there and reused until the split
    changes. Raises DataError when digitStruct.mat is missing or damaged."""
    cache = cache_dir / f"{source.name}_records.npz" if cache_dir and cache_dir.is_dir() else None
    stamp = source.stamp()
    if cache and (records := _load(cache, stamp)):
        return records
    with source.digitstruct(progress) as path:
        records = read(path, progress)
    if cache:
        _store(records, cache, stamp)
    return records


def read(path: Path, progress: bool = True) -> Records:
    """Raises DataError if it is not a digitStruct.mat; damaged single records are in `Records.faults`."""
    try:
        with h5py.File(path, "r") as file:
            names, groups = file["digitStruct/name"], file["digitStruct/bbox"]
            columns = names.shape == groups.shape and names.shape[1:] == (1,)
            if not columns or {h5py.check_ref_dtype(part.dtype) for part in (names, groups)} != {h5py.Reference}:
                raise DataError(f"{path.name} is not laid out like the official one; please fetch it again.")
            references = zip(names[:, 0], groups[:, 0], strict=True)
            bar = tqdm(references, f"Reading {path.name}", len(names), unit=" records", delay=2, disable=not progress)
            parsed = [_record(file.id, *pair) for pair in bar]
    except (OSError, KeyError, AttributeError) as error:
        raise DataError(f"{path.name} is not a readable MATLAB file ({error}); please fetch it again.") from None
    table = np.concatenate([np.empty((0, len(FIELDS))), *(values for _, values, _ in parsed)])  # (K, 5)
    offsets, boxes = np.cumsum([0, *(len(values) for _, values, _ in parsed)]), table[:, XYWH]
    return Records(
        names=np.array([name for name, _, _ in parsed], dtype=str),
        offsets=offsets,
        labels=table[:, FIELDS.index("label")].copy(),
        boxes=boxes,
        faults={i: fault for i, (_, _, fault) in enumerate(parsed) if fault} | _fractions(offsets, boxes),
    )


def _fractions(offsets: np.ndarray, boxes: np.ndarray) -> dict[int, str]:
    """Records with a box in fractions of pixels, if the file has few: all official boxes are in whole pixels, and
    MATLAB writes no checksums, so that this is how a damaged one shows."""
    fractional = (np.isfinite(boxes) & (boxes != boxes.round())).any(1)  # (K,)
    few = 2 * fractional.sum() < len(boxes)
    records = np.searchsorted(offsets, np.flatnonzero(fractional), "right") - 1 if few else ()
    return {int(i): "its box is in fractions of pixels, unlike the others" for i in records}


def _record(file: h5f.FileID, name_at: h5py.Reference, bbox_at: h5py.Reference) -> tuple[str, np.ndarray, str | None]:
    """Name, values (k, 5), and what is wrong with the record."""
    name = ""
    try:
        text = _elements(h5r.dereference(name_at, file), np.uint16, MAX_NAME)
        name = text.tobytes().decode("utf-16")
        bbox = h5r.dereference(bbox_at, file)
        columns = [_column(file, h5d.open(bbox, field.encode())) for field in FIELDS]
        return name, np.stack(columns, axis=1), None  # stack: as many elements in every field
    except DAMAGES as error:
        return name, np.empty((0, len(FIELDS))), f"its entry is damaged ({error})"


def _column(file: h5f.FileID, dataset: h5d.DatasetID) -> np.ndarray:
    """One field of a bbox -> (k,) float64."""
    if dataset.get_type().get_class() != h5t.REFERENCE:
        return _elements(dataset, np.float64, MAX_DIGITS)
    references = _elements(dataset, h5py.ref_dtype, MAX_DIGITS)
    values = np.empty(len(references))
    for i, reference in enumerate(references):
        h5r.dereference(reference, file).read(ONE, h5s.ALL, values[i : i + 1])
    return values


def _elements(dataset: h5d.DatasetID, dtype: np.dtype, limit: int) -> np.ndarray:
    """All elements as one row. Raises ValueError when there are more than `limit`."""
    count = dataset.get_space().get_simple_extent_npoints()
    if count > limit:
        raise ValueError(f"{count} elements instead of at most {limit}")
    values = np.empty(count, dtype)
    if count:
        dataset.read(h5s.create_simple((count,)), h5s.ALL, values)
    return values


def _store(records: Records, cache: Path, stamp: str) -> None:
    """Keep the records; silently skipped if the disk is full or read-only, since they can be parsed again."""
    content = io.BytesIO()
    faulty = np.array(list(records.faults), np.int64)
    reasons = np.array(list(records.faults.values()), str)
    columns = {"names": records.names, "offsets": records.offsets, "labels": records.labels, "boxes": records.boxes}
    np.savez(content, stamp=stamp, faulty=faulty, reasons=reasons, **columns)
    with contextlib.suppress(OSError):
        write_atomic(cache, content.getvalue())


def _load(cache: Path, stamp: str) -> Records | None:
    """The cached records; None unless they are of this very split."""
    try:
        with np.load(cache) as found:
            if str(found["stamp"]) != stamp:
                return None
            faults = dict(zip(found["faulty"].tolist(), found["reasons"].tolist(), strict=True))
            return Records(found["names"], found["offsets"], found["labels"], found["boxes"], faults)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
