"""Plaques and bins under numbers: oval, round and arched, with a rim, a picture above the number, a name below it."""

from __future__ import annotations

import torch

from .config import PlaqueConfig
from .furniture import paint_bin
from .geometry import Plane, apply_at, blend
from .glyphs import Atlas
from .number import Number
from .rng import Sampler
from .shapes import arch, ellipse, fill, rectangle, shade
from .signs import paint_emblem
from .text_lines import sample_words, set_line, stamp_line


def paint_plaque(
    canvas: torch.Tensor, plane: Plane, number: Number, config: PlaqueConfig, atlas: Atlas, rng: Sampler
) -> torch.Tensor:
    """Plaques under all n numbers, which keep their place: room for a picture or a name makes the plaque larger."""
    n = len(canvas)
    ink, ground = number.colours[:, 0], number.colours[:, 1]
    picture = rng.chance(config.picture_share, n)
    name = rng.chance(config.name_share, n) & ~picture
    tall = number.half.amin(1).clamp(min=0.5)
    above = torch.where(picture, rng.within(config.picture_height, n), 0.0)
    below = torch.where(name, rng.within(config.name_height, n) + 0.12, 0.0)
    half = number.half + torch.stack([torch.zeros_like(above), (above + below) / 2], dim=1)
    middle = torch.stack([torch.zeros_like(above), (below - above) / 2], dim=1)
    margin = rng.within(config.margin, n, 2)
    half = half + margin
    shape = rng.pick(config.shape_weights, n)  # ellipse, circle, arched, rectangle
    grown = half * rng.within(config.ellipse_growth, n, 1)
    circle = torch.where((shape == 1)[:, None], grown.amax(1, keepdim=True), grown)
    local = plane.rotate(middle, rng.normal(0.015, n))
    distance = torch.where((shape < 2)[:, None, None], ellipse(local, circle), rectangle(local, half, 0.2))
    index = (shape == 2).nonzero()[:, 0]
    if len(index):
        hump = half[index] * torch.stack(
            [rng.within((0.45, 0.95), len(index)), rng.within((0.15, 0.35), len(index))], 1
        )
        top = torch.stack([torch.zeros_like(hump[:, 1]), -half[index, 1] - hump[:, 1] * 0.98], dim=1)
        bump = arch(local.pick(index).rotate(top, torch.zeros_like(hump[:, 0])), hump)
        distance[index] = torch.minimum(distance[index], bump)
    canvas = fill(canvas, plane, ground, distance)
    canvas = shade(canvas, plane, distance, 0.05 * tall, rng.within(config.edge, n))
    index = rng.some(config.rim_share, n)
    m = len(index)
    rim_colour = torch.where(rng.chance(0.7, m, 1), ink[index], rng.unit(m, 1).expand(m, 3))
    inset, width = rng.within(config.rim_inset, m) * tall[index], rng.within(config.rim_width, m) * tall[index]
    rim = (distance[index] + (inset + width)[:, None, None]).abs() - width[:, None, None]
    canvas = apply_at(canvas, index, lambda c: fill(c, plane.pick(index), rim_colour, rim))

    index = picture.nonzero()[:, 0]
    if len(index):
        size = torch.stack([above[index] * rng.within((0.4, 0.8), len(index)), above[index] * 0.45], dim=1)
        centre = torch.stack([torch.zeros_like(above[index]), -number.half[index, 1] - above[index] * 0.5], dim=1)
        canvas = apply_at(canvas, index, lambda c: paint_emblem(c, plane.pick(index), centre, size, ink[index], rng))
    index = name.nonzero()[:, 0]
    if len(index):
        line, width = set_line(sample_words(len(index), rng), atlas, rng)
        room = torch.stack([half[index, 0] * 0.85, (below[index] - 0.12) / 2], dim=1)
        centre = torch.stack([torch.zeros_like(below[index]), number.half[index, 1] + 0.06 + below[index] / 2], dim=1)
        cover = stamp_line(line, width, plane.pick(index), centre, room)
        canvas = apply_at(canvas, index, lambda c: blend(c, ink[index], cover))
    return canvas


def paint_bin_under(
    canvas: torch.Tensor, plane: Plane, number: Number, config: PlaqueConfig, atlas: Atlas, rng: Sampler
) -> torch.Tensor:
    """Bins that the numbers are painted on, somewhere below the lid."""
    n = len(canvas)
    half = number.half + rng.within(config.bin_room, n, 2)
    middle = torch.stack([rng.normal(0.3, n), rng.within((-0.2, 0.3), n) * half[:, 1]], dim=1)
    middle = middle.clamp(-1, 1) * (half - number.half) * 0.7
    return paint_bin(
        canvas, plane.rotate(middle, torch.zeros(n, device=half.device)), half, number.colours[:, 0], atlas, rng
    )
