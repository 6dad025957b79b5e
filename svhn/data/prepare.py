"""An official archive -> `{split}_crops.h5` for the reader and `{split}_scenes.h5` for the localizer.

The photos are streamed and the rows written in chunks, so that no split is ever held in memory. Each
file appears complete or not at all.

Crops: images (N, 3, 96, 96) uint8, the number with half its size around it, stretched to a square;
box (N, 4) float32 and digit_boxes (N, 5, 4) float32 in pixels of the stored crop; digits (N, 5) uint8
classes; length (N,) uint8 class; number (N,) int32, of the image; aspect (N,) float32, width by height of
the stored region in the photo.

Scenes: images (N, 3, 256, 256) uint8, the photo with its longer side at most 256, at the top left of
zeros; size (N, 2) int32, its height and width there; box and digit_boxes in pixels of the scene;
digits, length, number as above; scale (N,) float32, scene pixels for one of the photo.

Digits are in reading order, the first five of them; digit_boxes is NaN after the last digit.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np
import torch
from tqdm import tqdm

from .. import boxes as bx
from .. import labels
from ..images import preprocess
from ..images.decode import PhotoError, open_photo
from ..utils.errors import DataError
from ..utils.files import working_folder
from . import digitstruct
from .annotations import UnusableRecord, annotation_from_record, index_by_name
from .archive import Split, open_split
from .digitstruct import Record, Records
from .h5_writer import FORMAT_VERSION, Column, Table, create_h5
from .prepare_report import Summary

STORE_MARGIN = 0.5  # looser than the service's crop, so that training can shift and jitter inside it
STORE_SIZE = 96
SCENE_SIZE = 256

COMMON = {
    "digits": Column((labels.MAX_DIGITS,), "uint8"),
    "box": Column((4,), "float32"),
    "digit_boxes": Column((labels.MAX_DIGITS, 4), "float32"),
    "length": Column((), "uint8"),
    "number": Column((), "int32"),
}
# Each image is packed by itself, so that training can read single ones from a file that does not fit into memory.
CROPS = {
    "images": Column((3, STORE_SIZE, STORE_SIZE), "uint8", chunk=1),
    "aspect": Column((), "float32"),
    **COMMON,
}
SCENES = {
    "images": Column((3, SCENE_SIZE, SCENE_SIZE), "uint8", chunk=1),
    "size": Column((2,), "int32"),
    "scale": Column((), "float32"),
    **COMMON,
}


def prepare(data_dir: Path, split: str, out_dir: Path, progress: bool = True) -> Summary:
    """Convert DIR/split.tar.gz or DIR/split/ into the two files described above, in `out_dir`.

    Unusable records are skipped and listed in the Summary. Raises DataError when the source is missing or damaged,
    nothing can be written, or more than half of the records have no photo.
    """
    source = open_split(Path(data_dir), split)
    out_dir = Path(out_dir)
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
        records = digitstruct.read_split(source, out_dir, progress)
        summary = Summary(source.path.name, len(records))
        with working_folder(out_dir, f".prepare-{split}-") as aside:
            files = _files(aside, split)
            with _one_thread(), create_h5(files[0]) as crops, create_h5(files[1]) as scenes:
                for file in (crops, scenes):
                    file.attrs.update(format_version=FORMAT_VERSION, split=split)
                    file.attrs.update(source=source.path.name, stamp=source.stamp())
                crops.attrs.update(margin=STORE_MARGIN, size=STORE_SIZE)
                scenes.attrs.update(size=SCENE_SIZE)
                _write(source, records, Table(crops, CROPS), Table(scenes, SCENES), summary, progress)
            for file in files:
                os.replace(file, out_dir / file.name)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else error  # h5py's own words fill several lines
        raise DataError(f"{out_dir} cannot be written: {reason}.") from None
    return summary


def is_prepared(data_dir: Path, split: str, out_dir: Path) -> bool:
    """Whether `out_dir` has the files that `prepare` would write. Raises DataError when the source is missing."""
    stamp = open_split(Path(data_dir), split).stamp()
    try:
        for path in _files(Path(out_dir), split):
            with h5py.File(path) as file:
                if (file.attrs["format_version"], file.attrs["stamp"]) != (FORMAT_VERSION, stamp):
                    return False
    except (OSError, KeyError):
        return False
    return True


def _files(folder: Path, split: str) -> list[Path]:
    return [folder / f"{split}_{kind}.h5" for kind in ("crops", "scenes")]


@contextmanager
def _one_thread() -> Iterator[None]:
    """Limit torch to one thread: with several, pictures this small take longer."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _write(source: Split, records: Records, crops: Table, scenes: Table, summary: Summary, progress: bool) -> None:
    waiting, unusable = index_by_name(records)
    for i, error in unusable.items():
        summary.skip(error.reason, str(records.names[i]), i, str(error))
    seen = set()
    with tqdm(
        total=len(records), desc=f"Preparing {source.name}", unit=" photos", delay=2, disable=not progress
    ) as bar:
        for name, data in source.photos():
            bar.update()
            if name in seen:
                summary.note("a photo of this name came before", name)
                continue
            seen.add(name)
            if name not in waiting:
                summary.note("photo without a usable record", name)
                continue
            i = waiting.pop(name)
            try:
                crop, scene, notes = _rows(records[i], data)
            except UnusableRecord as error:
                summary.skip(error.reason, name, i, str(error))
                continue
            for note in notes:
                summary.note(note, name, i)
            crops.append(**crop)
            scenes.append(**scene)
            summary.written += 1
    crops.flush()
    scenes.flush()
    for name, i in waiting.items():
        summary.skip("no photo", name, i)
    if summary.skipped["no photo"] > len(records) / 2:
        raise DataError(
            f"{source.path} lacks the photos of {summary.skipped['no photo']} of its {len(records)} records; "
            "it is incomplete or another split; please fetch it again."
        )
    if not summary.written:
        reasons = ", ".join(f"{reason} ({count})" for reason, count in summary.skipped.most_common())
        raise DataError(f"Nothing in {source.path} could be used: {reasons or 'it has no records'}.")


def _rows(record: Record, data: bytes) -> tuple[dict, dict, list[str]]:
    """One photo and its record -> its row of crops, its row of scenes, and notes. Raises UnusableRecord."""
    try:
        photo = open_photo(data)
    except PhotoError as error:
        raise UnusableRecord("photo cannot be decoded", str(error)) from None
    height, width = photo.shape[:2]
    annotation = annotation_from_record(record, width, height)
    digits, length = labels.encode(annotation.number)
    common = {"digits": digits, "length": length, "number": record.image_number}
    notes = ["box partly outside the photo, clipped"] if annotation.clipped else []
    notes += ["more than five digits"] if length == labels.TOO_LONG else []
    return (
        {**common, **crop_row(photo, annotation.box, annotation.digit_boxes)},
        {**common, **scene_row(photo, annotation.box, annotation.digit_boxes)},
        notes,
    )


def crop_row(photo: np.ndarray, box: np.ndarray, digit_boxes: np.ndarray) -> dict:
    """The crops row of the number in that box (4,): photo (h, w, 3) uint8, digit_boxes (k, 4)."""
    x1, y1, x2, y2 = preprocess.pixel_bounds(bx.expand(box, STORE_MARGIN))
    shift, factors = np.array([x1, y1, x1, y1]), (STORE_SIZE / (x2 - x1), STORE_SIZE / (y2 - y1))
    return {
        "images": preprocess.crop(photo, box, STORE_MARGIN, STORE_SIZE).numpy(),
        "box": bx.scale(box - shift, *factors),
        "digit_boxes": _first_five(bx.scale(digit_boxes - shift, *factors)),
        "aspect": (x2 - x1) / (y2 - y1),
    }


def scene_row(photo: np.ndarray, box: np.ndarray, digit_boxes: np.ndarray) -> dict:
    """The scenes row of the photo; arguments as for `crop_row`."""
    small = preprocess.working_copy(photo, SCENE_SIZE, enlarge=False).numpy()
    height, width = small.shape[1:]
    image = np.zeros((3, SCENE_SIZE, SCENE_SIZE), np.uint8)
    image[:, :height, :width] = small
    factors = width / photo.shape[1], height / photo.shape[0]  # differ by rounding to whole pixels
    return {
        "images": image,
        "size": (height, width),
        "scale": max(height, width) / max(photo.shape[:2]),
        "box": bx.scale(box, *factors),
        "digit_boxes": _first_five(bx.scale(digit_boxes, *factors)),
    }


def _first_five(digit_boxes: np.ndarray) -> np.ndarray:
    padded = np.full((labels.MAX_DIGITS, 4), np.nan)
    padded[: len(digit_boxes)] = digit_boxes[: labels.MAX_DIGITS]
    return padded
