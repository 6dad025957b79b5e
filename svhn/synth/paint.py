"""Numbers painted on walls: plates, digits with relief and shadow, light, dirt, and what stands in the way.

Everything works on a batch; what only some numbers have is painted on those alone, picked by index.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from .camera import gaussian, separable
from .dice import Dice, Range
from .glyphs import CELL, FIGURE, Atlas
from .layout import Layout
from .plane import Plane, blend, coverage, drape, rounded_box, stamp


@dataclass(frozen=True)
class PaintConfig:
    """Ranges and shares; lengths in digit heights, strengths as shares of full scale."""

    wall_relief: Range = (0.0, 0.10)
    wall_repeat: Range = (2.5, 14.0)
    photo_share: float = 0.5  # of the walls, where photos are given
    second_wall_share: float = 0.45  # a door frame, a corner, another house
    plate_share: float = 0.6
    ellipse_share: float = 0.14
    notched_share: float = 0.12  # corners cut out round, as enamel plates have
    plate_margin: Range = (0.06, 0.6)
    plate_radius: Range = (0.0, 0.3)
    plate_relief: Range = (0.0, 0.04)
    frame_share: float = 0.5
    frame_inset: Range = (0.0, 0.12)
    frame_width: Range = (0.015, 0.07)
    plate_edge_share: float = 0.5
    plate_edge: Range = (-0.35, 0.35)
    screws_share: float = 0.15
    contrast: Range = (0.85, 1.45)  # of ink against ground, on what the palette says
    faint_share: float = 0.04
    faint: Range = (0.35, 0.8)
    shadow_share: float = 0.22
    shadow_offset: Range = (0.02, 0.14)
    shadow_strength: Range = (0.2, 0.75)
    bevel_share: float = 0.2
    bevel: Range = (0.1, 0.5)
    outline_share: float = 0.08
    hollow_share: float = 0.02
    weight_share: float = 0.25  # digits a little bolder or thinner than the face
    fade_share: float = 0.25
    fade: Range = (-0.25, 0.25)  # ink lighter or darker towards one end
    worn_share: float = 0.1
    suffix_share: float = 0.05  # 12 A
    caption_share: float = 0.08  # a line of letters above or below
    neighbour_share: float = 0.08  # digits of another number
    light: Range = (0.0, 0.3)
    cast_shadow_share: float = 0.15
    cast_shadow: Range = (0.3, 0.75)
    leaf_shadow_share: float = 0.06
    glare_share: float = 0.08
    glare: Range = (0.1, 0.6)
    dirt_share: float = 0.2
    dirt: Range = (0.05, 0.35)
    bars_share: float = 0.04
    bar_width: Range = (0.04, 0.14)
    leaves_share: float = 0.03


@dataclass(frozen=True)
class Number:
    """What is painted on n planes: a layout or, where `blank`, nothing of it, with half its extent (n, 2)."""

    layout: Layout
    half: torch.Tensor
    blank: torch.Tensor  # (n,) bool
    colours: torch.Tensor  # (n, 3, 3) ink, ground, wall


def some(share: float, n: int, dice: Dice) -> torch.Tensor:
    """Indices of a random share of n."""
    return dice.chance(share, n).nonzero()[:, 0]


def on(canvas: torch.Tensor, index: torch.Tensor, change: Callable[[torch.Tensor], torch.Tensor]) -> torch.Tensor:
    """The canvas, in place, with its samples at `index` changed."""
    return canvas.index_copy_(0, index, change(canvas[index])) if len(index) else canvas


def signs(n: int, dice: Dice) -> torch.Tensor:
    return torch.where(dice.chance(0.5, n), 1.0, -1.0)


def directions(n: int, dice: Dice) -> torch.Tensor:
    """Unit vectors (n, 2)."""
    angle = dice.within((0.0, 2 * torch.pi), n)
    return torch.stack([angle.cos(), angle.sin()], dim=1)


def wall(
    plane: Plane, colour: torch.Tensor, config: PaintConfig, dice: Dice, bank: torch.Tensor, relief: Range
) -> torch.Tensor:
    """Walls of the colours (n, 3) with a texture of the bank (B, T, T) each -> (n, 3, S, S)."""
    n = len(colour)
    texture = bank[dice.below(len(bank), n)][:, None]
    draped = drape(texture, plane, dice.within(config.wall_repeat, n), dice.within((-1.0, 1.0), n, 2))
    strength = dice.within(relief, n, 1) * dice.unit(n, 1) * (1 + dice.normal(0.15, n, 3))
    return torch.addcmul(colour[:, :, None, None], strength[:, :, None, None], draped)


def surroundings(plane: Plane, number: Number, config: PaintConfig, dice: Dice, bank: torch.Tensor) -> torch.Tensor:
    """The wall and, on some, another surface beside the number -> (n, 3, S, S)."""
    n = len(number.half)
    canvas = wall(plane, number.colours[:, 2], config, dice, bank, config.wall_relief)
    index = some(config.second_wall_share, n, dice)
    part, m = plane.pick(index), len(index)
    side = torch.where(dice.chance(0.7, m)[:, None], canvas.new_tensor([1.0, 0.0]), canvas.new_tensor([0.0, 1.0]))
    side = side * signs(m, dice)[:, None]
    edge = (number.half[index] * side.abs()).sum(-1) + dice.within((0.15, 1.3), m)
    thick = torch.where(dice.chance(0.5, m), dice.within((0.05, 0.5), m), 99.0)
    strip = (part.along(side) - (edge + thick / 2)[:, None, None]).abs() - thick[:, None, None] / 2
    colour = (number.colours[index, 2] + dice.normal(0.22, m, 1) + dice.normal(0.03, m, 3)).clamp(0, 1)
    other = wall(part, colour, config, dice, bank, config.wall_relief)
    return on(canvas, index, lambda c: torch.lerp(c, other, coverage(strip, part)[:, None]))


def plate(
    canvas: torch.Tensor, plane: Plane, number: Number, config: PaintConfig, dice: Dice, bank: torch.Tensor
) -> torch.Tensor:
    """Plates under the numbers of all n planes: one under all digits, or one under each where they are spread."""
    n, layout = len(canvas), number.layout
    margin = dice.within(config.plate_margin, n, 2)
    half = number.half + margin + 0.1 * dice.normal(1.0, n, 2).abs()
    radius = dice.within(config.plate_radius, n) * half.amin(-1)
    middle = dice.normal(0.08, n, 2) * margin
    local = plane.turned(middle, dice.normal(0.015, n))
    distance = rounded_box(local, half, radius)
    shape = dice.unit(n)
    index = (shape < config.ellipse_share).nonzero()[:, 0]
    round_half = number.half[index] * dice.within((1.12, 1.5), len(index))[:, None]
    round_half = torch.where(dice.chance(0.5, len(index))[:, None], round_half.amax(-1, keepdim=True), round_half)
    away = local.pick(index).radius(torch.zeros_like(round_half), round_half)
    distance = on(distance, index, lambda _: (away - 1) * round_half.amin(-1)[:, None, None])
    index = (shape > 1 - config.notched_share).nonzero()[:, 0]
    bite = dice.within((0.1, 0.3), len(index)) * half[index].amin(-1)
    corner, quarter = half[index][..., None, None], local.pick(index)
    from_corner = torch.hypot(corner[:, 0] - quarter.x.abs(), corner[:, 1] - quarter.y.abs())
    distance = on(distance, index, lambda d: torch.maximum(d, bite[:, None, None] - from_corner))
    index = layout.spread.nonzero()[:, 0]
    if len(index):
        each = _own_plates(plane.pick(index), layout, index, margin[index])
        distance.index_copy_(0, index, each)

    cover = coverage(distance, plane)
    edge = dice.within(config.plate_edge, n) * dice.chance(config.plate_edge_share, n)
    rim = coverage(distance - 0.05, plane) - cover
    canvas = canvas + (rim.clamp(min=0) * edge[:, None, None])[:, None]
    surface = wall(plane, number.colours[:, 1], config, dice, bank, config.plate_relief)
    canvas = torch.lerp(canvas, surface, cover[:, None])

    index = some(config.frame_share, n, dice)
    inset, width = dice.within(config.frame_inset, len(index)), dice.within(config.frame_width, len(index))
    line = (distance[index] + (inset + width)[:, None, None]).abs() - width[:, None, None]
    line = coverage(line, plane.pick(index))
    canvas = on(canvas, index, lambda c: blend(c, number.colours[index, 0], line))

    index = some(config.screws_share, n, dice)
    m = len(index)
    at = torch.stack([torch.where(dice.chance(0.3, m), 0.0, half[index, 0] - 0.12), half[index, 1] - 0.12], dim=1)
    at = torch.where(dice.chance(0.4, m)[:, None], at * at.new_tensor([1.0, 0.0]), at)
    quarter = local.pick(index)
    quarter = Plane(quarter.x.abs(), quarter.y.abs(), quarter.texels)
    spot = quarter.radius(at, torch.ones_like(at)) - dice.within((0.03, 0.07), m)[:, None, None]
    shade = dice.within((0.1, 0.8), m, 1).expand(m, 3)
    return on(canvas, index, lambda c: blend(c, shade, coverage(spot, quarter)))


def _own_plates(plane: Plane, layout: Layout, index: torch.Tensor, margin: torch.Tensor) -> torch.Tensor:
    """Distance (m, S, S) to the nearest of the plates that the digits of the numbers at `index` have for themselves."""
    nearest = torch.full_like(plane.x, 99.0)
    half = layout.size[index].amax(1) / 2 + margin.clamp(max=0.14)  # (m, 2), as tall and wide as the widest
    for k in range(layout.digits.shape[1]):
        here = rounded_box(plane.turned(layout.centre[index, k], layout.tilt[index, k]), half, half.amin(-1) * 0.1)
        nearest = torch.where(layout.present[index, k, None, None], torch.minimum(nearest, here), nearest)
    return nearest


def ink_mask(plane: Plane, layout: Layout, atlas: Atlas) -> torch.Tensor:
    """Coverage (n, S, S) of all digits of the layouts."""
    mask = torch.zeros_like(plane.x)
    for k in range(layout.digits.shape[1]):
        index = layout.present[:, k].nonzero()[:, 0]
        face, digit = layout.face[index, k], layout.digits[index, k]
        side = atlas.cell[face, None] * layout.unit[index, k]
        cover = stamp(atlas.masks[face, digit], plane.pick(index), layout.centre[index, k], side, layout.tilt[index, k])
        mask = on(mask, index, lambda m, cover=cover: torch.maximum(m, cover))
    return mask


def moved(mask: torch.Tensor, shift: torch.Tensor, spread: torch.Tensor) -> torch.Tensor:
    """Masks (n, S, S) moved by `shift` (n, 2) and blurred by `spread` (n, 2), texels."""
    size = mask.shape[-1]
    rows, columns = gaussian(spread[:, 1], size, shift[:, 1]), gaussian(spread[:, 0], size, shift[:, 0])
    return separable(rows, mask[:, None], columns)[:, 0]


def paint_ink(
    canvas: torch.Tensor, mask: torch.Tensor, plane: Plane, ink: torch.Tensor, config: PaintConfig, dice: Dice
) -> torch.Tensor:
    """Digits of the mask (n, S, S) in the colours (n, 3), with shadow, outline, bevel and wear on some."""
    n = len(canvas)
    index = some(config.weight_share, n, dice)
    bolder = dice.chance(0.5, len(index))[:, None, None]
    mask = on(mask, index, lambda m: torch.where(bolder, grown(m), -grown(-m)))

    index = some(config.shadow_share, n, dice)
    m, part = len(index), plane.texels[index]
    shift = directions(m, dice) * dice.within(config.shadow_offset, m, 1) * part
    shade = moved(mask[index], shift, dice.within((0.01, 0.05), m, 1) * part)
    shade = shade * dice.within(config.shadow_strength, m, 1, 1)
    canvas = on(canvas, index, lambda c: c * (1 - shade[:, None]))

    index = some(config.outline_share, n, dice)
    around = grown(grown(mask[index]))
    second = (dice.unit(len(index), 1) + dice.normal(0.1, len(index), 3)).clamp(0, 1)
    canvas = on(canvas, index, lambda c: blend(c, second, around))

    index = some(config.hollow_share, n, dice)
    mask = on(mask, index, lambda m: (m + grown(-m) * 0.9).clamp(0, 1))

    colour = ink[:, :, None, None].expand_as(canvas).contiguous()
    index = some(config.fade_share, n, dice)
    along = plane.pick(index).along(directions(len(index), dice))
    slope = dice.within(config.fade, len(index), 1, 1)
    colour = on(colour, index, lambda c: c + (slope * along)[:, None])
    index = some(config.bevel_share, n, dice)
    m, part = len(index), plane.texels[index]
    step = directions(m, dice) * 0.03 * part
    relief = moved(mask[index], step, 0.015 * part) - moved(mask[index], -step, 0.015 * part)
    relief = relief * dice.within(config.bevel, m, 1, 1)
    colour = on(colour, index, lambda c: c + relief[:, None])
    index = some(config.worn_share, n, dice)
    wear = (patches(len(index), 12, mask.shape[-1], dice) - dice.within((0.3, 1.2), len(index), 1, 1)).clamp(0, 1)
    mask = on(mask, index, lambda m: m * (1 - 0.8 * wear))
    return torch.lerp(canvas, colour, mask[:, None])


def grown(mask: torch.Tensor) -> torch.Tensor:
    """Masks (n, S, S) one texel fatter."""
    return F.max_pool2d(mask[:, None], 3, 1, 1)[:, 0]


def patches(n: int, cells: int, size: int, dice: Dice) -> torch.Tensor:
    """Smooth random fields of unit spread, `cells` a side: (n, size, size)."""
    return F.interpolate(dice.normal(1.0, n, 1, cells, cells), size=(size, size), mode="bilinear")[:, 0]


def stray_glyphs(
    canvas: torch.Tensor, plane: Plane, number: Number, atlas: Atlas, config: PaintConfig, dice: Dice
) -> torch.Tensor:
    """Letters and digits that do not belong to the number: a suffix, a line of text, another number."""
    n = len(canvas)
    ink = (number.colours[:, 0] + dice.normal(0.03, n, 3)).clamp(0, 1)
    index = some(config.suffix_share, n, dice)
    tall = dice.within((0.45, 1.0), len(index))
    x = number.half[index, 0] + dice.within((0.12, 0.5), len(index)) + 0.35 * tall
    y = dice.within((-0.5, 0.5), len(index)) * (1 - tall)
    canvas = _letters(canvas, plane, index, x, y, tall, ink, atlas, dice)

    index = some(config.caption_share, n, dice)
    tall = dice.within((0.14, 0.42), len(index))
    y = (number.half[index, 1] + dice.within((0.08, 0.5), len(index)) + tall / 2) * signs(len(index), dice)
    x = dice.normal(0.7, len(index))
    canvas = _letters(canvas, plane, index, x, y, tall, ink, atlas, dice, count=8)

    index = some(config.neighbour_share, n, dice)
    tall = dice.within((0.6, 1.1), len(index))
    sideways = dice.chance(0.6, len(index))
    away = dice.within((0.55, 1.2), len(index))
    x = torch.where(sideways, number.half[index, 0] + away + 0.3 * tall, dice.within((-1.0, 1.0), len(index)))
    y = torch.where(sideways, dice.normal(0.1, len(index)), number.half[index, 1] + away * 0.6 + tall / 2)
    x, y = x * signs(len(index), dice), y * signs(len(index), dice)
    for k in (0, 1):
        face = dice.below(len(atlas.names), len(index))
        masks = atlas.masks[face, dice.below(10, len(index))]
        centre = torch.stack([x + k * 0.7 * tall * x.sign(), y], dim=1)
        side = (atlas.cell[face] * tall)[:, None] * dice.within((0.8, 1.0), len(index), 2)
        cover = stamp(masks, plane.pick(index), centre, side, dice.normal(0.02, len(index)))
        canvas = on(canvas, index, lambda c, cover=cover: blend(c, ink[index], cover))
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
    dice: Dice,
    count: int = 1,
) -> torch.Tensor:
    """A line of `count` letters on each sample at `index`, centred at (x, y), `tall` digit heights."""
    m, cells = len(index), atlas.letters.shape[-1]
    font = dice.below(len(atlas.letters), m, 1)
    masks = atlas.letters[font, dice.below(atlas.letters.shape[1], m, count)]  # (m, count, C, C)
    set_close = masks[..., cells // 8 : -cells // 8]
    line = F.pad(set_close.transpose(1, 2).reshape(m, cells, count * set_close.shape[-1]), (1, 1))
    side = torch.stack([tall * line.shape[2] / cells, tall], dim=1) * CELL / FIGURE
    cover = stamp(line, plane.pick(index), torch.stack([x, y], dim=1), side, dice.normal(0.02, m))
    return on(canvas, index, lambda c: blend(c, ink[index], cover))
