"""digitStruct.mat -> columns: file names, digit labels and boxes of a whole split.

The file is a MATLAB v7.3 file, which is HDF5: `/digitStruct/name` and `/digitStruct/bbox` are (N, 1)
references; a name is a dataset of 16-bit characters; a bbox is a group with the datasets height, label,
left, top and width, each one float64 where the image has one digit, else (k, 1) references to k
datasets of one float64. Train has some 570,000 such objects for 33,402 images, and opening each of
them through the HDF5 library takes minutes. So h5py is asked for the two top-level arrays only, as
addresses, and `hdf5.py` follows these through the bytes of the file for thousands of records at a time.

A record in any other form than the one MATLAB writes is read through h5py after all, one by one, and
every 1,000th record is read both ways: should they ever differ, the whole file is read through h5py.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import h5py
import numpy as np
from tqdm import tqdm

from .. import boxes as bx
from ..utils.errors import DataError
from . import hdf5

FIELDS = ("height", "label", "left", "top", "width")
XYWH = (2, 3, 4, 0)  # indices into FIELDS
BLOCK = 4096  # records a step: some 50,000 small objects, a few MB
CHECK_EVERY = 1000
MAX_DIGITS = 100  # of one record; the official files have at most six
MAX_NAME = 255


@dataclass(frozen=True)
class Record:
    """One image: its file name, its number (None if the name is none), official labels, boxes x1 y1 x2 y2."""

    name: str
    image_number: int | None
    labels: np.ndarray  # (k,) float64, the digit zero is 10
    boxes: np.ndarray  # (k, 4) float64, x1 y1 x2 y2


@dataclass(frozen=True)
class Records:
    """All of a split, in the file's order. Digits of record i: rows offsets[i] to offsets[i + 1]."""

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
    """Of a file name such as "1.png"; None if it is none."""
    stem = name.rpartition(".")[0]
    return int(stem) if stem.isascii() and stem.isdigit() and len(stem) < 10 else None


def read(source: Path, progress: bool = True) -> Records:
    """Raises DataError if it is not a digitStruct.mat; single damaged records are in `Records.faults`."""
    try:
        with h5py.File(source, "r") as file:
            names, groups = file["digitStruct/name"], file["digitStruct/bbox"]
            columns = names.shape == groups.shape and names.shape[1:] == (1,)
            if not columns or {h5py.check_ref_dtype(part.dtype) for part in (names, groups)} != {h5py.Reference}:
                raise DataError(f"{source.name} is not laid out like the official one; please fetch it again.")
            if file.id.get_create_plist().get_sizes() == (8, 8):
                records = _read(file, source, progress)
                sample = range(0, len(records), CHECK_EVERY)
                if all(_agrees(file, records, i) for i in sample):
                    return records
            return _read(file, None, progress)
    except (OSError, KeyError, AttributeError) as error:
        raise DataError(f"{source.name} is no MATLAB file that can be read ({error}); please fetch it again.") from None


def _read(file: h5py.File, path: Path | None, progress: bool) -> Records:
    """Through the bytes of the file at `path` where they are understood, else (or without) through h5py."""
    total = file["digitStruct/name"].shape[0]
    name_at, group_at = (_addresses(file[f"digitStruct/{part}"]) for part in ("name", "bbox"))
    names, counts, values, faults = [], [], [], {}
    with tqdm(total=total, desc="Reading digitStruct.mat", unit=" records", delay=2, disable=not progress) as bar:
        for start in range(0, total, BLOCK):
            block = slice(start, min(start + BLOCK, total))
            if path is None:
                size = block.stop - start
                block_names, block_values = [""] * size, [np.empty((0, 5))] * size
                understood = np.zeros(size, bool)
            else:
                # Mapped anew for every block, so that the pages read before do not stay in memory.
                raw = hdf5.Bytes(np.memmap(path, np.uint8, mode="r"), file.userblock_size)
                block_names, block_values, understood = _block(raw, name_at[block], group_at[block])
            for i in np.flatnonzero(~understood):
                block_names[i], block_values[i], fault = _record(file, start + i)
                if fault:
                    faults[start + int(i)] = fault
            names.append(np.array(block_names, dtype=str))
            counts += [len(v) for v in block_values]
            values.append(np.concatenate(block_values))
            bar.update(block.stop - start)
    table = np.concatenate([*values, np.empty((0, 5))])  # (K, 5)
    offsets = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
    label = table[:, FIELDS.index("label")].copy()
    return Records(np.concatenate([*names, np.empty(0, "<U1")]), offsets, label, table[:, XYWH], faults)


def _addresses(references: h5py.Dataset) -> np.ndarray:
    """(N, 1) object references -> (N,) int64: such a reference is the address of its object."""
    addresses = np.zeros(references.shape, np.uint64)
    references.id.read(h5py.h5s.ALL, h5py.h5s.ALL, addresses, h5py.h5t.STD_REF_OBJ)
    return addresses[:, 0].astype(np.int64)


def _block(
    raw: hdf5.Bytes, name_at: np.ndarray, group_at: np.ndarray
) -> tuple[list[str], list[np.ndarray], np.ndarray]:
    """Addresses of n names and n bbox groups -> names, values (k, 5) of each record, understood (n,) bool."""
    text = hdf5.datasets(raw, name_at)
    good = text.is_text & (text.count > 0) & (text.count <= MAX_NAME)
    names = np.full(len(name_at), "", f"<U{MAX_NAME}")
    for length in np.unique(text.count[good]):
        rows = good & (text.count == length)
        units = raw.take(text.address[rows], 2 * length).view("<u2").astype("<u4")
        names[rows] = units.view(f"<U{length}")[:, 0]

    members, is_bbox = hdf5.children(raw, group_at, FIELDS)  # (n, 5), (n,)
    fields = hdf5.datasets(raw, members.ravel())
    count = fields.count.reshape(-1, 5)
    good &= is_bbox & (count[:, :1] == count).all(1) & (count[:, 0] > 0) & (count[:, 0] <= MAX_DIGITS)
    digits = np.where(good, count[:, 0], 0)  # (n,)

    # Every digit's element of every field: the value itself, or the reference to it.
    owner = np.repeat(np.arange(len(digits)), digits)  # (K,) record
    place = np.arange(len(owner)) - np.repeat(np.cumsum(digits) - digits, digits)  # (K,) of the digit in it
    at = fields.address.reshape(-1, 5)[owner] + 8 * place[:, None]  # (K, 5)
    referred = fields.is_reference.reshape(-1, 5)[owner]
    known = referred | fields.is_float.reshape(-1, 5)[owner]
    targets = hdf5.datasets(raw, raw.integers(at[referred], 8))
    known[referred] = targets.is_float & (targets.count == 1)
    at[referred] = targets.address
    values = raw.take(at.ravel(), 8).view("<f8").reshape(-1, 5)
    good[owner[~known.all(1)]] = False
    return names.tolist(), np.split(values, np.cumsum(digits)[:-1]), good


def _record(file: h5py.File, i: int) -> tuple[str, np.ndarray, str | None]:
    """Record i through h5py -> name, values (k, 5), what is wrong with it."""
    name, nothing = "", np.empty((0, 5))
    try:
        text = file[file["digitStruct/name"][i, 0]]
        if text.size > MAX_NAME:
            return name, nothing, "its file name is too long"
        name = "".join(chr(int(unit)) for unit in text[()].ravel())
        group = file[file["digitStruct/bbox"][i, 0]]
        columns = [_column(file, group[field]) for field in FIELDS]
        if len({len(column) for column in columns}) != 1:
            return name, nothing, "its fields have different numbers of digits"
        return name, np.array(columns, np.float64).T, None
    except (OSError, KeyError, ValueError, TypeError, AttributeError, RuntimeError) as error:
        return name, nothing, f"its entry is damaged ({error})"


def _column(file: h5py.File, dataset: h5py.Dataset) -> list[float]:
    if dataset.size > MAX_DIGITS:
        raise ValueError(f"{dataset.size} digits")
    elements = dataset[()].ravel()
    if h5py.check_ref_dtype(dataset.dtype):
        return [float(file[reference][()].item()) for reference in elements]
    return [float(element) for element in elements]


def _agrees(file: h5py.File, records: Records, i: int) -> bool:
    name, values, _ = _record(file, i)
    rows = slice(records.offsets[i], records.offsets[i + 1])
    label, box = values[:, FIELDS.index("label")], values[:, XYWH]
    return (
        name == records.names[i]
        and np.array_equal(label, records.labels[rows], equal_nan=True)
        and np.array_equal(box, records.boxes[rows], equal_nan=True)
    )
