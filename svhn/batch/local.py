"""Read many photos, one row each. A photo that cannot be read gets a row with the reason; the others are still read.

`python -m svhn read` and `run`, the page's tab "Many photos" and its endpoint `/read_batch` share this, and
`ray_cluster` does the same for millions of pictures on many machines. For a folder:

    INPUT/2.png, house.webp      OUTPUT/2.png, house.webp.png      box in green, number
                                 OUTPUT/readings.csv               one row per picture, in the order of their names

A number is written as text and as an array of six, [n, d1 ... d5]: 427 is [3, 4, 2, 7, 10, 10]. No number is [0, 10,
10, 10, 10, 10]. A number of more than five digits is found but not read: its text is empty, and its array is [6, 10,
10, 10, 10, 10].
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
import time
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np

from .. import labels
from ..images import draw
from ..images.decode import SUFFIXES, PhotoError, open_photo, read_bounded
from ..pipeline import Pipeline
from ..reading import Reading
from ..utils.errors import DataError
from ..utils.files import UniqueNames, printable, write_atomic
from ..utils.parallel_map import IN_PROCESS, Workers

TABLE = "readings.csv"
DIGITS = tuple(f"d{i + 1}" for i in range(labels.MAX_DIGITS))
BOX = ("x1", "y1", "x2", "y2")
COLUMNS = ("file", "number", "confidence", "state", *BOX, "ms", "n", *DIGITS, "also", "picture", "error")
WRITTEN = (".png", ".jpg", ".jpeg")  # these keep their format in the output; all others become PNG
FORMULA = tuple("=+-@＝＋－＠")
FORMULA_START = re.compile(rf"(^|[;\t])(?=[{re.escape(''.join(FORMULA))}])")  # of a cell, for any separator
READER_FAILED = "The reader itself failed on this photo; please read it alone, or make it smaller."


class PhotoFile(Protocol):
    """A file as it was sent. Accessing `data` may read the disk, and raises PhotoError if that fails."""

    @property
    def name(self) -> str | None: ...

    @property
    def data(self) -> bytes: ...


@dataclass(frozen=True)
class PhotoPath:
    """A photo on the disk, and the name that its row gets."""

    name: str
    path: Path

    @property
    def data(self) -> bytes:
        return read_bounded(self.path)


@dataclass(frozen=True, eq=False)
class Row:
    """One file: its reading or, without one, the error message.

    others: further numbers in the photo. image: the photo at display size with its numbers marked, RGB uint8 (h, w, 3),
    if it was asked for. picture: the name of the file that this image was written to.
    """

    file: str | None
    reading: Reading | None = None
    others: tuple[Reading, ...] = ()
    error: str = ""
    image: np.ndarray | None = field(default=None, repr=False)
    picture: str = ""

    @property
    def array(self) -> list[int]:
        """[n, d1 ... d5], see `labels.as_array`; empty when there is no reading."""
        if self.reading is None:
            return []
        return labels.as_array(None if self.reading.too_long else self.reading.number or "")

    @property
    def also(self) -> str:
        """The further numbers as text."""
        return ", ".join(other.label for other in self.others)

    def state(self, unsure_below: float) -> str:
        """ "confident", "check", "no number", "more than five digits" or "error"."""
        if self.reading is None:
            return "error"
        if self.reading.number is None:
            return "more than five digits" if self.reading.too_long else "no number"
        return "check" if self.reading.confidence < unsure_below else "confident"

    def to_json(self) -> dict:
        """The object that `read --json` prints: the reading, or {"file", "error"}."""
        return {"file": self.file, "error": self.error} if self.reading is None else self.reading.to_json(self.file)

    def cells(self, unsure_below: float) -> dict[str, str | int | float | None]:
        """The row's values by the names of `COLUMNS`, without those that a row of its kind lacks."""
        cells = {"file": self.file, "state": self.state(unsure_below), "picture": self.picture, "error": self.error}
        if self.reading is not None:
            shown = self.reading.to_json()
            cells |= {key: shown[key] for key in ("number", "confidence", "ms")} | {"also": self.also}
            cells |= zip(BOX, shown["box"] or (), strict=False)
            cells |= zip(("n", *DIGITS), self.array, strict=True)
        return cells

    def csv_line(self, unsure_below: float) -> str:
        """The row as a line of the table, see `table_line`."""
        return table_line(self.cells(unsure_below))


def table_line(cells: dict[str, str | int | float | None]) -> str:
    """A line of the table from values by the names of `COLUMNS`. No cell starts like a formula: spreadsheets would run
    it."""
    line = io.StringIO()
    safe = {key: _escape_formula(cell) if isinstance(cell, str) else cell for key, cell in cells.items()}
    csv.DictWriter(line, COLUMNS).writerow(safe)
    return line.getvalue()


def _escape_formula(text: str) -> str:
    return FORMULA_START.sub(r"\1'", text)


def read_photo(pipeline: Pipeline, file: PhotoFile, drawn: bool = False) -> Row:
    """Read one file. Every error becomes a row; with `drawn`, the row of a reading has its image."""
    start = time.perf_counter()
    try:
        photo = open_photo(file.data)
    except PhotoError as error:
        return Row(file.name, error=str(error))
    decode_ms = (time.perf_counter() - start) * 1e3
    try:
        reading, *others = pipeline.read_all(photo)
        thin = [(other.box, other.label) for other in others]
        image = draw.annotate(photo, reading.box, None, reading.label, thin) if drawn else None
    except Exception:  # a bug: log it, and go on with the other photos
        traceback.print_exc()
        return Row(file.name, error=READER_FAILED)
    return Row(file.name, reading.timed({"decode": decode_ms, **reading.timings_ms}), tuple(others), image=image)


def read_photos(
    pipeline: Pipeline, files: Iterable[PhotoFile], drawn: bool = False, workers: Workers = IN_PROCESS
) -> Iterator[Row]:
    """Yield a row for every file, in order, as soon as it is read. Only a few photos are in memory at a time."""
    return workers.map(partial(read_photo, drawn=drawn), pipeline, files)


def read_folder(pipeline: Pipeline, source: Path, target: Path, workers: Workers = IN_PROCESS) -> Iterator[Row]:
    """Read every picture of the folder `source`, write the annotated pictures to `target`, and yield their rows; the
    table is written last.

    A stopped run resumes: finished rows are kept in a hidden file, which is used again only for the same folder and the
    same networks. Pictures are recognized by their suffix, in any case. Sub-folders and hidden files are ignored, so
    `target` may be one of them. Raises DataError if there is no picture, both folders are the same, or `target` cannot
    be written.
    """
    files = [PhotoPath(printable(Path(path.name)), path) for path in pictures_in(source)]
    pictures = picture_names([file.name for file in files])
    try:
        if target.exists() and target.samefile(source):
            raise DataError(f"{target} is the input folder itself; name another, so that no picture is overwritten.")
        target.mkdir(parents=True, exist_ok=True)
        rows = target / f".readings-{_job(pipeline, source)}.csv"
        done = _finished_rows(rows, files)
        yield from (row for row in done if row.error)
        jobs = list(zip(files, pictures, strict=True))[len(done) :]
        with rows.open("ab") as table:
            for row, picture in workers.map(read_and_encode, pipeline, jobs):
                if picture:
                    write_atomic(target / row.picture, picture)
                table.write(row.csv_line(pipeline.unsure_below).encode(errors="backslashreplace"))
                table.flush()
                yield row
        os.replace(rows, target / TABLE)
        for old in target.glob(".readings-*.csv"):
            old.unlink()
    except OSError as error:
        raise DataError(f"{target} cannot be written ({error.strerror}).") from None


def pictures_in(folder: Path) -> list[Path]:
    """The pictures of a folder by name. Raises DataError if there is none."""
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise DataError(f"The folder {folder} cannot be opened ({error.strerror}).") from None
    pictures = [path for path in entries if path.suffix.lower() in SUFFIXES and path.is_file()]
    pictures = [path for path in pictures if not path.name.startswith(".")]
    if not pictures:
        raise DataError(f"There is no picture in {folder}; it may be one of {', '.join(SUFFIXES)}.")
    return pictures


def picture_names(files: list[str]) -> list[str]:
    """Names for the annotated pictures of these files. All differ, even where capitals do not count."""
    names = UniqueNames()
    return [names.unique(file if file.lower().endswith(WRITTEN) else f"{file}.png") for file in files]


def read_and_encode(pipeline: Pipeline, job: tuple[PhotoFile, str]) -> tuple[Row, bytes]:
    """The row of a file, and the encoded annotated picture of that name, empty if the file could not be read."""
    file, picture = job
    row = read_photo(pipeline, file, drawn=True)
    if row.image is None:
        return row, b""
    data = draw.png(row.image) if picture.lower().endswith(".png") else draw.jpeg(row.image)
    return replace(row, image=None, picture=picture), data


def _job(pipeline: Pipeline, source: Path) -> str:
    """A short hash of the input folder and the networks."""
    networks = sorted(getattr(pipeline, "sha256", {}).values())
    return hashlib.sha256("\n".join([os.fspath(source.absolute()), *networks]).encode(errors="replace")).hexdigest()[:8]


def _finished_rows(path: Path, files: list[PhotoPath]) -> list[Row]:
    """The rows that a stopped run left in its table, which is cut back to its last complete line. If they are not
    those of the first files, there are none and the table is started again."""
    header = (",".join(COLUMNS) + "\r\n").encode()
    data = path.read_bytes() if path.exists() else b""
    data = data[: data.rfind(b"\r\n") + 2] if b"\r\n" in data else header
    lines = list(csv.DictReader(io.StringIO(data.decode(errors="replace"), newline="")))
    if not data.startswith(header) or [line["file"] for line in lines] != [
        _escape_formula(file.name) for file in files[: len(lines)]
    ]:
        data, lines = header, []
    write_atomic(path, data)
    return [Row(line["file"], error=line["error"]) for line in lines]
