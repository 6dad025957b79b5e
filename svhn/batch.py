"""A folder of pictures in; out come the same pictures with what was read in them, and all readings in one table.

    INPUT/2.png, house.webp      OUTPUT/2.png, house.webp.png      box in green, number and confidence
                                 OUTPUT/readings.csv               a row a picture, in the order of their names

A number is given as text and as an array of six, [n, d1 ... d5], such as [3, 4, 2, 7, 10, 10] for 427. Without a number
it is [0, 10, 10, 10, 10, 10]. A number of more than five digits is found, not read: its text is empty, and its array
is [6, 10, 10, 10, 10, 10].
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from . import draw, labels
from .images import SUFFIXES, PhotoError, open_photo
from .pipeline import Pipeline
from .reading import Reading
from .utils.errors import DataError
from .utils.files import UniqueNames, printable, write_atomic

TABLE = "readings.csv"
DIGITS = tuple(f"d{i + 1}" for i in range(labels.MAX_DIGITS))
COLUMNS = ("file", "number", "confidence", "x1", "y1", "x2", "y2", "n", *DIGITS, "picture", "error")
WRITTEN = (".png", ".jpg", ".jpeg")  # kinds of which the output is again; of any other it is PNG


@dataclass(frozen=True, eq=False)
class Row:
    """One picture: its reading and the name of the picture written of it, or else the sentence why there is none."""

    file: str
    reading: Reading | None = None
    picture: str = ""
    error: str = ""

    @property
    def array(self) -> list[int]:
        """[n, d1 ... d5], see `labels.as_array`; empty when there is no reading."""
        if self.reading is None:
            return []
        return labels.as_array(None if self.reading.too_long else self.reading.number or "")


def read_folder(pipeline: Pipeline, source: Path, target: Path) -> Iterator[Row]:
    """Yields a row for every picture that lies in `source` itself, as soon as it is read and its picture written into
    `target`; the table is written at the end.

    Pictures are known by their suffix, in capitals, too; sub-folders and hidden files are left alone, so `target` may
    be one of them. Raises DataError if there is no picture, both folders are one, or `target` cannot be written.
    """
    paths = _pictures(source)
    names, text = UniqueNames(), io.StringIO()
    table = csv.writer(text)
    table.writerow(COLUMNS)
    try:
        if target.exists() and target.samefile(source):
            raise DataError(f"{target} is the input folder itself; name another, so that no picture is overwritten.")
        target.mkdir(parents=True, exist_ok=True)
        for path in paths:
            row = _read(pipeline, path, target, names)
            table.writerow([row.file, *_figures(row), row.picture, row.error])
            yield row
        write_atomic(target / TABLE, text.getvalue().encode(errors="backslashreplace"))
    except OSError as error:
        raise DataError(f"{target} cannot be written ({error.strerror}).") from None


def _pictures(folder: Path) -> list[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise DataError(f"The folder {folder} cannot be opened ({error.strerror}).") from None
    pictures = [path for path in entries if path.suffix.lower() in SUFFIXES and path.is_file()]
    pictures = [path for path in pictures if not path.name.startswith(".")]
    if not pictures:
        raise DataError(f"There is no picture in {folder}; it may be one of {', '.join(SUFFIXES)}.")
    return pictures


def _read(pipeline: Pipeline, path: Path, target: Path, names: UniqueNames) -> Row:
    file = printable(Path(path.name))
    try:
        photo = open_photo(path)
    except PhotoError as error:
        return Row(file, error=str(error))
    reading = pipeline.read(photo)
    name = names.unique(file if path.suffix.lower() in WRITTEN else f"{file}.png")
    tag = f"{reading.number or 'more than five digits'} ({reading.confidence:.0%})"  # is drawn only if there is a box
    picture = draw.annotate(photo, reading.box, None, tag)
    write_atomic(target / name, draw.png(picture) if name.lower().endswith(".png") else draw.jpeg(picture))
    return Row(file, reading, name)


def _figures(row: Row) -> list:
    """The cells between the file and the picture."""
    if row.reading is None:
        return [""] * (len(COLUMNS) - 3)
    printable = row.reading.to_json()
    return [printable["number"], printable["confidence"], *(printable["box"] or [""] * 4), *row.array]
