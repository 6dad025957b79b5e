"""Digits as masks: the atlas of open fonts that comes with the project, and MNIST's handwriting.

A mask is a square cell with the glyph's ink centred in it; sizes are in figure heights, the median ink
height of the face's digits, so that a face's digits keep their proportions to each other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from ..data.mnist import load_digits

CELL = 64  # side of a mask, texels
FIGURE = 52  # figure height in the cell, texels, unless the face is too wide for that
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabdeghnrst"
MNIST_FIGURE = 20  # pixels that the taller or wider side of every MNIST digit takes
MNIST_INK = 60  # grey value above which a pixel counts as ink
ATLAS = Path(__file__).parent / "assets" / "atlas.npz"


@dataclass(frozen=True)
class Atlas:
    """Digit masks of F faces and letter masks of G faces, with what is needed to set them in line."""

    masks: torch.Tensor  # (F, 10, S, S) uint8
    width: torch.Tensor  # (F, 10) float32, of the ink, figure heights
    height: torch.Tensor  # (F, 10) float32, of the ink, figure heights
    drop: torch.Tensor  # (F, 10) float32, ink centre below the mid-line of the figures, figure heights
    cell: torch.Tensor  # (F,) float32, side of the cell, figure heights
    letters: torch.Tensor  # (G, L, S, S) uint8: distractors, every cell one figure high
    boldness: torch.Tensor  # (F,) float32, share of the cells that is ink
    names: tuple[str, ...]  # (F,)

    def to(self, device: torch.device | str) -> Atlas:
        moved = {k: v.to(device) for k, v in vars(self).items() if isinstance(v, torch.Tensor)}
        return replace(self, **moved)


def pack(masks: np.ndarray) -> np.ndarray:
    """uint8 (..., S, S) -> 16 levels, two texels a byte (..., S, S / 2)."""
    levels = (masks.astype(np.uint16) + 8) // 17
    return (levels[..., ::2] << 4 | levels[..., 1::2]).astype(np.uint8)


def unpack(packed: np.ndarray) -> np.ndarray:
    """The inverse of `pack`."""
    return np.stack([packed >> 4, packed & 15], axis=-1).reshape(*packed.shape[:-1], -1) * np.uint8(17)


def load_atlas(path: str | Path = ATLAS) -> Atlas:
    """The committed atlas, on the CPU. Raises FileNotFoundError when it is not there."""
    with np.load(path) as file:
        masks = unpack(file["masks"])
        metrics = torch.from_numpy(file["metrics"].astype(np.float32))  # (F, 10, 3)
        return Atlas(
            masks=torch.from_numpy(masks),
            width=metrics[..., 0].contiguous(),
            height=metrics[..., 1].contiguous(),
            drop=metrics[..., 2].contiguous(),
            cell=torch.from_numpy(file["cell"].astype(np.float32)),
            letters=torch.from_numpy(_complete(unpack(file["letters"]))),
            boldness=torch.from_numpy((masks.mean((1, 2, 3)) / 255).astype(np.float32)),
            names=tuple(file["names"].tolist()),
        )


def _complete(letters: np.ndarray) -> np.ndarray:
    """The fonts (G, L, S, S) that have all letters; a font draws the same box for every letter that it lacks."""
    return letters[[len({letter.tobytes() for letter in font}) == len(font) for font in letters]]


def mnist_atlas(folder: str | Path, faces: int = 1000, seed: int = 0) -> Atlas:
    """MNIST's training digits as an atlas of `faces` hands, each with one example of every digit.

    folder: holds the four official files. Raises DataError when they are not there.
    Letters are those of the committed atlas.
    """
    images, labels = load_digits(Path(folder), "all")
    generator = torch.Generator().manual_seed(seed)
    chosen = []
    for digit in range(10):
        rows = (labels == digit).nonzero()[:, 0]
        chosen.append(rows[torch.randint(len(rows), (faces,), generator=generator)])
    drawn = images[torch.stack(chosen, dim=1).flatten()].float()  # (F · 10, 28, 28)
    ink = drawn > MNIST_INK
    columns, rows = _span(ink.any(1)), _span(ink.any(2))  # (F · 10, 2) first and past-the-last pixel
    shift = torch.stack([columns.sum(1), rows.sum(1)], dim=1) / drawn.shape[-1] - 1  # ink centre in -1 ... 1
    reach = CELL / FIGURE * MNIST_FIGURE / drawn.shape[-1]
    affine = torch.cat([(torch.eye(2) * reach).expand(len(drawn), 2, 2), shift[..., None]], dim=2)
    grid = F.affine_grid(affine, [len(drawn), 1, CELL, CELL], align_corners=False)
    masks = F.grid_sample(drawn[:, None], grid, mode="bicubic", align_corners=False).clamp(0, 255)
    masks = masks.view(faces, 10, CELL, CELL)
    return Atlas(
        masks=masks.round().to(torch.uint8),
        width=((columns[:, 1] - columns[:, 0]) / MNIST_FIGURE).view(faces, 10),
        height=((rows[:, 1] - rows[:, 0]) / MNIST_FIGURE).view(faces, 10),
        drop=torch.zeros(faces, 10),
        cell=torch.full((faces,), CELL / FIGURE),
        letters=load_atlas().letters,
        boldness=masks.mean((1, 2, 3)) / 255,
        names=tuple(f"mnist {i}" for i in range(faces)),
    )


def _span(hit: torch.Tensor) -> torch.Tensor:
    """bool (n, L) -> first and past-the-last True (n, 2) float."""
    at = torch.arange(hit.shape[1], dtype=torch.float32)
    return torch.stack([torch.where(hit, at, torch.inf).amin(1), torch.where(hit, at + 1, 0.0).amax(1)], dim=1)
