"""Between the painted number and the camera: light, shadows, glare, dirt, bars and leaves."""

from __future__ import annotations

import torch

from .config import PaintConfig
from .geometry import Plane, apply_at, blend, coverage
from .rng import Sampler


def apply_weather(canvas: torch.Tensor, plane: Plane, config: PaintConfig, rng: Sampler) -> torch.Tensor:
    """Pictures (n, 3, S, S) with light, dirt and obstacles, each on its share of them."""
    n, size = len(canvas), canvas.shape[-1]
    canvas = _dirt(canvas, config, rng)

    along = plane.along(rng.directions(n) * (plane.texels.amin(-1) / size)[:, None])
    light = 1 + rng.within(config.light, n, 1, 1) * along.clamp_(-1, 1)

    index = rng.some(config.cast_shadow_share, n)
    m, part = len(index), plane.pick(index)
    beyond = part.along(rng.directions(m)) - rng.normal(0.8, m, 1, 1)
    soft = rng.within((0.02, 0.3), m, 1, 1)
    depth = rng.within(config.cast_shadow, m, 1, 1)
    light = apply_at(light, index, lambda x: x * (1 - depth * torch.sigmoid(beyond / soft)))
    index = rng.some(config.leaf_shadow_share, n)
    m = len(index)
    speckle = torch.sigmoid(6 * rng.patches(m, 7, size))
    depth = rng.within(config.cast_shadow, m, 1, 1)
    light = apply_at(light, index, lambda x: x * (1 - depth * speckle))
    canvas = canvas * light[:, None]

    index = rng.some(config.glare_share, n)
    m, part = len(index), plane.pick(index)
    away = part.radius(rng.normal(0.7, m, 2), rng.within((0.2, 1.2), m, 2))
    spot = torch.exp(-away.square()) * rng.within(config.glare, m, 1, 1)
    canvas = apply_at(canvas, index, lambda c: c + spot[:, None])
    return _obstacles(canvas, plane, config, rng)


def _dirt(canvas: torch.Tensor, config: PaintConfig, rng: Sampler) -> torch.Tensor:
    index = rng.some(config.dirt_share, len(canvas))
    m, size = len(index), canvas.shape[-1]
    field = rng.patches(m, 5, size) + 0.6 * rng.patches(m, 24, size)
    tint = rng.within((0.0, 0.35), m, 1) * canvas.new_tensor([1.0, 0.85, 0.65])
    cover = field.clamp(0, 1.5) * rng.within(config.dirt, m, 1, 1)
    return apply_at(canvas, index, lambda c: blend(c, tint, cover))


def _obstacles(canvas: torch.Tensor, plane: Plane, config: PaintConfig, rng: Sampler) -> torch.Tensor:
    """Bars and wires across the number, leaves from one side."""
    n, size = len(canvas), canvas.shape[-1]
    index = rng.some(config.bars_share, n)
    m, part = len(index), plane.pick(index)
    across = part.along(rng.directions(m))
    period, width = rng.within((0.7, 3.0), m, 1, 1), rng.within(config.bar_width, m, 1, 1)
    place = (across + rng.within((0.0, 3.0), m, 1, 1)) % period
    shade = rng.within((0.05, 0.9), m, 1).expand(m, 3)
    cover = coverage((place - period / 2).abs() - width / 2, part)
    canvas = apply_at(canvas, index, lambda c: blend(c, shade, cover))

    index = rng.some(config.leaves_share, n)
    m, part = len(index), plane.pick(index)
    side = part.along(rng.directions(m))
    field = rng.patches(m, 16, size) + 1.6 * (side - rng.within((0.3, 1.2), m, 1, 1)).clamp(-2, 2)
    green = rng.within((0.1, 0.5), m, 1) * canvas.new_tensor([0.8, 1.0, 0.5])
    shade = 1 + 0.3 * rng.patches(m, 24, size)
    cover = torch.sigmoid(6 * (field - 0.6))
    return apply_at(canvas, index, lambda c: c + cover[:, None] * (green[:, :, None, None] * shade[:, None] - c))
