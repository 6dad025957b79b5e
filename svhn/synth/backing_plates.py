"""Plates under numbers: one under all digits, or one under each; frames, screws, round and notched shapes."""

from __future__ import annotations

import torch

from .backgrounds import paint_wall
from .config import PaintConfig
from .geometry import Plane, apply_at, blend, coverage, rounded_box
from .layout import Layout
from .number import Number
from .rng import Sampler


def paint_plates(
    canvas: torch.Tensor, plane: Plane, number: Number, config: PaintConfig, rng: Sampler, bank: torch.Tensor
) -> torch.Tensor:
    """Plates under the numbers of all n planes: one under all digits, or one under each where they are spread."""
    n, layout = len(canvas), number.layout
    tight = rng.chance(config.tight_share, n, 1)
    margin = torch.where(tight, rng.within(config.tight_margin, n, 2), rng.within(config.plate_margin, n, 2))
    half = number.half + margin + torch.where(tight, 0.0, 0.1 * rng.normal(1.0, n, 2).abs())
    radius = rng.within(config.plate_radius, n) * half.amin(-1)
    middle = rng.normal(0.08, n, 2) * margin
    local = plane.rotate(middle, rng.normal(0.015, n))
    distance = rounded_box(local, half, radius)
    shape = rng.unit(n)
    index = (shape < config.ellipse_share).nonzero()[:, 0]
    round_half = number.half[index] * rng.within((1.12, 1.5), len(index))[:, None]
    round_half = torch.where(rng.chance(0.5, len(index))[:, None], round_half.amax(-1, keepdim=True), round_half)
    away = local.pick(index).radius(torch.zeros_like(round_half), round_half)
    distance = apply_at(distance, index, lambda _: (away - 1) * round_half.amin(-1)[:, None, None])
    index = (shape > 1 - config.notched_share).nonzero()[:, 0]
    bite = rng.within((0.1, 0.3), len(index)) * half[index].amin(-1)
    corner, quarter = half[index][..., None, None], local.pick(index)
    from_corner = torch.hypot(corner[:, 0] - quarter.x.abs(), corner[:, 1] - quarter.y.abs())
    distance = apply_at(distance, index, lambda d: torch.maximum(d, bite[:, None, None] - from_corner))
    index = layout.spread.nonzero()[:, 0]
    if len(index):
        each = _own_plates(plane.pick(index), layout, index, margin[index])
        distance.index_copy_(0, index, each)

    cover = coverage(distance, plane)
    edge = rng.within(config.plate_edge, n) * rng.chance(config.plate_edge_share, n)
    rim = coverage(distance - 0.05, plane) - cover
    canvas = canvas + (rim.clamp(min=0) * edge[:, None, None])[:, None]
    surface = paint_wall(plane, number.colours[:, 1], config, rng, bank, config.plate_relief)
    canvas = torch.lerp(canvas, surface, cover[:, None])

    index = rng.some(config.frame_share, n)
    inset, width = rng.within(config.frame_inset, len(index)), rng.within(config.frame_width, len(index))
    line = (distance[index] + (inset + width)[:, None, None]).abs() - width[:, None, None]
    line = coverage(line, plane.pick(index))
    canvas = apply_at(canvas, index, lambda c: blend(c, number.colours[index, 0], line))

    index = rng.some(config.screws_share, n)
    m = len(index)
    at = torch.stack([torch.where(rng.chance(0.3, m), 0.0, half[index, 0] - 0.12), half[index, 1] - 0.12], dim=1)
    at = torch.where(rng.chance(0.4, m)[:, None], at * at.new_tensor([1.0, 0.0]), at)
    quarter = local.pick(index)
    quarter = Plane(quarter.x.abs(), quarter.y.abs(), quarter.texels)
    spot = quarter.radius(at, torch.ones_like(at)) - rng.within((0.03, 0.07), m)[:, None, None]
    shade = rng.within((0.1, 0.8), m, 1).expand(m, 3)
    return apply_at(canvas, index, lambda c: blend(c, shade, coverage(spot, quarter)))


def _own_plates(plane: Plane, layout: Layout, index: torch.Tensor, margin: torch.Tensor) -> torch.Tensor:
    """Distance (m, S, S) to the nearest of the plates of the single digits of the numbers at `index`."""
    nearest = torch.full_like(plane.x, 99.0)
    half = layout.size[index].amax(1) / 2 + margin.clamp(max=0.14)  # (m, 2), as tall and wide as the widest
    for k in range(layout.digits.shape[1]):
        here = rounded_box(plane.rotate(layout.centre[index, k], layout.tilt[index, k]), half, half.amin(-1) * 0.1)
        nearest = torch.where(layout.present[index, k, None, None], torch.minimum(nearest, here), nearest)
    return nearest
