"""What lies between the painted number and the camera: light, shadows, glare, dirt, bars and leaves."""

from __future__ import annotations

import torch

from .config import PaintConfig
from .geometry import Plane, blend, coverage, on
from .rng import Dice


def weather(canvas: torch.Tensor, plane: Plane, config: PaintConfig, dice: Dice) -> torch.Tensor:
    """Pictures (n, 3, S, S) as light, dirt and obstacles leave them, each effect on its share of them."""
    n, size = len(canvas), canvas.shape[-1]
    canvas = _dirt(canvas, config, dice)

    along = plane.along(dice.directions(n) * (plane.texels.amin(-1) / size)[:, None])
    light = 1 + dice.within(config.light, n, 1, 1) * along.clamp_(-1, 1)

    index = dice.some(config.cast_shadow_share, n)
    m, part = len(index), plane.pick(index)
    beyond = part.along(dice.directions(m)) - dice.normal(0.8, m, 1, 1)
    soft = dice.within((0.02, 0.3), m, 1, 1)
    depth = dice.within(config.cast_shadow, m, 1, 1)
    light = on(light, index, lambda x: x * (1 - depth * torch.sigmoid(beyond / soft)))
    index = dice.some(config.leaf_shadow_share, n)
    m = len(index)
    speckle = torch.sigmoid(6 * dice.patches(m, 7, size))
    depth = dice.within(config.cast_shadow, m, 1, 1)
    light = on(light, index, lambda x: x * (1 - depth * speckle))
    canvas = canvas * light[:, None]

    index = dice.some(config.glare_share, n)
    m, part = len(index), plane.pick(index)
    away = part.radius(dice.normal(0.7, m, 2), dice.within((0.2, 1.2), m, 2))
    spot = torch.exp(-away.square()) * dice.within(config.glare, m, 1, 1)
    canvas = on(canvas, index, lambda c: c + spot[:, None])
    return _obstacles(canvas, plane, config, dice)


def _dirt(canvas: torch.Tensor, config: PaintConfig, dice: Dice) -> torch.Tensor:
    index = dice.some(config.dirt_share, len(canvas))
    m, size = len(index), canvas.shape[-1]
    field = dice.patches(m, 5, size) + 0.6 * dice.patches(m, 24, size)
    tint = dice.within((0.0, 0.35), m, 1) * canvas.new_tensor([1.0, 0.85, 0.65])
    cover = field.clamp(0, 1.5) * dice.within(config.dirt, m, 1, 1)
    return on(canvas, index, lambda c: blend(c, tint, cover))


def _obstacles(canvas: torch.Tensor, plane: Plane, config: PaintConfig, dice: Dice) -> torch.Tensor:
    """Bars and wires across the number, leaves from one side."""
    n, size = len(canvas), canvas.shape[-1]
    index = dice.some(config.bars_share, n)
    m, part = len(index), plane.pick(index)
    across = part.along(dice.directions(m))
    period, width = dice.within((0.7, 3.0), m, 1, 1), dice.within(config.bar_width, m, 1, 1)
    place = (across + dice.within((0.0, 3.0), m, 1, 1)) % period
    shade = dice.within((0.05, 0.9), m, 1).expand(m, 3)
    cover = coverage((place - period / 2).abs() - width / 2, part)
    canvas = on(canvas, index, lambda c: blend(c, shade, cover))

    index = dice.some(config.leaves_share, n)
    m, part = len(index), plane.pick(index)
    side = part.along(dice.directions(m))
    field = dice.patches(m, 16, size) + 1.6 * (side - dice.within((0.3, 1.2), m, 1, 1)).clamp(-2, 2)
    green = dice.within((0.1, 0.5), m, 1) * canvas.new_tensor([0.8, 1.0, 0.5])
    shade = 1 + 0.3 * dice.patches(m, 24, size)
    cover = torch.sigmoid(6 * (field - 0.6))
    return on(canvas, index, lambda c: c + cover[:, None] * (green[:, :, None, None] * shade[:, None] - c))
