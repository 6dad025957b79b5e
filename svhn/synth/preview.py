"""Sheets to look at: synthetic crops beside real ones, where a stranger should have to look twice, and MNIST strips."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import torch
from torch.nn import functional as F

from .. import draw
from ..data.mnist import load_digits
from ..data.split import is_held_out
from ..utils.files import write_output
from .config import StreetConfig
from .glyphs import load_atlas
from .mnist_strips import DigitJitter, make_strips
from .render import CROP, crops

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
    columns = [part for half in halves for part in (_tile(half), gap)][:-1]
    write_output(out_png, draw.png(np.concatenate(columns, axis=1)))


def make_strip_sheet(out_png: Path, mnist: Path, seed: int = 0) -> None:
    """Write a PNG: numbers strung from MNIST's training digits, as the readers of strips learn from them.

    mnist: folder with its four files. Raises DataError when they are not there.
    """
    generator = torch.Generator().manual_seed(seed)
    drawn = make_strips(*load_digits(mnist, "train"), 2 * ROWS, generator, DigitJitter()).images[:, 0]  # (N, 28, 140)
    framed = F.pad(drawn, (2, 2, 2, 2), value=255.0).round().byte()
    rows = framed.view(ROWS, 2, *framed.shape[1:]).transpose(1, 2).flatten(2).flatten(0, 1)  # two strips a row
    grey = rows.numpy().repeat(2, axis=0).repeat(2, axis=1)
    write_output(out_png, draw.png(np.stack([grey] * 3, axis=-1)))


def _real(path: Path, rng: np.random.Generator) -> np.ndarray:
    with h5py.File(path) as file:
        rows = np.flatnonzero(~is_held_out(file["number"][:]))
        return file["images"][:][rng.choice(rows, ROWS * COLUMNS, replace=len(rows) < ROWS * COLUMNS)]


def _tile(images: np.ndarray) -> np.ndarray:
    """(ROWS · COLUMNS, 3, CROP, CROP) -> (ROWS · CROP, COLUMNS · CROP, 3)."""
    grid = images.reshape(ROWS, COLUMNS, 3, CROP, CROP).transpose(0, 3, 1, 4, 2)
    return grid.reshape(ROWS * CROP, COLUMNS * CROP, 3)
