"""Synthetic crops beside real ones on one sheet: the generator is good when a stranger has to look twice."""

from __future__ import annotations

import os
from pathlib import Path

import h5py
import numpy as np
import torch
from PIL import Image

from ..data.split import is_held_out
from .config import StreetConfig
from .glyphs import load_atlas
from .street import CROP, crops

ROWS, COLUMNS = 10, 8  # of each kind
GUTTER = 12  # between the two halves, pixels


def make_sheet(out_png: Path, real_h5: Path | None, seed: int = 0) -> None:
    """Write a PNG: synthetic crops on the right and, where a prepared crops file is given, real ones on the left.

    Real crops are drawn from the images that are not held out.
    """
    generator = torch.Generator().manual_seed(seed)
    halves = [crops(ROWS * COLUMNS, StreetConfig(), load_atlas(), generator).images.numpy()]
    if real_h5 is not None:
        halves.insert(0, _real(real_h5, np.random.default_rng(seed)))
    gap = np.full((ROWS * CROP, GUTTER, 3), 255, dtype=np.uint8)
    strips = [part for half in halves for part in (_tile(half), gap)][:-1]
    aside = out_png.with_name(out_png.name + ".part")
    Image.fromarray(np.concatenate(strips, axis=1)).save(aside, format="PNG")
    os.replace(aside, out_png)


def _real(path: Path, rng: np.random.Generator) -> np.ndarray:
    with h5py.File(path) as file:
        rows = np.flatnonzero(~is_held_out(file["number"][:]))
        return file["images"][:][rng.choice(rows, ROWS * COLUMNS, replace=len(rows) < ROWS * COLUMNS)]


def _tile(images: np.ndarray) -> np.ndarray:
    """(ROWS · COLUMNS, 3, CROP, CROP) -> (ROWS · CROP, COLUMNS · CROP, 3)."""
    grid = images.reshape(ROWS, COLUMNS, 3, CROP, CROP).transpose(0, 3, 1, 4, 2)
    return grid.reshape(ROWS * CROP, COLUMNS * CROP, 3)
