"""Photos with a known number and only a proposed box -> `weak_crops.h5` and `weak_scenes.h5`.

Each folder holds labels.csv (file, number, x1, y1, x2, y2) and the pictures, next to it or in images.tar.gz. Photos
without a box are left out. In a second round, with a pipeline's `read`, the pipeline's box replaces the listed one if
it reads the listed number; photos that it confidently reads as another number are left out, because their label may be
wrong.

The files have the columns of `prepare`'s, but digit_boxes is NaN, because they are unknown. `number` is the one in the
file's name, so the same rule holds photos out.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from .. import boxes as bx
from .. import labels
from ..images.decode import PhotoError, open_photo
from ..reading import Reading
from ..utils.errors import DataError
from ..utils.files import working_folder
from .annotations import Sample, read_labels
from .archive import pictures_in_archive
from .h5_writer import FORMAT_VERSION, Table, create_h5
from .prepare import CROPS, SCENES, crop_row, scene_row

ARCHIVE = "images.tar.gz"
SURE = 0.9  # a different reading with at least this confidence puts the label in doubt


def prepare_weak(
    folders: Sequence[Path],
    out_dir: Path,
    read: Callable[[np.ndarray], list[Reading]] | None = None,
    progress: bool = True,
) -> Counter[str]:
    """Write the two files; return how many photos were "written", and how many were left out for which reason.

    read: photo (h, w, 3) uint8 -> its numbers, the most prominent first. Raises DataError when the list or the pictures
    are missing or damaged, or nothing can be written.
    """
    lists = {folder: {sample.path.name: sample for sample in read_labels(folder)} for folder in folders}
    counts: Counter[str] = Counter()
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
        with working_folder(out_dir, ".prepare-weak-") as aside:
            files = [aside / f"weak_{kind}.h5" for kind in ("crops", "scenes")]
            with create_h5(files[0]) as crops, create_h5(files[1]) as scenes:
                for file in (crops, scenes):
                    file.attrs.update(format_version=FORMAT_VERSION, split="weak")
                tables = Table(crops, CROPS), Table(scenes, SCENES)
                for folder, samples in lists.items():
                    pictures = _pictures(folder, samples)
                    bar = tqdm(pictures, f"Preparing {folder.name}", len(samples), delay=2, disable=not progress)
                    for name, data in bar:
                        sample = samples.pop(name, None)
                        reason = _append(sample, data, read, *tables) if sample else "no label"
                        counts[reason or "written"] += 1
                    counts["no picture"] += len(samples)
                for table in tables:
                    table.flush()
            if not counts["written"]:
                raise DataError(f"Nothing in {', '.join(map(str, folders))} could be used: {dict(counts)}.")
            for file in files:
                os.replace(file, out_dir / file.name)
    except OSError as error:
        raise DataError(f"{out_dir} cannot be written: {os.strerror(error.errno) if error.errno else error}.") from None
    return +counts


def _pictures(folder: Path, samples: dict[str, Sample]) -> Iterator[tuple[str, bytes]]:
    """(file name, content) of the pictures in the archive or, without one, in the folder."""
    if (folder / ARCHIVE).is_file():
        yield from pictures_in_archive(folder / ARCHIVE)
        return
    for name, sample in list(samples.items()):
        if sample.path.is_file():
            yield name, sample.path.read_bytes()


def _append(sample: Sample, data: bytes, read: Callable | None, crops: Table, scenes: Table) -> str:
    """Append one photo to both tables; return the reason if it is left out, else ""."""
    stem, number = Path(sample.path.name).stem, sample.truth.number
    if not stem.isdecimal():
        return "file name is no number"
    try:
        photo = open_photo(data)
    except PhotoError:
        return "photo cannot be decoded"
    box = sample.truth.box
    if read is not None:
        found = read(photo)
        box = next((reading.box for reading in found if reading.number == number), box)
        if found[0].number != number and found[0].confidence >= SURE:
            return "surely read otherwise"
    if box is None or not number:
        return "no box"
    box = bx.clip(np.array(box), photo.shape[1], photo.shape[0])
    if not bx.area(box) > 0:
        return "box outside the photo"
    digits, length = labels.encode(number)
    common = {"digits": digits, "length": length, "number": int(stem)}
    unknown = np.empty((0, 4))
    crops.append(**common, **crop_row(photo, box, unknown))
    scenes.append(**common, **scene_row(photo, box, unknown))
    return ""
