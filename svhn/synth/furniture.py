"""Painters of things on doors and walls: letter boxes, handles, locks, bells, knockers, lamps, vents, bins.

Every painter takes pieces of pictures (n, 3, S, S), their planes with the thing's middle at the origin, its half
sizes (n, 2) in plane units, the colours (n, 3) of lettering on it, the atlas and a generator, and returns the
pieces with the thing on them.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .geometry import Plane, coverage
from .glyphs import Atlas
from .palette import pick_colours
from .rng import Sampler
from .shapes import arch, ellipse, fill, rectangle, shade, stripes

METALS = ((190, 190, 188), (120, 120, 122), (176, 146, 84), (140, 104, 56), (40, 40, 42), (225, 225, 222), (70, 62, 55))


def paint_letter_box(canvas: Tensor, plane: Plane, half: Tensor, ink: Tensor, atlas: Atlas, rng: Sampler) -> Tensor:
    """A flap in a frame, or a dark slot with a lid."""
    n = len(half)
    metal = pick_colours(METALS, n, rng)
    outer = rectangle(plane, half, 0.15)
    inset = half.amin(1) * rng.within((0.12, 0.4), n)
    flap = outer + inset[:, None, None]
    other = (metal * rng.within((0.25, 1.15), n, 1)).clamp(0, 1)
    canvas = fill(canvas, plane, metal, outer)
    canvas = fill(canvas, plane, other, flap)
    canvas = shade(canvas, plane, outer, inset * 0.4, rng.within((0.05, 0.3), n))
    return shade(canvas, plane, flap, inset * 0.4, rng.within((-0.3, 0.2), n))


def paint_knocker(canvas: Tensor, plane: Plane, half: Tensor, ink: Tensor, atlas: Atlas, rng: Sampler) -> Tensor:
    """A ring or a drop that hangs from a boss."""
    n = len(half)
    metal = pick_colours(METALS, n, rng)
    low = plane.rotate(half * half.new_tensor([0.0, 0.25]), torch.zeros(n, device=half.device))
    top = plane.rotate(half * half.new_tensor([0.0, -0.65]), torch.zeros(n, device=half.device))
    thick = half.amin(1) * rng.within((0.12, 0.3), n)
    ring = ellipse(low, half * half.new_tensor([1.0, 0.75])).abs() - thick[:, None, None]
    boss = ellipse(top, half * half.new_tensor([0.55, 0.35]))
    whole = torch.minimum(ring, boss)
    return shade(fill(canvas, plane, metal, whole), plane, whole, thick * 0.5, rng.within((0.1, 0.35), n))


def paint_handle(canvas: Tensor, plane: Plane, half: Tensor, ink: Tensor, atlas: Atlas, rng: Sampler) -> Tensor:
    """An upright bar, often on a backplate, with a lever on some."""
    n = len(half)
    metal = pick_colours(METALS, n, rng)
    bar = rectangle(plane, half * rng.within((0.25, 0.6), n, 1) * half.new_tensor([1.0, 1.5]).clamp(max=1), 1.0)
    back = rectangle(plane, half, 0.3)
    lever = plane.rotate(half * half.new_tensor([1.5, -0.3]) * rng.signs(n, 1), torch.zeros(n, device=half.device))
    lever = rectangle(lever, torch.stack([half[:, 0] * 2, half[:, 0] * 0.5], dim=1), 1.0)
    bar = torch.where(rng.chance(0.5, n, 1, 1), torch.minimum(bar, lever), bar)
    plated = rng.chance(0.6, n, 1, 1)
    canvas = fill(canvas, plane, metal * rng.within((0.6, 1.0), n, 1), torch.where(plated, back, bar))
    return shade(fill(canvas, plane, metal, bar), plane, bar, half[:, 0] * 0.3, rng.within((0.1, 0.35), n))


def paint_knob(canvas: Tensor, plane: Plane, half: Tensor, ink: Tensor, atlas: Atlas, rng: Sampler) -> Tensor:
    """A ball of metal with a highlight on a rose, or a lock with its keyhole; much like a 0."""
    n = len(half)
    metal = pick_colours(METALS, n, rng)
    disc = ellipse(plane, half)
    inner = ellipse(plane, half * rng.within((0.45, 0.8), n, 1))
    canvas = fill(canvas, plane, metal, disc)
    canvas = fill(canvas, plane, (metal * rng.within((0.5, 1.3), n, 1)).clamp(0, 1), inner)
    canvas = shade(canvas, plane, disc, half.amin(1) * 0.2, rng.within((0.1, 0.4), n))
    keyhole = rectangle(plane, half * half.new_tensor([0.1, 0.3]), 0.5)
    keyhole = torch.where(rng.chance(0.5, n, 1, 1), keyhole, torch.full_like(keyhole, 9.0))
    return fill(canvas, plane, metal * 0.2, keyhole)


def paint_bell(canvas: Tensor, plane: Plane, half: Tensor, ink: Tensor, atlas: Atlas, rng: Sampler) -> Tensor:
    """A plate with one to five buttons above each other, much like a stack of zeros."""
    n = len(half)
    body, button = pick_colours(METALS, n, rng), pick_colours(METALS, n, rng)
    canvas = fill(canvas, plane, body, rectangle(plane, half, 0.3))
    rows = 1 + rng.pick((3.0, 1.0, 1.0, 1.0, 1.0), n)
    period = 2 * half[:, 1] / rows
    y = torch.remainder(plane.y + half[:, 1, None, None], period[:, None, None]) - period[:, None, None] / 2
    size = torch.minimum(half[:, 0], period / 2) * rng.within((0.3, 0.75), n)
    buttons = torch.hypot(plane.x, y) - size[:, None, None]
    buttons = torch.maximum(buttons, plane.y.abs() - half[:, 1, None, None])
    return shade(fill(canvas, plane, button, buttons), plane, buttons, size * 0.25, rng.within((0.0, 0.4), n))


def paint_lamp(canvas: Tensor, plane: Plane, half: Tensor, ink: Tensor, atlas: Atlas, rng: Sampler) -> Tensor:
    """A lantern: glass that narrows downwards under a cap, with bars; lit on some."""
    n = len(half)
    metal = pick_colours(METALS, n, rng) * rng.within((0.3, 1.0), n, 1)
    glass = (rng.within((0.3, 1.0), n, 1) * half.new_tensor([1.0, 0.97, 0.85])).clamp(0, 1)
    taper = 0.75 - 0.25 * plane.y / half[:, 1, None, None] * rng.within((0.0, 1.0), n, 1, 1)
    body = torch.maximum(plane.x.abs() - half[:, 0, None, None] * taper, plane.y.abs() - 0.7 * half[:, 1, None, None])
    cap = plane.rotate(half * half.new_tensor([0.0, -0.8]), torch.zeros(n, device=half.device))
    cap = arch(cap, half * half.new_tensor([1.0, 0.2]))
    foot = plane.rotate(half * half.new_tensor([0.0, 0.85]), torch.zeros(n, device=half.device))
    foot = ellipse(foot, half * half.new_tensor([0.4, 0.15]))
    edge = half[:, 0] * rng.within((0.06, 0.2), n)
    bars = torch.where(rng.chance(0.5, n, 1, 1), plane.x.abs() - edge[:, None, None] / 2, torch.full_like(body, 9.0))
    canvas = fill(canvas, plane, glass, body)
    frame = torch.maximum(torch.minimum(body.abs() - edge[:, None, None] / 2, bars), body)
    canvas = fill(canvas, plane, metal, torch.minimum(torch.minimum(frame, cap), foot))
    glow = torch.exp(-(plane.radius(torch.zeros_like(half), half) * 1.2).square()) * rng.chance(0.25, n, 1, 1)
    return canvas + 0.5 * glow[:, None] * half.new_tensor([1.0, 0.9, 0.6]).view(1, 3, 1, 1)


def paint_vent(canvas: Tensor, plane: Plane, half: Tensor, ink: Tensor, atlas: Atlas, rng: Sampler) -> Tensor:
    """A grille of slots, upright, level or both, as of vents, drains and loudspeakers."""
    n = len(half)
    body = pick_colours(METALS, n, rng)
    outer = rectangle(plane, half, 0.1)
    period = half.amin(1) * rng.within((0.25, 0.9), n)
    width = period * rng.within((0.25, 0.6), n)
    level, upright = stripes(plane.y, period, width), stripes(plane.x, period, width)
    way = rng.unit(n, 1, 1)
    slots = torch.where(way < 0.45, level, torch.where(way < 0.8, upright, torch.maximum(level, upright)))
    slots = torch.maximum(slots, outer + 0.12 * half.amin(1)[:, None, None])
    canvas = fill(canvas, plane, body, outer)
    return fill(canvas, plane, body * rng.within((0.1, 0.7), n, 1), slots)


def paint_meter_box(canvas: Tensor, plane: Plane, half: Tensor, ink: Tensor, atlas: Atlas, rng: Sampler) -> Tensor:
    """A cabinet with a door, a lock and on some a label."""
    n = len(half)
    body = (rng.within((0.25, 0.95), n, 1) + rng.normal(0.03, n, 3)).clamp(0, 1)
    outer = rectangle(plane, half, 0.06)
    inner = outer + 0.12 * half.amin(1)[:, None, None]
    canvas = fill(canvas, plane, body, outer)
    canvas = shade(canvas, plane, outer, 0.05 * half.amin(1), rng.within((0.1, 0.4), n))
    canvas = shade(canvas, plane, inner, 0.03 * half.amin(1), rng.within((-0.4, 0.0), n))
    at = half * rng.within((-0.6, 0.6), n, 2)
    label = rectangle(plane.rotate(at, torch.zeros(n, device=half.device)), half * rng.within((0.08, 0.35), n, 2))
    return fill(canvas, plane, (rng.unit(n, 1) + rng.normal(0.2, n, 3)).clamp(0, 1), label)


def paint_bin(canvas: Tensor, plane: Plane, half: Tensor, ink: Tensor, atlas: Atlas, rng: Sampler) -> Tensor:
    """A wheeled bin: a body that narrows downwards, a lid and its rim."""
    n = len(half)
    body = pick_colours(BINS, n, rng)
    taper = 0.94 - 0.06 * plane.y / half[:, 1, None, None]
    outer = torch.maximum(plane.x.abs() - half[:, 0, None, None] * taper, plane.y.abs() - half[:, 1, None, None])
    rim = (plane.y + half[:, 1, None, None] * 0.8).abs() - half[:, 1, None, None] * 0.03
    lid = pick_colours(BINS, n, rng)
    lid = torch.where(rng.chance(0.3, n, 1), lid, (body * 1.15).clamp(0, 1))
    above = torch.maximum(outer, plane.y + half[:, 1, None, None] * 0.82)
    canvas = fill(fill(canvas, plane, body, outer), plane, lid, above)
    canvas = fill(canvas, plane, body * 0.45, torch.maximum(rim, outer))
    light = rng.within((-0.25, 0.25), n, 1, 1) * plane.x / half[:, 0, None, None]
    return canvas + (light.clamp(-0.3, 0.3) * coverage(outer, plane))[:, None]


def paint_pipe(canvas: Tensor, plane: Plane, half: Tensor, ink: Tensor, atlas: Atlas, rng: Sampler) -> Tensor:
    """A drainpipe or a cable from top to bottom, shaded as a cylinder."""
    n = len(half)
    colour = (rng.within((0.05, 0.95), n, 1) + rng.normal(0.04, n, 3)).clamp(0, 1)
    canvas = fill(canvas, plane, colour, plane.x.abs() - half[:, 0, None, None])
    across = (plane.x / half[:, 0, None, None]).clamp(-1, 1)
    round_ = rng.within((0.05, 0.3), n, 1, 1) * (across + rng.normal(0.4, n, 1, 1)).square()
    return canvas - (round_ * coverage(plane.x.abs() - half[:, 0, None, None], plane))[:, None]


def paint_railing(canvas: Tensor, plane: Plane, half: Tensor, ink: Tensor, atlas: Atlas, rng: Sampler) -> Tensor:
    """Upright bars between two rails; every one looks like a 1."""
    n = len(half)
    colour = pick_colours(METALS, n, rng) * rng.within((0.3, 1.0), n, 1)
    period = rng.within((0.5, 1.6), n)
    bars = stripes(plane.x, period, period * rng.within((0.1, 0.4), n))
    rails = stripes(plane.y, half[:, 1] * 1.4, period * rng.within((0.1, 0.4), n))
    whole = torch.maximum(torch.minimum(bars, rails), rectangle(plane, half))
    return shade(fill(canvas, plane, colour, whole), plane, whole, period * 0.06, rng.within((0.0, 0.3), n))


BINS = ((45, 75, 55), (40, 42, 45), (95, 95, 98), (70, 55, 40), (40, 60, 100), (30, 30, 32), (120, 40, 35))
