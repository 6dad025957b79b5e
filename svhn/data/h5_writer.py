"""Rows appended to an HDF5 file in chunks."""

from __future__ import annotations

from dataclasses import dataclass

import h5py
import numpy as np

FORMAT_VERSION = 2
ROWS_AT_ONCE = 64  # gathered in memory, then written; a multiple of the images' chunks, so that none is packed twice


@dataclass(frozen=True)
class Column:
    """One dataset: the shape of a row, the element type, rows a chunk. Images are compressed."""

    shape: tuple[int, ...]
    dtype: str
    chunk: int = 1024


class Table:
    """An open HDF5 file with one growing dataset a column; `flush` at the end."""

    def __init__(self, file: h5py.File, columns: dict[str, Column]) -> None:
        self._datasets = {
            name: file.create_dataset(
                name,
                shape=(0, *column.shape),
                maxshape=(None, *column.shape),
                chunks=(column.chunk, *column.shape),
                dtype=column.dtype,
                compression="lzf" if len(column.shape) == 3 else None,
            )
            for name, column in columns.items()
        }
        self._rows: list[dict[str, np.ndarray | float]] = []

    def append(self, **row: np.ndarray | float) -> None:
        """One row, every column named."""
        self._rows.append(row)
        if len(self._rows) == ROWS_AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Write what is in memory."""
        for name, dataset in self._datasets.items():
            if self._rows:
                dataset.resize(len(dataset) + len(self._rows), axis=0)
                dataset[-len(self._rows) :] = np.stack([np.asarray(row[name]) for row in self._rows])
        self._rows.clear()
