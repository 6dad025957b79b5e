"""Write the results of many photos as CSV and ZIP, under safe names; limit their number. No Gradio in here."""

from __future__ import annotations

import re
import time
import unicodedata
import zipfile
from dataclasses import replace
from pathlib import Path, PurePosixPath
from types import TracebackType

import numpy as np

from svhn.batch.local import COLUMNS, Row
from svhn.images import draw
from svhn.utils.errors import UserError
from svhn.utils.files import UniqueNames

MAX_PHOTOS = 200
TOO_MANY = f"These are more than {MAX_PHOTOS} files; please send at most {MAX_PHOTOS} at a time. None of them was read."
PREVIEW_SIDE = 640  # most pixels of the longer side of a small picture
NAME_BYTES = 120  # kept of a file's own name
UNNAMED = "photo"
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)  # Windows opens no file of that name


def check_count(count: int) -> None:
    """Raises UserError, a sentence for the sender, when a batch has more than `MAX_PHOTOS` files."""
    if count > MAX_PHOTOS:
        raise UserError(TOO_MANY)


def safe_name(name: str | None) -> str:
    """A file's name that every system can store and show: without folders and without special characters."""
    last = re.split(r"[\\/]", unicodedata.normalize("NFC", name or ""))[-1]
    shown = "".join(c if c.isprintable() and c not in '<>:"|?*' else "_" for c in last).strip(". ")
    path = PurePosixPath(shown or UNNAMED)
    kept = path.stem.encode()[:NAME_BYTES].decode(errors="ignore") + path.suffix[:12]
    return f"_{kept}" if RESERVED.match(kept) else kept


class BatchExport:
    """Writes rows into a new folder `folder` as they come; the caller deletes it in time.

    A context manager: when it ends, CSV and ZIP are complete, however many rows there were.
    """

    def __init__(self, folder: Path, unsure_below: float) -> None:
        """Raises OSError, like every method that writes."""
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

    def add(self, row: Row) -> tuple[str, Path | None]:
        """Add a row; return its unique file name, and the small picture if the photo could be read."""
        file = self._files.unique(safe_name(row.file))
        picture = self._add_picture(file, row.image) if row.image is not None else None
        named = replace(row, file=file, picture=picture.name if picture else "")
        self._table.append(named.csv_line(self.unsure_below))
        return file, picture

    def _add_picture(self, file: str, picture: np.ndarray) -> Path:
        name = self._pictures.unique(f"{PurePosixPath(file).stem}.jpg")
        self._zip.writestr(name, draw.jpeg(picture))
        (self.folder / name).write_bytes(draw.jpeg(draw.shrink(picture, PREVIEW_SIDE), quality=80))
        return self.folder / name
