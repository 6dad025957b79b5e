"""What a person takes away from a batch: small pictures to look at, a CSV, and a ZIP of annotated photos.

All of it is written to the disk as the batch goes; no picture is kept in memory. No Gradio in here.
"""

from __future__ import annotations

import csv
import io
import re
import time
import unicodedata
import zipfile
from pathlib import Path, PurePosixPath
from types import TracebackType

import numpy as np

from svhn.reading import Reading
from svhn.utils.names import Names

from .batch import Row
from .render import images

PREVIEW_SIDE = 640  # most pixels of the longer side of a small picture
NAME_BYTES = 120  # of a file's own name in ours
UNNAMED = "photo"
COLUMNS = ("file", "number", "confidence", "state", "x1", "y1", "x2", "y2", "ms", "picture", "error", "also")
FORMULA = tuple("=+-@＝＋－＠")
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)  # Windows opens no file of that name


def safe_name(name: str | None) -> str:
    """A file's own name as any system can store and show it: without folders and without characters that act."""
    last = re.split(r"[\\/]", unicodedata.normalize("NFC", name or ""))[-1]
    shown = "".join(c if c.isprintable() and c not in '<>:"|?*' else "_" for c in last).strip(". ")
    path = PurePosixPath(shown or UNNAMED)
    kept = path.stem.encode()[:NAME_BYTES].decode(errors="ignore") + path.suffix[:12]
    return f"_{kept}" if RESERVED.match(kept) else kept


class Takeaway:
    """Writes rows into `folder`, which is made for it, as they come; somebody else deletes it in time.

    A context manager: at its end the CSV and the ZIP are whole, whatever number of rows there was.
    """

    def __init__(self, folder: Path, unsure_below: float) -> None:
        """Raises OSError, as everything here that writes."""
        self.folder, self.unsure_below = folder, unsure_below
        folder.mkdir(parents=True)
        name = time.strftime("house-numbers-%Y-%m-%d-%H%M%S")
        self.csv_path, self.zip_path = folder / f"{name}.csv", folder / f"{name}.zip"
        self._files, self._pictures = Names(), Names()
        self._table = [",".join(COLUMNS) + "\r\n"]
        self._zip = zipfile.ZipFile(self.zip_path, "w", zipfile.ZIP_STORED)  # JPEGs do not get smaller

    def __enter__(self) -> Takeaway:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if kind is None:
                table = "".join(self._table).encode("utf-8-sig")  # with its mark, or Excel takes it for Latin letters
                self.csv_path.write_bytes(table)
                self._zip.writestr(self.csv_path.name, table)
        finally:
            self._zip.close()

    def add(self, row: Row) -> tuple[str, Path | None]:
        """Its file's name from now on, and the small picture of a photo that could be read."""
        file = self._files.unique(safe_name(row.name))
        picture = self._add_picture(file, row.picture) if row.picture is not None else None
        self._table.append(_line(file, row, self.unsure_below, picture.name if picture else ""))
        return file, picture

    def _add_picture(self, file: str, picture: np.ndarray) -> Path:
        name = self._pictures.unique(f"{PurePosixPath(file).stem}.jpg")
        self._zip.writestr(name, images.jpeg(picture))
        (self.folder / name).write_bytes(images.jpeg(images.shrunk(picture, PREVIEW_SIDE), quality=80))
        return self.folder / name


def _line(file: str, row: Row, unsure_below: float, picture: str) -> str:
    cells = [file, *_figures(row.reading, row.state(unsure_below)), picture, row.error or "", row.also]
    line = io.StringIO()
    csv.writer(line).writerow([_no_formula(cell) if isinstance(cell, str) else cell for cell in cells])
    return line.getvalue()


def _figures(reading: Reading | None, state: str) -> list:
    if reading is None:
        return ["", "", state, "", "", "", "", ""]
    box = [round(float(v), 1) for v in reading.box] if reading.box else [""] * 4
    ms = round(sum(reading.timings_ms.values()), 1)
    return [reading.number or "", round(float(reading.confidence), 4), state, *box, ms]


def _no_formula(text: str) -> str:
    """A cell that begins like a formula would be run by the program that opens the table."""
    return f"'{text}" if text.startswith(FORMULA) else text
