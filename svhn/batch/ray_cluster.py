"""Read millions of pictures on many machines: `python -m svhn run INPUT OUTPUT --engine ray`.

INPUT is a folder, or a text file that lists pictures, one a line. INPUT, OUTPUT and the listed pictures can be paths or
any URLs that fsspec opens. Ray Data hands out parts of up to 1,024 pictures to a pool of actors, which load the
networks once and read as `local` does. The rows of a part are one file, which appears when it is complete; so whoever
is killed, no picture is lost or repeated, and a later run reads what is missing.

    OUTPUT/job.json, pictures.jsonl      what is read, and in which order
    OUTPUT/readings/00000007.parquet     the rows of a part; its columns are `local.COLUMNS`
    OUTPUT/pictures/00000007/2.png       annotated pictures, if asked for
    OUTPUT/attempts/00000007             pictures that a part's actors were reading when they ended; deleted at the end
    OUTPUT/readings.csv                  all rows, written last
"""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import logging
import os
import warnings
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import ray.data
from fsspec.core import url_to_fs

from ..images.decode import MAX_BYTES, SUFFIXES, PhotoError
from ..pipeline import Pipeline
from ..utils.errors import DataError, UserError
from ..utils.files import printable
from ..utils.progress import progress_bar
from ..utils.storage import Place, ahead, reason, storage_errors
from .local import BOX, COLUMNS, DIGITS, TABLE, picture_names, read_and_encode, read_photos, table_line

GRAIN, MOST_GRAINS = 16, 64  # a part has GRAIN pictures or a multiple, so that even a short job occupies many actors
MANY_PARTS = 1000  # from here on parts become larger rather than more
BLAMED = 2  # actors that ended while they read the same picture; it is then left out, as a row with an error
RETRIES = 2 * BLAMED + 1  # of a part whose actor ended; the first one only shows that one of its pictures may be why
KINDS = dict.fromkeys(("n", *DIGITS), pa.int8()) | dict.fromkeys(("confidence", *BOX, "ms"), pa.float64())
SCHEMA = pa.schema([(column, KINDS.get(column, pa.string())) for column in COLUMNS])
LISTING, JOB = "pictures.jsonl", "job.json"


@dataclass(frozen=True)
class StoredPhoto:
    """A picture of a folder by its name there, or a path or URL of its own."""

    folder: Place
    listed: str

    @property
    def name(self) -> str:
        if "://" in self.listed:  # a Path would make one slash of two
            return self.listed.encode(errors="surrogateescape").decode(errors="replace")
        return printable(Path(self.listed))

    @property
    def data(self) -> bytes:
        try:
            elsewhere = "://" in self.listed or os.path.isabs(self.listed)
            fs, path = url_to_fs(self.listed) if elsewhere else (self.folder.fs, self.folder / self.listed)
            return fs.cat_file(path, end=MAX_BYTES + 1)
        except Exception as error:  # every kind of storage has its own
            raise PhotoError(f"{self.name} cannot be opened: {reason(error)}.") from None


@dataclass(frozen=True)
class _LeftOut:
    """A picture that ended the processes that read it."""

    name: str

    @property
    def data(self) -> bytes:
        raise PhotoError(f"{self.name} was left out: {BLAMED} processes ended while they read it.")


@dataclass(frozen=True)
class _Fetched:
    """A picture whose content is on its way."""

    name: str
    content: Future[bytes]

    @property
    def data(self) -> bytes:
        return self.content.result()


class PartReader:
    """An actor: reads the pictures of a part and writes their rows."""

    def __init__(self, load: Callable[[], Pipeline], source: Place, target: Place, copies: bool) -> None:
        self.pipeline, self.source, self.target, self.copies = load(), source, target, copies

    def __call__(self, part: dict[str, np.ndarray]) -> dict[str, list[str]]:
        """part: its number, and start and end of its lines in the listing, (1,) each. Returns why its rows cannot be
        written, "" if they have been."""
        number, start, end = (int(part[key][0]) for key in ("part", "start", "end"))
        try:
            lines = self.target.read(LISTING, start, end).splitlines()
            rows = self._read([StoredPhoto(self.source, json.loads(line)) for line in lines], number)
            table = io.BytesIO()
            pq.write_table(pa.Table.from_pylist(rows, SCHEMA), table)
            self.target.write(_rows_of(number), table.getvalue())
        except OSError as error:
            return {"failure": [reason(error)]}
        return {"failure": [""]}

    def _read(self, photos: list[StoredPhoto], number: int) -> list[dict[str, Any]]:
        """The rows of the pictures of that part, by the names of `COLUMNS`."""
        journal = f"attempts/{number:08}"
        try:
            blamed = json.loads(self.target.read(journal))
        except FileNotFoundError:  # this is the first attempt
            blamed = None
            self.target.write(journal, b"[]")
        kept = [_LeftOut(p.name) if blamed and blamed.count(i) >= BLAMED else p for i, p in enumerate(photos)]
        contents = ahead(lambda photo: photo.data, kept)
        files = (_Fetched(photo.name, content) for photo, content in zip(photos, contents, strict=True))
        if blamed is not None:
            files = self._note_each(files, journal, blamed)
        if not self.copies:
            return [row.cells(self.pipeline.unsure_below) for row in read_photos(self.pipeline, files)]
        names, cells = picture_names([PurePosixPath(photo.name).name for photo in photos]), []
        for job in zip(files, (f"pictures/{number:08}/{name}" for name in names), strict=True):
            row, picture = read_and_encode(self.pipeline, job)
            if picture:
                self.target.write(row.picture, picture)
            cells.append(row.cells(self.pipeline.unsure_below))
        return cells

    def _note_each(self, files: Iterable[_Fetched], journal: str, blamed: list[int]) -> Iterator[_Fetched]:
        """The files, each written down before it is read."""
        for i, file in enumerate(files):
            self.target.write(journal, json.dumps([*blamed, i]).encode())
            yield file


def run(
    load: Callable[[], Pipeline],
    networks: Iterable[str],
    source: str,
    target: str,
    copies: bool = False,
    actors: int | None = None,
    device: str = "cpu",
) -> Counter[str]:
    """Read all pictures of `source` into `target`, and count their states (see `Row.state`). What an earlier run of the
    same job has read is not read again.

    load: builds the pipeline on that device in each of the actors, of which there is by default one per GPU of the
    cluster, or per core for the device "cpu" or without GPUs. networks: their SHA-256. The cluster is the one that
    RAY_ADDRESS names or that is running on this machine; without one, it is this machine's cores.

    Raises DataError if there is no picture, `target` holds another job or cannot be written, and UserError if Ray
    cannot be started or parts are missing in the end, since their actors failed.
    """
    folder, names = _list_pictures(source)
    out = Place.at(target)
    if out == folder:
        raise DataError(f"{target} is the input folder itself; name another.")
    with _write_errors(target):
        about = {"input": folder.url, "networks": sorted(networks), "copies": copies}
        parts = _write_listing(out, names, about)
        missing = _missing(out, parts)
    if missing:
        with _ray():
            _read_parts(missing, (load, folder, out, copies), target, actors, device)
    with _write_errors(target):
        out.delete_leftovers(".", "readings", "pictures/*")
        if left := len(_missing(out, parts)):
            raise UserError(f"{left} of {len(parts)} parts were not read, since their actors failed; run this again.")
        states = _write_table(out, len(parts))
        out.delete("attempts")
        return states


def _list_pictures(source: str) -> tuple[Place, Iterator[str]]:
    """The folder, and in the order of the rows names in it, or paths and URLs of their own."""
    place = Place.at(source)
    try:
        with storage_errors():
            entries = place.fs.ls(place.path, detail=True) if place.fs.isdir(place.path) else None
            is_file = entries is None and place.fs.isfile(place.path)
        if entries is not None:
            names = sorted(PurePosixPath(each["name"]).name for each in entries if each["type"] == "file")
            folder = place
            listed = (name for name in names if name.lower().endswith(SUFFIXES) and not name.startswith("."))
        elif is_file and not place.path.lower().endswith(SUFFIXES):
            folder, listed = Place(place.fs, place.path.rpartition("/")[0]), _lines(place)
        else:
            raise DataError(f"{source} is neither a folder of pictures nor a text file that lists them.")
        first = next(listed, None)
    except OSError as error:
        raise DataError(f"{source} cannot be opened ({reason(error)}).") from None
    if first is None:
        raise DataError(f"There is no picture in {source}; it may be one of {', '.join(SUFFIXES)}.")
    return folder, itertools.chain([first], listed)


def _lines(place: Place) -> Iterator[str]:
    """The lines of a text file that are not blank. Raises DataError."""
    try:
        with place.fs.open(place.path, "rb") as file:
            for line in io.TextIOWrapper(file, "utf-8", errors="surrogateescape"):
                if line.strip():
                    yield line.rstrip("\r\n")
    except OSError as error:
        raise DataError(f"{place.url} cannot be read ({reason(error)}).") from None


def _write_listing(out: Place, names: Iterable[str], about: dict[str, Any]) -> list[dict[str, int]]:
    """Write the listing and the description of the job. Returns the parts: number, start and end in the listing."""
    starts, end, count, digest = array("Q"), 0, 0, hashlib.sha256()
    with out.writing(LISTING) as file:
        for count, name in enumerate(names, 1):
            if (count - 1) % GRAIN == 0:
                starts.append(end)
            line = json.dumps(name).encode() + b"\n"
            end += file.write(line)
            digest.update(line)
        job = json.dumps(about | {"pictures": count, "sha256": digest.hexdigest()}).encode()
        if out.fs.exists(out / JOB) and out.read(JOB) != job:
            raise DataError(f"{out.url} holds readings of other pictures or by other networks; name another folder.")
    out.write(JOB, job)
    starts = starts[:: min(MOST_GRAINS, -(-len(starts) // MANY_PARTS))]
    ends = [*starts[1:], end]
    return [{"part": i, "start": start, "end": end} for i, (start, end) in enumerate(zip(starts, ends, strict=True))]


def _missing(out: Place, parts: list[dict[str, int]]) -> list[dict[str, int]]:
    """The parts whose rows have not been written."""
    there = out.names("readings")
    return [part for part in parts if PurePosixPath(_rows_of(part["part"])).name not in there]


def _read_parts(parts: list[dict[str, int]], reader: tuple, target: str, actors: int | None, device: str) -> None:
    """Return when all are read, or left out because their actors died again and again. reader: the arguments of
    `PartReader`."""
    has = ray.cluster_resources()
    gpus = int(device != "cpu" and "GPU" in has)
    actors = actors or int(has["GPU" if gpus else "CPU"])
    context = ray.data.DataContext.get_current()
    context.max_errored_blocks = -1  # a part that kills its actors harms no other
    context.enable_progress_bars = False  # they count blocks
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of max_task_retries
        dataset = ray.data.from_items(parts, override_num_blocks=len(parts)).map_batches(
            PartReader,
            fn_constructor_args=reader,
            batch_size=1,
            compute=ray.data.ActorPoolStrategy(size=min(actors, len(parts))),
            num_cpus=1,
            num_gpus=gpus,
            max_task_retries=RETRIES,
        )
    bar = progress_bar(len(parts), 0, "svhn run", "part")
    try:
        for part in dataset.iter_rows():
            if part["failure"]:
                raise DataError(f"{target} cannot be written ({part['failure']}).")
            bar.update(1)
    except ray.exceptions.RayError as error:
        cause = str(error).strip().splitlines()[-1]  # what comes before is where
        raise UserError(f"Ray stopped: {cause}") from None
    finally:
        bar.close()


def _write_table(out: Place, parts: int) -> Counter[str]:
    """Write readings.csv from the rows of all parts, and count their states. Raises DataError for a damaged file."""
    states: Counter[str] = Counter()
    with out.writing(TABLE) as file:
        file.write((",".join(COLUMNS) + "\r\n").encode())
        for part, content in enumerate(ahead(out.read, map(_rows_of, range(parts)))):
            data = content.result()
            try:
                rows = pq.read_table(io.BytesIO(data)).to_pylist()
            except (pa.ArrowException, OSError):
                raise DataError(f"{out / _rows_of(part)} is damaged; delete it and run this again.") from None
            for cells in rows:
                file.write(table_line(cells).encode())
                states[cells["state"]] += 1
    return states


def _rows_of(part: int) -> str:
    return f"readings/{part:08}.parquet"


@contextmanager
def _write_errors(target: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DataError(f"{target} cannot be written ({reason(error)}).") from None


@contextmanager
def _ray() -> Iterator[None]:
    """Ray, which is started or connected to here unless the caller has done so."""
    if ray.is_initialized():
        yield
        return
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is reported to anybody
    try:
        ray.init(include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    except Exception as error:  # Ray raises what has no other name, too
        raise UserError(f"Ray cannot be started or reached: {reason(error)}.") from None
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    try:
        yield
    finally:
        ray.shutdown()
