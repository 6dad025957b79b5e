"""Numbers composed of MNIST digits on grey strips of 28×140, as many as needed: documents 003 and 004.

A strip has five cells, and the number's 1 to 5 digits fill adjacent cells from a random one on. Labels are filled from
the left, so that a reader's heads mean the same on strips as on photos; in the documents, the label was the digit of
each cell.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch.nn import functional as F

from ..data.augment import uniform
from ..labels import BLANK, MAX_DIGITS

CELL = 28  # side of a digit's cell, pixels
STRIP = (CELL, CELL * MAX_DIGITS)


@dataclass(frozen=True)
class DigitJitter:
    """Jitter of the digits of MNIST. The documents use none."""

    rotation: float = 10.0  # degrees
    scale: float = 0.1
    shift: float = 2.0  # pixels


@dataclass(frozen=True)
class Strips:
    """images (N, 1, 28, 140) float in 0 ... 255; digits (N, 5) and length (N,) classes."""

    images: torch.Tensor
    digits: torch.Tensor
    length: torch.Tensor


def make_strips(
    images: torch.Tensor, labels: torch.Tensor, n: int, generator: torch.Generator, jitter: DigitJitter | None = None
) -> Strips:
    """Strips of digits from (M, 28, 28) uint8 and labels (M,); each digit is rotated, scaled and shifted by
    `jitter`."""
    device = generator.device
    length = torch.randint(1, MAX_DIGITS + 1, (n,), device=device, generator=generator)
    free = MAX_DIGITS - length + 1
    start = (uniform(n, 0, 1, generator) * free).long().clamp_max(free - 1)
    chosen = torch.randint(len(images), (n, MAX_DIGITS), device=device, generator=generator)
    cells = images[chosen].float()  # (n, 5, 28, 28)
    if jitter:
        cells = _jitter(cells.flatten(0, 1)[:, None], jitter, generator).view_as(cells)
    place = torch.arange(MAX_DIGITS, device=device)
    filled = (place >= start[:, None]) & (place < (start + length)[:, None])  # (n, 5)
    cells = cells * filled[..., None, None]
    index = (start[:, None] + place).clamp_max(MAX_DIGITS - 1)  # the cell of the i-th digit
    digits = labels[chosen].gather(1, index).masked_fill(place >= length[:, None], BLANK)
    return Strips(cells.transpose(1, 2).flatten(2)[:, None], digits, length)


def jitter_digits(images: torch.Tensor, jitter: DigitJitter, generator: torch.Generator) -> torch.Tensor:
    """Rotate, scale and shift digits a little, (N, 28, 28) uint8 -> (N, 1, 28, 28) float in 0 ... 255."""
    return _jitter(images[:, None].float(), jitter, generator)


def _jitter(cells: torch.Tensor, jitter: DigitJitter, generator: torch.Generator) -> torch.Tensor:
    n = len(cells)
    angle = uniform(n, -jitter.rotation, jitter.rotation, generator) * math.pi / 180
    zoom = uniform(n, 1 - jitter.scale, 1 + jitter.scale, generator)
    cos, sin = angle.cos() * zoom, angle.sin() * zoom
    shift = uniform(n, -jitter.shift, jitter.shift, generator, (2,)) * 2 / CELL
    matrix = torch.stack([torch.stack([cos, -sin, shift[:, 0]], 1), torch.stack([sin, cos, shift[:, 1]], 1)], 1)
    return F.grid_sample(cells, F.affine_grid(matrix, list(cells.shape), align_corners=False), align_corners=False)
