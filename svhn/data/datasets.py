"""Prepared data from HDF5, in memory or left in the file: number crops for readers, scenes for localizers."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, fields
from pathlib import Path

import h5py
import numpy as np
import torch
from torch.nn import functional as F

from ..labels import BLANK, MAX_DIGITS
from ..utils.errors import DataError
from .split import HELD_OUT_EVERY, is_held_out

NEGATIVE_CROPS = "negative_crops.h5"
MAX_NUMBERS = 3  # in one scene
BLOCK = 1024  # rows read at once


class StoredImages:
    """Images (N, 3, H, W) uint8 that stay compressed in their file: indexed by rows (m,), it reads these into memory.

    Each process opens the file for itself. Raises DataError when it cannot be read.
    """

    device = torch.device("cpu")  # of what is read

    def __init__(self, path: Path, rows: np.ndarray) -> None:
        self.path, self.rows = path, rows
        self._opened: tuple[int, h5py.Dataset] | None = None  # by which process

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: torch.Tensor) -> torch.Tensor:
        try:
            if self._opened is None or self._opened[0] != os.getpid():
                self._opened = os.getpid(), h5py.File(self.path)["images"]
            return torch.from_numpy(np.stack([self._opened[1][row] for row in self.rows[index.numpy()]]))
        except (OSError, KeyError) as error:
            raise _unreadable(self.path, error) from None

    def __getstate__(self) -> dict:
        return {**vars(self), "_opened": None}


class Rows:
    """Columns of one length N, images first; `take` selects rows of all of them."""

    images: torch.Tensor | StoredImages

    def __len__(self) -> int:
        return len(self.images)

    def to(self, device: torch.device) -> Rows:
        return type(self)(*(getattr(self, f.name).to(device) for f in fields(self)))

    def take(self, index: torch.Tensor) -> Rows:
        return type(self)(*(getattr(self, f.name)[index] for f in fields(self)))


@dataclass(frozen=True)
class CropSet(Rows):
    """Loose number crops: the number's box with half its size on every side, stretched to a square.

    images (N, 3, 96, 96) uint8; box (N, 4) the number in crop pixels; digits (N, 5) and length (N,) classes;
    aspect (N,) width / height of the region before it was stretched; digit_boxes (N, 5, 4) in crop pixels, NaN after
    the last digit and where they are unknown.
    """

    images: torch.Tensor
    box: torch.Tensor
    digits: torch.Tensor
    length: torch.Tensor
    aspect: torch.Tensor
    digit_boxes: torch.Tensor


@dataclass(frozen=True)
class SceneSet(Rows):
    """Full photos on a square canvas, top left: images (N, 3, 256, 256) uint8, size (N, 2) valid (h, w),
    box (N, K, 4) numbers in canvas pixels, the most prominent first, NaN where there are fewer than K.

    digit_box (N, 5 K, 4) and digit (N, 5 K), number by number: every digit's box and class, NaN and 10 where there is
    none. A number without any digit box is one whose digits were not marked."""

    images: torch.Tensor
    size: torch.Tensor
    box: torch.Tensor
    digit_box: torch.Tensor
    digit: torch.Tensor


@dataclass(frozen=True)
class CountedScenes(SceneSet):
    """Full photos with the length class of their number: length (N,)."""

    length: torch.Tensor


def load_crops(path: Path, part: str, device: torch.device, in_memory: float = math.inf) -> CropSet:
    """Rows of a prepared crops file on the device; part as in `_rows`. in_memory: bytes; images that take more
    stay in the file, from which `take` reads rows to the CPU."""
    columns = ("box", "digits", "length", "aspect", "digit_boxes")
    images, box, digits, length, aspect, digit_boxes = _columns(path, part, columns, in_memory)
    return _placed(CropSet(images, box, digits.long(), length.long(), aspect, digit_boxes), device)


def load_scenes(path: Path, part: str, device: torch.device, in_memory: float = math.inf) -> SceneSet:
    """Rows of a prepared scenes file on the device; arguments as for `load_crops`."""
    images, size, box, digit_boxes, digits = _columns(path, part, ("size", "box", "digit_boxes", "digits"), in_memory)
    numbers = F.pad(box[:, None], (0, 0, 0, MAX_NUMBERS - 1), value=torch.nan)  # (N, K, 4)
    more = MAX_DIGITS * (MAX_NUMBERS - 1)
    digit_box = F.pad(digit_boxes, (0, 0, 0, more), value=torch.nan)  # (N, 5 K, 4)
    digit = F.pad(digits.long(), (0, more), value=BLANK)  # (N, 5 K)
    return _placed(SceneSet(images, size, numbers, digit_box, digit), device)


def load_counted_scenes(path: Path, part: str, device: torch.device, in_memory: float = math.inf) -> CountedScenes:
    """`load_scenes` with the length of every photo's number."""
    scenes = load_scenes(path, part, device, in_memory)
    (length,) = _rows(path, part, ("length",))
    return CountedScenes(**vars(scenes), length=length.long().to(scenes.images.device))


def check_parts(path: Path) -> None:
    """Raises DataError unless a prepared file has photos to train on and photos to measure with."""
    for part, use in (("train", "train on"), ("held_out", "measure with")):
        if not len(_rows(path, part, ("number",))[0]):
            raise DataError(
                f"{path} has no photo to {use}: those with a number divisible by {HELD_OUT_EVERY} are held out to "
                "measure with, the others are trained on; at least five photos are needed."
            )


def _placed(rows: Rows, device: torch.device) -> Rows:
    return rows if isinstance(rows.images, StoredImages) else rows.to(device)


def _columns(path: Path, part: str, columns: tuple[str, ...], in_memory: float) -> list:
    """The images of the rows, as `StoredImages` if they take more bytes than that, and these columns; see `_rows`."""
    try:
        with h5py.File(path) as file:
            rows, image = np.flatnonzero(_chosen(file, part)), math.prod(file["images"].shape[1:])
    except (OSError, KeyError) as error:
        raise _unreadable(path, error) from None
    if len(rows) * image > in_memory:
        return [StoredImages(path, rows), *_rows(path, part, columns)]
    return _rows(path, part, ("images", *columns))


def _rows(path: Path, part: str, columns: tuple[str, ...]) -> list[torch.Tensor]:
    """part: "train", "held_out" (see `split.is_held_out`) or "all". Raises DataError for a damaged file."""
    try:
        with h5py.File(path) as file:
            rows = _chosen(file, part)
            return [_taken(file[column], rows) for column in columns]
    except (OSError, KeyError) as error:
        raise _unreadable(path, error) from None


def _chosen(file: h5py.File, part: str) -> np.ndarray:
    held_out = is_held_out(file["number"][:])
    return {"train": ~held_out, "held_out": held_out, "all": np.ones_like(held_out)}[part]


def _unreadable(path: Path, error: Exception) -> DataError:
    return DataError(f"{path} is not a prepared file, or damaged ({error}); run: python -m svhn prepare")


def _taken(column: h5py.Dataset, rows: np.ndarray) -> torch.Tensor:
    """The rows (N,) bool of a column of N rows, read in blocks, because a complete column of photos takes gigabytes."""
    taken, filled = np.empty((rows.sum(), *column.shape[1:]), column.dtype), 0
    for start in range(0, len(rows), BLOCK):
        block = column[start : start + BLOCK][rows[start : start + BLOCK]]
        taken[filled : filled + len(block)] = block
        filled += len(block)
    return torch.from_numpy(taken)


def join(sets: list) -> CropSet | SceneSet:
    """Concatenate sets of one kind."""
    kind = type(sets[0])
    return kind(*(torch.cat([getattr(s, f.name) for s in sets]) for f in fields(kind)))
