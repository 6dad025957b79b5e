"""Windows: panes between bars, leaded diamonds, and fanlights, whose bars look like digits from afar.

The painters take what those of `furniture` take.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .geometry import Plane, coverage
from .glyphs import Atlas
from .palette import pick_colours
from .rng import Sampler
from .shapes import arch, ellipse, fill, rectangle, shade, stripes

FRAMES = ((238, 238, 236), (225, 220, 205), (120, 80, 50), (60, 40, 30), (30, 30, 32), (90, 20, 20), (30, 50, 40))


def paint_window(canvas: Tensor, plane: Plane, half: Tensor, ink: Tensor, atlas: Atlas, rng: Sampler) -> Tensor:
    """A frame around glass, with bars on most: a cross, a grid, or leaded diamonds."""
    n = len(half)
    frame = pick_colours(FRAMES, n, rng)
    outer = rectangle(plane, half)
    edge = half.amin(1) * rng.within((0.05, 0.22), n)
    panes = half * 2 / (1 + rng.below(4, n, 2))
    bar = edge * rng.within((0.25, 0.8), n)
    across, down = plane.x + half[:, 0, None, None], plane.y + half[:, 1, None, None]
    across, down = across - panes[:, 0, None, None] / 2, down - panes[:, 1, None, None] / 2
    grid = torch.minimum(stripes(across, panes[:, 0], bar), stripes(down, panes[:, 1], bar))
    lead, thin = half.amin(1) * rng.within((0.15, 0.5), n), half.amin(1) * 0.04
    diamonds = torch.minimum(stripes(plane.x + 0.6 * plane.y, lead, thin), stripes(plane.x - 0.6 * plane.y, lead, thin))
    kind = rng.unit(n, 1, 1)
    bars = torch.where(kind < 0.6, grid, torch.where(kind < 0.8, diamonds, torch.full_like(grid, 9.0)))
    bars = torch.minimum(bars, -(outer + edge[:, None, None]))
    canvas = fill(canvas, plane, frame, outer)
    canvas = paint_glass(canvas, plane, torch.maximum(outer, -bars), half, rng)
    return shade(canvas, plane, outer, edge * 0.3, rng.within((0.0, 0.3), n))


def paint_fanlight(canvas: Tensor, plane: Plane, half: Tensor, ink: Tensor, atlas: Atlas, rng: Sampler) -> Tensor:
    """A half round window over a door, with bars that spread like a fan."""
    n = len(half)
    frame = pick_colours(FRAMES, n, rng)
    outer = arch(plane, half)
    edge = half.amin(1) * rng.within((0.06, 0.2), n)
    foot = plane.rotate(half * half.new_tensor([0.0, 1.0]), torch.zeros(n, device=half.device))
    angle = torch.atan2(-foot.y / 2 / half[:, 1, None, None], foot.x / half[:, 0, None, None])
    away = foot.radius(torch.zeros_like(half), half * half.new_tensor([1.0, 2.0]))
    spokes = 3.0 + rng.below(5, n)
    step = torch.pi / spokes
    apart = torch.remainder(angle, step[:, None, None])
    apart = torch.minimum(apart, step[:, None, None] - apart) * away * half.amin(1)[:, None, None]
    bar = edge * rng.within((0.3, 0.7), n)
    hub = rng.within((0.15, 0.5), n, 1, 1)
    solid = rng.chance(0.5, n, 1, 1)
    ring = ((away - hub) * half.amin(1)[:, None, None]) * torch.where(solid, 1.0, 0.0)
    ring = torch.where(solid, ring, ((away - hub).abs() * half.amin(1)[:, None, None]) - bar[:, None, None] / 2)
    bars = torch.minimum(torch.minimum(apart - bar[:, None, None] / 2, ring), -(outer + edge[:, None, None]))
    canvas = fill(canvas, plane, frame, outer)
    return paint_glass(canvas, plane, torch.maximum(outer, -bars), half, rng)


def paint_porthole(canvas: Tensor, plane: Plane, half: Tensor, ink: Tensor, atlas: Atlas, rng: Sampler) -> Tensor:
    """A round or oval window in a rim: from afar a 0."""
    n = len(half)
    outer = ellipse(plane, half)
    rim = half.amin(1) * rng.within((0.1, 0.4), n)
    canvas = fill(canvas, plane, pick_colours(FRAMES, n, rng), outer)
    canvas = paint_glass(canvas, plane, outer + rim[:, None, None], half, rng)
    return shade(canvas, plane, outer, rim * 0.3, rng.within((0.0, 0.3), n))


def paint_glass(canvas: Tensor, plane: Plane, distance: Tensor, half: Tensor, rng: Sampler) -> Tensor:
    """Glass where distance < 0: mostly dark, bluish, with a reflection that runs across and a curtain on some."""
    n = len(half)
    base = (rng.within((0.05, 0.7), n, 1).square() + rng.normal(0.03, n, 3)).clamp(0, 1)
    along = plane.along(rng.directions(n) / half.amax(1, keepdim=True))
    gleam = rng.within((0.0, 0.35), n, 1, 1) * torch.sigmoid(6 * (along - rng.normal(0.4, n, 1, 1)))
    curtain = torch.sigmoid(20 * (plane.y / half[:, 1, None, None] - rng.within((-0.5, 0.9), n, 1, 1)))
    gleam = gleam + curtain * rng.within((0.0, 0.5), n, 1, 1) * rng.chance(0.4, n, 1, 1)
    cover = coverage(distance, plane)[:, None]
    return canvas + cover * (base[:, :, None, None] + gleam[:, None] - canvas)
