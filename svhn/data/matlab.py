"""digitStruct.mat for writing, as MATLAB lays it out; `digitstruct.py` reads it and says what lies where.

Only the two columns `/digitStruct/name` and `/digitStruct/bbox` differ from the official files: they can grow,
so that adding a record does not write the others anew. What h5py creates one by one takes milliseconds a record.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import h5py
import numpy as np

TEXT = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Mon Dec  5 21:09:26 2011 HDF5 schema 1.00 ."
HEADER = TEXT.ljust(116) + bytes(8) + b"\x00\x02IM"  # version and byte order
HEADER_SPACE = 512
COLUMNS = ("name", "bbox")
ROWS_A_CHUNK = 1024


@dataclass(frozen=True)
class Entry:
    """One image as the file tells it."""

    name: str
    labels: list[float]  # official: the digit zero is 10
    boxes: np.ndarray  # (k, 4) float64, left top width height


def create(target: Path | BinaryIO, **options: str) -> h5py.File:
    """An open file without any record; `options` go to `h5py.File`."""
    file = h5py.File(target, "w", userblock_size=HEADER_SPACE, **options)
    file.create_group("#refs#")
    root = file.create_group("digitStruct")
    root.attrs["MATLAB_class"] = np.bytes_("struct")
    for column in COLUMNS:
        root.create_dataset(column, (0, 1), h5py.ref_dtype, maxshape=(None, 1), chunks=(ROWS_A_CHUNK, 1))
    return file


def stamp(target: BinaryIO) -> None:
    """MATLAB's own header before the HDF5 file, which must be closed."""
    target.seek(0)
    target.write(HEADER)


def extend(file: h5py.File, entries: Iterable[Entry]) -> None:
    """Adds records at the end."""
    references = _write(file, entries)  # (n, 2)
    for column, added in zip(COLUMNS, references.T, strict=True):
        dataset = file["digitStruct"][column]
        dataset.resize(len(dataset) + len(added), axis=0)
        if len(added):
            dataset[-len(added) :] = added[:, None]


def replace(file: h5py.File, i: int, entry: Entry) -> None:
    """Puts the entry in the place of record i; what the record was stays in the file, unseen."""
    for column, added in zip(COLUMNS, _write(file, [entry])[0], strict=True):
        file["digitStruct"][column][i, 0] = added


def _write(file: h5py.File, entries: Iterable[Entry]) -> np.ndarray:
    """The objects of the entries -> references to each one's name and bbox, (n, 2)."""
    refs = file["#refs#"]
    count = len(refs)

    def key() -> str:
        nonlocal count
        count += 1
        return f"v{count}"

    def add(data: np.ndarray, kind: str) -> h5py.Reference:
        dataset = refs.create_dataset(key(), data=data)
        dataset.attrs["MATLAB_class"] = np.bytes_(kind)
        dataset.attrs["H5PATH"] = np.bytes_("/digitStruct")
        return dataset.ref

    references = []
    for entry in entries:
        name = add(np.array([[ord(c)] for c in entry.name], np.uint16), "char")
        group = refs.create_group(key())
        group.attrs["MATLAB_class"] = np.bytes_("struct")
        left, top, width, height = np.asarray(entry.boxes, np.float64).reshape(-1, 4).T
        fields = {"height": height, "label": entry.labels, "left": left, "top": top, "width": width}
        for field, values in fields.items():
            if len(values) == 1:
                group[field] = np.array([[values[0]]], np.float64)
            else:
                data = np.array([add(np.array([[v]], np.float64), "double") for v in values], h5py.ref_dtype)
                group.create_dataset(field, data=data.reshape(-1, 1), dtype=h5py.ref_dtype)
        references.append((name, group.ref))
    return np.array(references, h5py.ref_dtype).reshape(-1, 2)
