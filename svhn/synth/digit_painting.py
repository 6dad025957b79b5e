"""Digits in ink, paint and metal: shadow, outline, bevel, wear."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from .camera import gaussian, separable
from .config import PaintConfig
from .geometry import Plane, apply_at, blend, stamp
from .glyphs import Atlas
from .layout import Layout
from .rng import Sampler


def ink_mask(plane: Plane, layout: Layout, atlas: Atlas) -> torch.Tensor:
    """Coverage (n, S, S) of all digits of the layouts."""
    mask = torch.zeros_like(plane.x)
    for k in range(layout.digits.shape[1]):
        index = layout.present[:, k].nonzero()[:, 0]
        face, digit = layout.face[index, k], layout.digits[index, k]
        side = atlas.cell[face, None] * layout.unit[index, k]
        cover = stamp(atlas.masks[face, digit], plane.pick(index), layout.centre[index, k], side, layout.tilt[index, k])
        mask = apply_at(mask, index, lambda m, cover=cover: torch.maximum(m, cover))
    return mask


def paint_ink(
    canvas: torch.Tensor, mask: torch.Tensor, plane: Plane, ink: torch.Tensor, config: PaintConfig, rng: Sampler
) -> torch.Tensor:
    """Digits of the mask (n, S, S) in the colours (n, 3), with shadow, outline, bevel and wear on some."""
    n = len(canvas)
    index = rng.some(config.weight_share, n)
    bolder = rng.chance(config.bolder_share, len(index))[:, None, None]
    mask = apply_at(mask, index, lambda m: torch.where(bolder, dilate(m), -dilate(-m)))

    index = rng.some(config.shadow_share, n)
    m, part = len(index), plane.texels[index]
    shift = rng.directions(m) * rng.within(config.shadow_offset, m, 1) * part
    shade = shift_and_blur(mask[index], shift, rng.within((0.01, 0.05), m, 1) * part)
    shade = shade * rng.within(config.shadow_strength, m, 1, 1)
    canvas = apply_at(canvas, index, lambda c: c * (1 - shade[:, None]))

    index = rng.some(config.outline_share, n)
    around = dilate(dilate(mask[index]))
    second = (rng.unit(len(index), 1) + rng.normal(0.1, len(index), 3)).clamp(0, 1)
    canvas = apply_at(canvas, index, lambda c: blend(c, second, around))

    index = rng.some(config.hollow_share, n)
    mask = apply_at(mask, index, lambda m: (m + dilate(-m) * 0.9).clamp(0, 1))

    colour = ink[:, :, None, None].expand_as(canvas).contiguous()
    index = rng.some(config.fade_share, n)
    along = plane.pick(index).along(rng.directions(len(index)))
    slope = rng.within(config.fade, len(index), 1, 1)
    colour = apply_at(colour, index, lambda c: c + (slope * along)[:, None])
    index = rng.some(config.bevel_share, n)
    m, part = len(index), plane.texels[index]
    step = rng.directions(m) * 0.03 * part
    relief = shift_and_blur(mask[index], step, 0.015 * part) - shift_and_blur(mask[index], -step, 0.015 * part)
    relief = relief * rng.within(config.bevel, m, 1, 1)
    colour = apply_at(colour, index, lambda c: c + relief[:, None])
    index = rng.some(config.worn_share, n)
    wear = (rng.patches(len(index), 12, mask.shape[-1]) - rng.within((0.3, 1.2), len(index), 1, 1)).clamp(0, 1)
    mask = apply_at(mask, index, lambda m: m * (1 - 0.8 * wear))
    return torch.lerp(canvas, colour, mask[:, None])


def shift_and_blur(mask: torch.Tensor, shift: torch.Tensor, spread: torch.Tensor) -> torch.Tensor:
    """Masks (n, S, S) moved by `shift` (n, 2) and blurred by `spread` (n, 2), texels."""
    size = mask.shape[-1]
    rows, columns = gaussian(spread[:, 1], size, shift[:, 1]), gaussian(spread[:, 0], size, shift[:, 0])
    return separable(rows, mask[:, None], columns)[:, 0]


def dilate(mask: torch.Tensor) -> torch.Tensor:
    """Masks (n, S, S) one texel fatter."""
    return F.max_pool2d(mask[:, None], 3, 1, 1)[:, 0]
