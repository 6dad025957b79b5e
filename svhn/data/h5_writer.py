"""Append rows to an HDF5 file in chunks; survives a full disk."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

FORMAT_VERSION = 2
ROWS_AT_ONCE = 64  # gathered in memory, then written; a multiple of the images' chunks, so that none is packed twice


@dataclass(frozen=True)
class Column:
    """One dataset: the shape of a row, the element type, and rows per chunk. Images are compressed."""

    shape: tuple[int, ...]
    dtype: str
    chunk: int = 1024


class _LenientFile(io.FileIO):
    """A file that keeps to itself what goes wrong: the HDF5 library crashes the process, at its end, when its last
    writes fail. After an error nothing more is written."""

    error: OSError | None = None

    def write(self, data: memoryview) -> int:
        rest = memoryview(data)
        try:
            while self.error is None and len(rest):
                rest = rest[super().write(rest) :]
        except OSError as error:
            self.error = error
        return len(data)

    def truncate(self, size: int | None = None) -> int:
        try:
            return super().truncate(size)
        except OSError as error:
            self.error = error
            return size or 0


class NewFile(h5py.File):
    """A new HDF5 file in `raw`."""

    def __init__(self, raw: _LenientFile) -> None:
        super().__init__(raw, "w", libver="latest")  # which has checksums for what describes the data
        self._raw = raw

    def check(self) -> None:
        """Raises OSError if anything could not be written."""
        if self._raw.error:
            raise self._raw.error


@contextmanager
def create_h5(path: Path) -> Iterator[NewFile]:
    """A new HDF5 file to write to. Raises OSError, at the end at the latest, if any of it could not be written."""
    with _LenientFile(path, "w+") as raw:
        with NewFile(raw) as file:
            yield file
        if raw.error:
            raise raw.error


class Table:
    """An open HDF5 file with one growing dataset per column. Call `flush` at the end."""

    def __init__(self, file: NewFile, columns: dict[str, Column]) -> None:
        self._file = file
        self._datasets = {
            name: file.create_dataset(
                name,
                shape=(0, *column.shape),
                maxshape=(None, *column.shape),
                chunks=(column.chunk, *column.shape),
                dtype=column.dtype,
                compression="lzf" if len(column.shape) == 3 else None,
                fletcher32=True,  # a checksum a chunk: a damaged file is an error instead of other data
            )
            for name, column in columns.items()
        }
        self._rows: list[dict[str, np.ndarray | float]] = []

    def append(self, **row: np.ndarray | float) -> None:
        """Append one row, given by column."""
        self._rows.append(row)
        if len(self._rows) == ROWS_AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Write the buffered rows. Raises OSError."""
        self._file.check()
        for name, dataset in self._datasets.items():
            if self._rows:
                dataset.resize(len(dataset) + len(self._rows), axis=0)
                dataset[-len(self._rows) :] = np.stack([np.asarray(row[name]) for row in self._rows])
        self._rows.clear()
