"""Choose and place furniture: on fronts at random, and next to numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import torch

from . import furniture, glazing, signs
from .config import CompanionConfig, FurnitureConfig, GroundConfig
from .glyphs import Atlas
from .local_painting import paint_regions, picture_boxes
from .number import Number, scale_and_shift
from .rng import Sampler

PAINTERS: dict[str, Callable] = {  # by the fields of FurnitureConfig
    "letter_box": furniture.paint_letter_box,
    "knocker": furniture.paint_knocker,
    "handle": furniture.paint_handle,
    "knob": furniture.paint_knob,
    "bell": furniture.paint_bell,
    "lamp": furniture.paint_lamp,
    "vent": furniture.paint_vent,
    "meter_box": furniture.paint_meter_box,
    "bin": furniture.paint_bin,
    "pipe": furniture.paint_pipe,
    "railing": furniture.paint_railing,
    "window": glazing.paint_window,
    "fanlight": glazing.paint_fanlight,
    "porthole": glazing.paint_porthole,
    "house_name": signs.paint_house_name,
    "street_sign": signs.paint_street_sign,
    "car_plate": signs.paint_car_plate,
    "date": signs.paint_date,
    "phone": signs.paint_phone,
    "notice": signs.paint_notice,
    "ornament": signs.paint_ornament,
    "prefix": signs.paint_prefix,
}


@dataclass(frozen=True)
class Things:
    """One thing in each of m pictures."""

    kind: torch.Tensor  # (m,) int64, a place in PAINTERS
    half: torch.Tensor  # (m, 2) half width and height, digit heights
    to_picture: torch.Tensor  # (m, 3, 3) from planes with the thing's middle at the origin to texels
    ink: torch.Tensor  # (m, 3) colour of writing on the wall itself

    def pick(self, index: torch.Tensor) -> Things:
        return Things(*(getattr(self, f.name)[index] for f in fields(self)))


def sample_kinds(m: int, config: FurnitureConfig, rng: Sampler) -> tuple[torch.Tensor, torch.Tensor]:
    """Kinds (m,) in proportion to their weights, and half sizes (m, 2)."""
    pieces = [getattr(config, name) for name in PAINTERS]
    kind = rng.pick([piece.weight for piece in pieces], m)
    table = torch.tensor([[*piece.height, *piece.aspect] for piece in pieces], device=rng.device).log()[kind]  # (m, 4)
    height = torch.lerp(table[:, 0], table[:, 1], rng.unit(m)).exp()
    aspect = torch.lerp(table[:, 2], table[:, 3], rng.unit(m)).exp()
    return kind, torch.stack([height * aspect, height], dim=1) / 2


def paint_things(canvas: torch.Tensor, index: torch.Tensor, things: Things, atlas: Atlas, rng: Sampler) -> torch.Tensor:
    """The canvas (n, 3, S, S), in place, with one thing in each of the pictures at `index` (m,)."""
    for k, paint in enumerate(PAINTERS.values()):
        which = (things.kind == k).nonzero()[:, 0]
        if len(which):
            some = things.pick(which)
            box = picture_boxes(some.to_picture, some.half * 1.15)
            canvas = paint_regions(
                canvas,
                index[which],
                some.to_picture,
                box,
                lambda piece, plane, w, s=some, p=paint: p(piece, plane, s.half[w], s.ink[w], atlas, rng),
            )
    return canvas


def scatter(
    to_picture: torch.Tensor, size: torch.Tensor, taken: torch.Tensor, config: FurnitureConfig, rng: Sampler
) -> tuple[torch.Tensor, Things]:
    """Things anywhere in photos of size (n, 2) that do not touch the boxes taken (n, K, 4), in texels.

    to_picture (n, 3, 3): of walls whose unit is the digit height. Returns the photos that get one, and theirs.
    """
    n = len(size)
    kind, half = sample_kinds(n, config, rng)
    scale = to_picture[:, 0, 0, None]
    middle = size.flip(1) * rng.within((-0.05, 1.05), n, 2)
    things = Things(
        kind, half, scale_and_shift(scale.expand(n, 2), middle), rng.unit(n, 1) * 0.9 + rng.unit(n, 3) * 0.1
    )
    low, high = picture_boxes(things.to_picture, half + 0.1).split(2, dim=1)
    apart = (low[:, None] >= taken[..., 2:]).any(-1) | (high[:, None] <= taken[..., :2]).any(-1)
    apart = apart | torch.isnan(taken[..., 0])
    index = (apart.all(1) & (half[:, 1] * scale[:, 0] > config.least_texels)).nonzero()[:, 0]
    return index, things.pick(index)


@dataclass(frozen=True)
class Companions:
    """Things next to some of n numbers."""

    index: torch.Tensor  # (m,) int64, the numbers that have a companion
    things: Things
    written: torch.Tensor  # (m,) bool: writing that belongs on the number's plate, if it has one
    room: torch.Tensor  # (n, 2, 2) that the plate needs for it, above left and below right, digit heights


def sample_companions(number: Number, to_picture: torch.Tensor, config: CompanionConfig, rng: Sampler) -> Companions:
    """Things to the left or right of numbers, above or below; to_picture (n, 3, 3) from the numbers' planes."""
    n = len(number.half)
    index = rng.some(config.share, n)
    part, m = number.pick(index), len(index)
    kind, half = sample_kinds(m, config.kinds, rng)
    names = list(PAINTERS)
    prefix, name = (kind == names.index(word) for word in ("prefix", "house_name"))
    written = (prefix | name) & ~part.layout.spread
    side = rng.pick(config.side_weights, m)  # left, right, above, below
    side = torch.where(kind == names.index("pipe"), side % 2, side)
    side = torch.where(name & part.plated, 2 + side % 2, side)
    side = torch.where(prefix, 0, side)
    half = torch.where((name & part.plated)[:, None], half * (1.2 * part.half / half).amin(1, keepdim=True), half)
    gap = rng.ratio(config.gap, m) + torch.where(part.plated & ~written, config.plate_gap, 0.0)
    gap = torch.where(prefix | written, gap.clamp(max=config.writing_gap), gap)
    away = part.half + half + gap[:, None]
    level = rng.normal(config.offset, m)[:, None] * torch.where(written[:, None], 0.0, part.half)
    direction = half.new_tensor([[-1.0, 0.0], [1.0, 0.0], [0.0, -1.0], [0.0, 1.0]])[side]
    middle = torch.where(direction == 0, level, direction * away)
    things = Things(
        kind,
        half,
        to_picture[index] @ scale_and_shift(torch.ones_like(half), middle),
        (part.colours[:, 0] + rng.normal(0.03, m, 3)).clamp(0, 1),
    )
    room = half.new_zeros(n, 2, 2)
    reach = torch.stack([-(middle - half) - part.half, middle + half - part.half], dim=1).clamp(min=0)
    room[index] = torch.where((written & part.plated)[:, None, None], reach, 0.0)
    return Companions(index, things, written, room)


def sample_grounds(number: Number, to_picture: torch.Tensor, config: GroundConfig, rng: Sampler) -> Things:
    """A thing around each number, which is somewhere on it; to_picture (n, 3, 3) from the numbers' planes."""
    n, names = len(number.half), list(PAINTERS)
    choice = rng.pick([weight for _, weight in config.weights], n)
    kind = torch.tensor([names.index(name) for name, _ in config.weights], device=choice.device)[choice]
    half = number.half * rng.ratio(config.growth, n, 2) + rng.within(config.room, n, 1)
    middle = (half - number.half) * rng.normal(0.3, n, 2)
    shift = scale_and_shift(torch.ones_like(half), middle)
    return Things(kind, half, to_picture @ shift, number.colours[:, 0])


def sample_replacements(number: Number, to_picture: torch.Tensor, config: FurnitureConfig, rng: Sampler) -> Things:
    """A thing in the place of each number, stretched or not; to_picture (n, 3, 3) from the numbers' planes."""
    kind, half = sample_kinds(len(number.half), config, rng)
    half = half * (number.half / half).amin(1, keepdim=True)
    half = torch.lerp(half, number.half, rng.unit(len(half), 1))  # a box put on a thing would fit it
    return Things(kind, half, to_picture, number.colours[:, 0])
