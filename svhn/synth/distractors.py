"""Letters and digits next to a number that do not belong to it."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from .config import PaintConfig
from .geometry import Plane, apply_at, blend, stamp
from .glyphs import CELL, FIGURE, Atlas
from .number import Number
from .rng import Sampler


def add_distractors(
    canvas: torch.Tensor, plane: Plane, number: Number, atlas: Atlas, config: PaintConfig, rng: Sampler
) -> torch.Tensor:
    """Letters and digits that do not belong to the number: a suffix, a line of text, another number."""
    n = len(canvas)
    ink = (number.colours[:, 0] + rng.normal(0.03, n, 3)).clamp(0, 1)
    index = rng.some(config.suffix_share, n)
    tall = rng.within((0.45, 1.0), len(index))
    x = number.half[index, 0] + rng.within((0.12, 0.5), len(index)) + 0.35 * tall
    y = rng.within((-0.5, 0.5), len(index)) * (1 - tall)
    canvas = _letters(canvas, plane, index, x, y, tall, ink, atlas, rng)

    index = rng.some(config.caption_share, n)
    tall = rng.within((0.14, 0.42), len(index))
    y = (number.half[index, 1] + rng.within((0.08, 0.5), len(index)) + tall / 2) * rng.signs(len(index))
    x = rng.normal(0.7, len(index))
    canvas = _letters(canvas, plane, index, x, y, tall, ink, atlas, rng, count=8)

    index = rng.some(config.neighbour_share, n)
    tall = rng.within((0.6, 1.1), len(index))
    sideways = rng.chance(0.6, len(index))
    away = rng.within((0.55, 1.2), len(index))
    x = torch.where(sideways, number.half[index, 0] + away + 0.3 * tall, rng.within((-1.0, 1.0), len(index)))
    y = torch.where(sideways, rng.normal(0.1, len(index)), number.half[index, 1] + away * 0.6 + tall / 2)
    x, y = x * rng.signs(len(index)), y * rng.signs(len(index))
    for k in (0, 1):
        face = rng.below(len(atlas.names), len(index))
        masks = atlas.masks[face, rng.below(10, len(index))]
        centre = torch.stack([x + k * 0.7 * tall * x.sign(), y], dim=1)
        side = (atlas.cell[face] * tall)[:, None] * rng.within((0.8, 1.0), len(index), 2)
        cover = stamp(masks, plane.pick(index), centre, side, rng.normal(0.02, len(index)))
        canvas = apply_at(canvas, index, lambda c, cover=cover: blend(c, ink[index], cover))
    return canvas


def _letters(
    canvas: torch.Tensor,
    plane: Plane,
    index: torch.Tensor,
    x: torch.Tensor,
    y: torch.Tensor,
    tall: torch.Tensor,
    ink: torch.Tensor,
    atlas: Atlas,
    rng: Sampler,
    count: int = 1,
) -> torch.Tensor:
    """A line of `count` letters on each sample at `index`, centred at (x, y), `tall` digit heights."""
    m, cells = len(index), atlas.letters.shape[-1]
    font = rng.below(len(atlas.letters), m, 1)
    masks = atlas.letters[font, rng.below(atlas.letters.shape[1], m, count)]  # (m, count, C, C)
    set_close = masks[..., cells // 8 : -cells // 8]
    line = F.pad(set_close.transpose(1, 2).reshape(m, cells, count * set_close.shape[-1]), (1, 1))
    side = torch.stack([tall * line.shape[2] / cells, tall], dim=1) * CELL / FIGURE
    cover = stamp(line, plane.pick(index), torch.stack([x, y], dim=1), side, rng.normal(0.02, m))
    return apply_at(canvas, index, lambda c: blend(c, ink[index], cover))
