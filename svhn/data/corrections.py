"""A folder of photos with their true numbers that grows one by one, in the layout of the official archives.

DIR/train/1.png, 2.png, ... and DIR/train/digitStruct.mat, which `prepare` and `train_all.py` take as they are. The
digits' own boxes are not known: they are equal shares of the number's box. A photo is known again by its pixels,
whose SHA-256 stands in the same file under /collected, where nobody else looks.
"""

from __future__ import annotations

import hashlib
import io
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import h5py
import numpy as np

from .. import boxes as bx
from ..utils.errors import DataError
from ..utils.files import write_atomic
from . import matlab
from .archive import DIGITSTRUCT

SPLIT = "train"
HASHES = "collected/sha256"  # (N, 32) uint8, of every record's photo
MOST_PHOTOS = 10_000
MOST_BYTES = 128 * 2**20  # of digitStruct.mat: what records were before they were replaced stays in it
MOST_DIGITS = 10  # a number of more than five is learnt as too long
MOST_PIXELS = 2_000_000  # of a stored photo; training looks at fewer


@dataclass(frozen=True)
class Saved:
    """The file a photo went to, whether it had been there before, and how many there are now."""

    path: Path
    known: bool
    photos: int


def check_number(number: str) -> None:
    """Raises DataError unless it is written in digits, one to `MOST_DIGITS` of them."""
    if not (number.isascii() and number.isdigit()):
        raise DataError("The true number is written in digits only, for example 128.")
    if len(number) > MOST_DIGITS:
        raise DataError(f"The true number has {len(number)} digits; at most {MOST_DIGITS} can be kept.")


class Collection:
    """The folder. Threads may save at the same time; two processes with one folder may not."""

    def __init__(self, folder: Path) -> None:
        """Makes the folder where there is none. Raises DataError if it cannot be written or holds another data set."""
        self._folder = Path(folder) / SPLIT
        self._records = self._folder / DIGITSTRUCT
        self._lock = threading.Lock()
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            if not self._is_ours(Path(folder) / f"{SPLIT}.tar.gz"):
                raise DataError(f"{folder} holds photos that were not collected here; please choose another folder.")
            if not self._records.exists():
                self._create_records()
        except OSError as error:
            raise DataError(f"Photos cannot be collected in {folder}: {_reason(error)}.") from None

    def save(self, photo: np.ndarray, box: bx.Box, number: str) -> Saved:
        """RGB uint8 (h, w, 3), the box of its number and the number in digits, kept whole or not at all.

        A photo that was saved before gets the new box and number. Raises DataError, one sentence for the sender.
        """
        check_number(number)
        stored = _shrink_to_limit(photo)
        factors = stored.shape[1] / photo.shape[1], stored.shape[0] / photo.shape[0]
        boxes = _split_box(bx.scale(bx.clip(box, photo.shape[1], photo.shape[0]), *factors), len(number))
        labels = [float(digit) or 10.0 for digit in map(int, number)]  # official: the digit zero is 10
        png = _encode_png(stored)
        sha256 = np.frombuffer(hashlib.sha256(str(stored.shape).encode() + stored.tobytes()).digest(), np.uint8)
        try:
            with self._lock, self._edit_records() as file:
                hashes = file[HASHES]
                same = np.flatnonzero((hashes[:] == sha256).all(1))
                i = int(same[0]) if len(same) else len(hashes)
                entry = matlab.Entry(f"{i + 1}.png", labels, boxes)
                if i == MOST_PHOTOS:
                    raise DataError(f"Thank you, but the {MOST_PHOTOS:,} photos that can be kept here are there.")
                if len(same):
                    matlab.replace(file, i, entry)
                else:
                    matlab.extend(file, [entry])
                    hashes.resize(i + 1, axis=0)
                    hashes[i] = sha256
                write_atomic(self._folder / entry.name, png)
                return Saved(self._folder / entry.name, bool(len(same)), len(hashes))
        except OSError as error:
            raise DataError(f"The photo could not be saved: {_reason(error)}.") from None

    def _is_ours(self, archive: Path) -> bool:
        """Nothing is there yet, or what was collected before; `prepare` would take the archive instead."""
        if self._records.exists():
            with h5py.File(self._records) as file:
                return HASHES in file and not archive.exists()
        return not (archive.exists() or any(self._folder.glob("*.png")))

    def _create_records(self) -> None:
        content = io.BytesIO()
        with matlab.create(content) as file:
            file.create_dataset(HASHES, (0, 32), np.uint8, maxshape=(None, 32), chunks=(1024, 32))
        matlab.stamp(content)
        write_atomic(self._records, content.getvalue())

    @contextmanager
    def _edit_records(self) -> Iterator[h5py.File]:
        """The records to change, written if nothing goes wrong. In memory: HDF5 does not survive a full disk."""
        content = io.BytesIO()
        content.write(self._records.read_bytes())
        if content.tell() > MOST_BYTES:
            raise DataError("Thank you, but there is no more room for corrections here.")
        with h5py.File(content, "r+") as file:
            yield file
        write_atomic(self._records, content.getvalue())


def _shrink_to_limit(photo: np.ndarray) -> np.ndarray:
    """The photo itself, or a smaller copy of at most about `MOST_PIXELS`, RGB uint8 (h, w, 3)."""
    height, width = photo.shape[:2]
    factor = (MOST_PIXELS / (width * height)) ** 0.5
    if factor >= 1:
        return photo
    size = max(1, round(width * factor)), max(1, round(height * factor))
    return cv2.resize(photo, size, interpolation=cv2.INTER_AREA)


def _split_box(box: np.ndarray, count: int) -> np.ndarray:
    """The box x1 y1 x2 y2 in `count` equal parts from left to right -> (count, 4), left top width height."""
    x1, y1, x2, y2 = box
    width = (x2 - x1) / count
    return np.array([(x1 + i * width, y1, width, y2 - y1) for i in range(count)])


def _encode_png(photo: np.ndarray) -> bytes:
    """Quickly rather than tightly packed."""
    done, data = cv2.imencode(".png", photo[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 1])
    if not done:
        raise DataError(f"A photo of {photo.shape[1]}×{photo.shape[0]} pixels cannot be saved.")
    return data.tobytes()


def _reason(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno else "its digitStruct.mat is damaged"  # h5py's words fill lines
