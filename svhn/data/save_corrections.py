"""Collect photos with their true numbers in a folder: 1.png, 2.png, ... and labels.csv.

`prepare --weak` and `evaluate --photos` accept it. A photo that was saved before is recognized by the SHA-256 of its
pixels, an extra column of labels.csv.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import threading
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from .. import boxes as bx
from ..utils.errors import DataError
from ..utils.files import write_atomic

LABELS = "labels.csv"
COLUMNS = ("file", "number", "x1", "y1", "x2", "y2", "sha256")
MAX_PHOTOS = 10_000
MAX_BYTES = 4 * 2**30  # of all of them
MAX_DIGITS = 10  # a number of more than five is learnt as too long
MAX_PIXELS = 2_000_000  # of a stored photo; training looks at fewer


@dataclass(frozen=True)
class Saved:
    """The file that a photo was saved to, whether it was known before, and how many photos there are now."""

    path: Path
    known: bool
    photos: int


def check_number(number: str) -> None:
    """Raises DataError unless it consists of one to `MAX_DIGITS` digits."""
    if not (number.isascii() and number.isdigit()):
        raise DataError("The true number is written in digits only, for example 128.")
    if len(number) > MAX_DIGITS:
        raise DataError(f"The true number has {len(number)} digits; at most {MAX_DIGITS} can be kept.")


class Collection:
    """The folder. Several threads may save at the same time; two processes must not share a folder."""

    def __init__(self, folder: Path) -> None:
        """Create the folder if necessary. Raises DataError if it cannot be written or holds other photos."""
        self._folder = Path(folder)
        self._lock = threading.Lock()
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._rows = self._read_rows()
            self._bytes = sum(path.stat().st_size for path in self._folder.glob("*.png"))
            self._write_rows(self._rows)
        except OSError as error:
            raise DataError(f"Photos cannot be collected in {folder}: {os.strerror(error.errno)}.") from None

    def save(self, photo: np.ndarray, box: bx.Box, number: str) -> Saved:
        """Save RGB uint8 (h, w, 3), the box of its number and the number in digits, completely or not at all.

        A photo that was saved before gets the new box and number. Raises DataError, with one sentence for the sender.
        """
        check_number(number)
        stored = _shrink_to_limit(photo)
        factors = stored.shape[1] / photo.shape[1], stored.shape[0] / photo.shape[0]
        box = bx.scale(bx.clip(np.array(box), photo.shape[1], photo.shape[0]), *factors)
        if not bx.area(box) > 0:
            raise DataError("The box lies outside the photo.")
        png = _encode_png(stored)
        sha256 = hashlib.sha256(str(stored.shape).encode() + stored.tobytes()).hexdigest()
        with self._lock:
            known = next((row for row in self._rows if row["sha256"] == sha256), None)
            if not known and (len(self._rows) == MAX_PHOTOS or self._bytes + len(png) > MAX_BYTES):
                raise DataError("Thank you, but there is no room for further photos here.")
            name = known["file"] if known else f"{len(self._rows) + 1}.png"
            row = dict(zip(COLUMNS, (name, number, *box.tolist(), sha256), strict=True))
            rows = [row if each is known else each for each in self._rows] + ([] if known else [row])
            try:
                write_atomic(self._folder / name, png)
                self._write_rows(rows)
            except OSError as error:
                raise DataError(f"The photo could not be saved: {os.strerror(error.errno)}.") from None
            self._rows, self._bytes = rows, self._bytes + (0 if known else len(png))
        return Saved(self._folder / name, bool(known), len(rows))

    def _read_rows(self) -> list[dict[str, str]]:
        path = self._folder / LABELS
        if not path.exists():
            if any(self._folder.glob("*.png")):
                raise DataError(f"{self._folder} holds other photos; please choose another folder.")
            return []
        try:
            with path.open(newline="", encoding="utf-8") as file:
                reader = csv.DictReader(file)
                if tuple(reader.fieldnames or ()) != COLUMNS:
                    raise DataError(f"{path} was not collected here; please choose another folder.")
                return list(reader)
        except (UnicodeDecodeError, csv.Error):
            raise DataError(f"{path} is damaged; please choose another folder.") from None

    def _write_rows(self, rows: list[dict]) -> None:
        content = io.StringIO(newline="")
        writer = csv.DictWriter(content, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
        write_atomic(self._folder / LABELS, content.getvalue().encode())


def _shrink_to_limit(photo: np.ndarray) -> np.ndarray:
    """The photo or, above `MAX_PIXELS`, a smaller copy of about that size, RGB uint8 (h, w, 3)."""
    height, width = photo.shape[:2]
    factor = (MAX_PIXELS / (width * height)) ** 0.5
    if factor >= 1:
        return photo
    size = max(1, round(width * factor)), max(1, round(height * factor))
    return cv2.resize(photo, size, interpolation=cv2.INTER_AREA)


def _encode_png(photo: np.ndarray) -> bytes:
    """Encode fast rather than small."""
    done, data = cv2.imencode(".png", photo[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 1])
    if not done:
        raise DataError(f"A photo of {photo.shape[1]}×{photo.shape[0]} pixels cannot be saved.")
    return data.tobytes()
