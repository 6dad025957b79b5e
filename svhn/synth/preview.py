"""Draw sheets of synthetic crops and scenes next to real ones, which should look alike, and of MNIST strips."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import torch
from torch.nn import functional as F

from ..data.mnist import load_digits
from ..data.split import is_held_out
from ..images import draw
from ..utils.files import write_output
from .config import StreetConfig
from .crops import crops
from .glyphs import load_atlas
from .mnist_strips import DigitJitter, make_strips
from .scenes import scenes

ROWS, COLUMNS = 10, 8  # of crops, of each kind
SCENE_ROWS, SCENE_COLUMNS = 6, 4  # of scenes
GUTTER = 12  # between the two halves, pixels


def make_sheet(out_png: Path, real_h5: Path | None, seed: int = 0, whole: bool = False) -> None:
    """Write a PNG: synthetic crops on the right and, where a prepared file is given, real ones on the left.

    real_h5: of crops, or of scenes where `whole` scenes are shown. Real ones are drawn from the images that are
    not held out.
    """
    make, rows, columns = (scenes, SCENE_ROWS, SCENE_COLUMNS) if whole else (crops, ROWS, COLUMNS)
    generator = torch.Generator().manual_seed(seed)
    halves = [make(rows * columns, StreetConfig(), load_atlas(), generator).images.numpy()]
    if real_h5 is not None:
        halves.insert(0, _real(real_h5, rows * columns, np.random.default_rng(seed)))
    tiled = [_tile(half, rows) for half in halves]
    gap = np.full((len(tiled[0]), GUTTER, 3), 255, dtype=np.uint8)
    parts = [part for half in tiled for part in (half, gap)][:-1]
    write_output(out_png, draw.png(np.concatenate(parts, axis=1)))


def make_strip_sheet(out_png: Path, mnist: Path, seed: int = 0) -> None:
    """Write a PNG of numbers composed of MNIST's training digits, from which the readers of strips learn.

    mnist: folder with its four files. Raises DataError when they are missing.
    """
    generator = torch.Generator().manual_seed(seed)
    drawn = make_strips(*load_digits(mnist, "train"), 2 * ROWS, generator, DigitJitter()).images[:, 0]  # (N, 28, 140)
    framed = F.pad(drawn, (2, 2, 2, 2), value=255.0).round().byte()
    rows = framed.view(ROWS, 2, *framed.shape[1:]).transpose(1, 2).flatten(2).flatten(0, 1)  # two strips a row
    grey = rows.numpy().repeat(2, axis=0).repeat(2, axis=1)
    write_output(out_png, draw.png(np.stack([grey] * 3, axis=-1)))


def _real(path: Path, count: int, rng: np.random.Generator) -> np.ndarray:
    with h5py.File(path) as file:
        rows = np.flatnonzero(~is_held_out(file["number"][:]))
        chosen = rng.choice(rows, count, replace=len(rows) < count)
        return np.stack([file["images"][row] for row in chosen])


def _tile(images: np.ndarray, rows: int) -> np.ndarray:
    """(rows · columns, 3, S, S) -> (rows · S, columns · S, 3)."""
    side = images.shape[-1]
    grid = images.reshape(rows, -1, 3, side, side).transpose(0, 3, 1, 4, 2)
    return grid.reshape(rows * side, -1, 3)
