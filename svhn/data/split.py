"""The only place that knows which images of train are held out; also writes the split as a table."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path

import h5py
import numpy as np

from ..utils.errors import DataError
from ..utils.files import write_output

HELD_OUT_EVERY = 5


def is_held_out(number: int | np.ndarray) -> bool | np.ndarray:
    """Whether image numbers are held out from training of models under evaluation, any shape -> same shape."""
    return number % HELD_OUT_EVERY == 0


def write_split_table(prepared: Path, out: Path) -> Counter[str]:
    """prepared/train_crops.h5 -> a CSV with file, number (of the image) and part, "train" or "held_out", sorted by
    number; return the count of each part.

    Raises DataError when the prepared file is missing or damaged, or `out` cannot be written.
    """
    path = prepared / "train_crops.h5"
    if not path.is_file():
        raise DataError(f"{prepared} holds no {path.name}; make it with: python -m svhn prepare --data DIR")
    try:
        with h5py.File(path) as file:
            numbers = np.sort(file["number"][:])
    except (OSError, KeyError) as error:
        raise DataError(f"{path} is not a prepared file ({error}); run: python -m svhn prepare") from None
    parts = np.where(is_held_out(numbers), "held_out", "train").tolist()
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(("file", "number", "part"))
    table.writerows((f"{number}.png", number, part) for number, part in zip(numbers, parts, strict=True))
    write_output(out, text.getvalue().encode())
    return Counter(parts)
