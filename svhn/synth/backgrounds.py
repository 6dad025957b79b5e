"""Walls behind numbers: one surface, a second one next to it, a front of several, or a piece of a street photo."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from .config import PaintConfig
from .geometry import Plane, apply_at, coverage, drape, rounded_box
from .number import Number
from .rng import Range, Sampler


def paint_wall(
    plane: Plane, colour: torch.Tensor, config: PaintConfig, rng: Sampler, bank: torch.Tensor, relief: Range
) -> torch.Tensor:
    """Walls of the colours (n, 3) with a texture of the bank (B, T, T) each -> (n, 3, S, S)."""
    n = len(colour)
    texture = bank[rng.below(len(bank), n)][:, None]
    draped = drape(texture, plane, rng.within(config.wall_repeat, n), rng.within((-1.0, 1.0), n, 2))
    strength = rng.within(relief, n, 1) * rng.unit(n, 1) * (1 + rng.normal(0.15, n, 3))
    return torch.addcmul(colour[:, :, None, None], strength[:, :, None, None], draped)


def paint_surroundings(
    plane: Plane,
    number: Number,
    config: PaintConfig,
    rng: Sampler,
    bank: torch.Tensor,
    photos: torch.Tensor | None,
) -> torch.Tensor:
    """The wall and, on some, another surface next to the number -> (n, 3, S, S)."""
    n, size = len(number.half), plane.x.shape[-1]
    colour = number.colours[:, 2]
    canvas = paint_wall(plane, colour, config, rng, bank, config.wall_relief)
    if photos is not None:
        index = (rng.chance(config.photo_share, n) & number.plated).nonzero()[:, 0]
        canvas = apply_at(canvas, index, lambda c: photo_patch(colour[index], size, config, rng, photos))
    index = rng.some(config.second_wall_share, n)
    part, m = plane.pick(index), len(index)
    side = torch.where(rng.chance(0.7, m)[:, None], canvas.new_tensor([1.0, 0.0]), canvas.new_tensor([0.0, 1.0]))
    side = side * rng.signs(m)[:, None]
    edge = (number.half[index] * side.abs()).sum(-1) + rng.within((0.15, 1.3), m)
    thick = torch.where(rng.chance(0.5, m), rng.within((0.05, 0.5), m), 99.0)
    strip = (part.along(side) - (edge + thick / 2)[:, None, None]).abs() - thick[:, None, None] / 2
    other = paint_wall(part, _other_colour(colour[index], rng), config, rng, bank, config.wall_relief)
    return apply_at(canvas, index, lambda c: torch.lerp(c, other, coverage(strip, part)[:, None]))


def paint_fields(
    canvas: torch.Tensor,
    plane: Plane,
    colour: torch.Tensor,
    count: int,
    config: PaintConfig,
    rng: Sampler,
    bank: torch.Tensor,
) -> torch.Tensor:
    """Walls (n, 3, S, S) in the colours (n, 3) with up to `count` boards and patches, each with a frame."""
    n = len(colour)
    reach = torch.stack([plane.x.flatten(1).amax(1), plane.y.flatten(1).amax(1)], dim=1)  # (n, 2)
    for _ in range(count):
        index = rng.some(0.6, n)
        m = len(index)
        half = reach[index] * rng.within((0.08, 0.6), m, 2)
        local = plane.pick(index).rotate(
            reach[index] * rng.within((-1.0, 1.0), m, 2), torch.zeros(m, device=half.device)
        )
        inside = rounded_box(local, half, torch.zeros_like(half[:, 0]))
        inner = paint_wall(local, _other_colour(colour[index], rng), config, rng, bank, config.wall_relief)
        frame = _other_colour(colour[index], rng)[:, :, None, None]
        wide = reach[index].amin(1) * rng.within((0.0, 0.06), m)
        framed = torch.lerp(frame, inner, coverage(inside + wide[:, None, None], local)[:, None])
        canvas = apply_at(
            canvas, index, lambda c, f=framed, i=inside, p=local: torch.lerp(c, f, coverage(i, p)[:, None])
        )
    return canvas


def photo_patch(
    colour: torch.Tensor, size: int, config: PaintConfig, rng: Sampler, photos: torch.Tensor
) -> torch.Tensor:
    """Pieces of street photos (M, 3, P, P) uint8, drawn halfway to the colours (n, 3): (n, 3, size, size)."""
    n = len(colour)
    pieces = photo_pieces(n, config.photo_zoom, size, rng, photos)
    mean = pieces.mean((2, 3))
    pull = rng.within((0.3, 1.0), n, 1)
    return pieces + (pull * (colour - mean))[:, :, None, None]


def photo_pieces(n: int, zoom: Range, size: int, rng: Sampler, photos: torch.Tensor) -> torch.Tensor:
    """Random pieces, `zoom` of the photo's side wide, mirrored at will: (n, 3, size, size) in 0 ... 1."""
    chosen = photos[rng.below(len(photos), n)].float() / 255
    half = rng.within(zoom, n)
    shift = (1 - half)[:, None] * rng.within((-1.0, 1.0), n, 2)
    affine = torch.zeros(n, 2, 3, device=chosen.device)
    affine[:, 0, 0], affine[:, 1, 1], affine[:, :, 2] = half * rng.signs(n), half, shift
    grid = F.affine_grid(affine, [n, 3, size, size], align_corners=False)
    return F.grid_sample(chosen, grid, padding_mode="reflection", align_corners=False)


def _other_colour(colour: torch.Tensor, rng: Sampler) -> torch.Tensor:
    """Lighter or darker than the colours (n, 3), of nearly the same hue."""
    n = len(colour)
    return (colour + rng.normal(0.24, n, 1) + rng.normal(0.03, n, 3)).clamp(0, 1)
