"""Many photos, one after the other: a broken one is a row with its sentence, and the rest go on. No Gradio in here.

The tab "Many photos" and the endpoint `/read_batch` share this:

    check_count(len(sent))                     # UserError with a sentence when there are too many
    for row in read_batch(pipeline, sent):     # anything with .name and .data; content is asked for one at a time
        row.to_json()                          # as `python -m svhn read --json`: the reading, or {"file", "error"}
        row.picture                            # RGB uint8 (h, w, 3), display size, the box drawn; None of a broken file
"""

from __future__ import annotations

import csv
import io
import re
import time
import traceback
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Protocol

import numpy as np

from svhn import draw
from svhn.images import PhotoError, open_photo
from svhn.pipeline import Pipeline
from svhn.reading import Reading
from svhn.utils.errors import UserError
from svhn.utils.files import UniqueNames

MAX_PHOTOS = 200
READER_FAILED = "The reader itself failed on this photo; please read it alone, or make it smaller."
TOO_MANY = f"These are more than {MAX_PHOTOS} files; please send at most {MAX_PHOTOS} at a time. None of them was read."
PREVIEW_SIDE = 640  # most pixels of the longer side of a small picture
NAME_BYTES = 120  # of a file's own name in ours
UNNAMED = "photo"
COLUMNS = ("file", "number", "confidence", "state", "x1", "y1", "x2", "y2", "ms", "picture", "error", "also")
FORMULA = tuple("=+-@＝＋－＠")
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)  # Windows opens no file of that name


class PhotoFile(Protocol):
    """A file as it was sent. `data` may be read from the disk when it is asked for, and raise PhotoError."""

    @property
    def name(self) -> str | None: ...

    @property
    def data(self) -> bytes: ...


@dataclass(frozen=True)
class BatchRow:
    """One file of a batch: a reading and its picture, or else the sentence why there is none."""

    name: str | None
    reading: Reading | None = None
    picture: np.ndarray | None = field(default=None, repr=False)
    error: str | None = None
    others: tuple[Reading, ...] = ()  # the further numbers of the photo

    @property
    def also(self) -> str:
        """The further numbers in words."""
        return ", ".join(other.label for other in self.others)

    def state(self, unsure_below: float) -> str:
        """ "sure", "unsure", "none", "too long" or "error"."""
        if self.reading is None:
            return "error"
        if self.reading.number is None:
            return "too long" if self.reading.too_long else "none"
        return "unsure" if self.reading.confidence < unsure_below else "sure"

    def to_json(self) -> dict:
        """The object that `read --json` prints: the reading, or {"file", "error"}."""
        return {"file": self.name, "error": self.error} if self.reading is None else self.reading.to_json(self.name)


def check_count(count: int) -> None:
    """Raises UserError, a sentence for the sender, when a batch has more than `MAX_PHOTOS` files."""
    if count > MAX_PHOTOS:
        raise UserError(TOO_MANY)


def read_batch(pipeline: Pipeline, sent: Iterable[PhotoFile]) -> Iterator[BatchRow]:
    """Yields a row for every file, in their order, as soon as it is read; holds one photo at a time."""
    for file in sent:
        yield _read(pipeline, file)


def _read(pipeline: Pipeline, file: PhotoFile) -> BatchRow:
    start = time.perf_counter()
    try:
        photo = open_photo(file.data)
    except PhotoError as error:
        return BatchRow(file.name, error=str(error))
    decode_ms = (time.perf_counter() - start) * 1e3
    try:
        reading, *others = pipeline.read_all(photo)
        thin = [(other.box, other.label) for other in others]
        picture = draw.annotate(photo, reading.box, None, reading.label, thin)
    except Exception:  # a mistake of ours, for the log; the rest of the batch goes on
        traceback.print_exc()
        return BatchRow(file.name, error=READER_FAILED)
    reading = reading.timed({"decode": decode_ms, **reading.timings_ms})
    return BatchRow(file.name, reading, picture, others=tuple(others))


def safe_name(name: str | None) -> str:
    """A file's own name as any system can store and show it: without folders and without characters that act."""
    last = re.split(r"[\\/]", unicodedata.normalize("NFC", name or ""))[-1]
    shown = "".join(c if c.isprintable() and c not in '<>:"|?*' else "_" for c in last).strip(". ")
    path = PurePosixPath(shown or UNNAMED)
    kept = path.stem.encode()[:NAME_BYTES].decode(errors="ignore") + path.suffix[:12]
    return f"_{kept}" if RESERVED.match(kept) else kept


class BatchExport:
    """Writes rows into `folder`, which is made for it, as they come; somebody else deletes it in time.

    A context manager: at its end the CSV and the ZIP are whole, whatever number of rows there was.
    """

    def __init__(self, folder: Path, unsure_below: float) -> None:
        """Raises OSError, as everything here that writes."""
        self.folder, self.unsure_below = folder, unsure_below
        folder.mkdir(parents=True)
        name = time.strftime("house-numbers-%Y-%m-%d-%H%M%S")
        self.csv_path, self.zip_path = folder / f"{name}.csv", folder / f"{name}.zip"
        self._files, self._pictures = UniqueNames(), UniqueNames()
        self._table = [",".join(COLUMNS) + "\r\n"]
        self._zip = zipfile.ZipFile(self.zip_path, "w", zipfile.ZIP_STORED)  # JPEGs do not get smaller

    def __enter__(self) -> BatchExport:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if kind is None:
                table = "".join(self._table).encode("utf-8-sig")  # with its mark, or Excel takes it for Latin letters
                self.csv_path.write_bytes(table)
                self._zip.writestr(self.csv_path.name, table)
        finally:
            self._zip.close()

    def add(self, row: BatchRow) -> tuple[str, Path | None]:
        """Its file's name from now on, and the small picture of a photo that could be read."""
        file = self._files.unique(safe_name(row.name))
        picture = self._add_picture(file, row.picture) if row.picture is not None else None
        self._table.append(_line(file, row, self.unsure_below, picture.name if picture else ""))
        return file, picture

    def _add_picture(self, file: str, picture: np.ndarray) -> Path:
        name = self._pictures.unique(f"{PurePosixPath(file).stem}.jpg")
        self._zip.writestr(name, draw.jpeg(picture))
        (self.folder / name).write_bytes(draw.jpeg(draw.shrink(picture, PREVIEW_SIDE), quality=80))
        return self.folder / name


def _line(file: str, row: BatchRow, unsure_below: float, picture: str) -> str:
    cells = [file, *_reading_cells(row.reading, row.state(unsure_below)), picture, row.error or "", row.also]
    line = io.StringIO()
    csv.writer(line).writerow([_escape_formula(cell) if isinstance(cell, str) else cell for cell in cells])
    return line.getvalue()


def _reading_cells(reading: Reading | None, state: str) -> list:
    if reading is None:
        return ["", "", state, "", "", "", "", ""]
    box = [round(float(v), 1) for v in reading.box] if reading.box else [""] * 4
    ms = round(sum(reading.timings_ms.values()), 1)
    return [reading.number or "", round(float(reading.confidence), 4), state, *box, ms]


def _escape_formula(text: str) -> str:
    """A cell that begins like a formula would be run by the program that opens the table."""
    return f"'{text}" if text.startswith(FORMULA) else text
