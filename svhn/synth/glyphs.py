"""Digits as masks: the atlas of open fonts that comes with the project.

A mask is a square cell with the glyph's ink centred in it; sizes are in figure heights, the median ink
height of the face's digits, so that a face's digits keep their proportions to each other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

CELL = 64  # side of a mask, texels
FIGURE = 52  # figure height in the cell, texels, unless the face is too wide for that
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabdeghnrst"
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
