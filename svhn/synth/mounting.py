"""Mount numbers: on the wall itself, on plates, plaques and bins, with things next to them."""

from __future__ import annotations

from dataclasses import replace

import torch

from .backing_plates import paint_plates
from .config import PaintConfig, StreetConfig
from .digit_painting import ink_mask, paint_ink
from .distractors import add_distractors
from .furnishing import paint_things, sample_companions
from .geometry import Plane, apply_at
from .glyphs import Atlas
from .local_painting import paint_regions, picture_boxes
from .number import Number
from .plaques import paint_bin_under, paint_plaque
from .rng import Sampler
from .textures import texture_bank

WALL, PLATE, PLAQUE, BIN = range(4)


def sample_mounts(number: Number, config: PaintConfig, rng: Sampler) -> torch.Tensor:
    """The mounts of n numbers, (n,) int64: WALL, PLATE, PLAQUE or BIN."""
    draw = rng.unit(len(number.half))
    kind = torch.where(draw < config.plaque_share, PLAQUE, PLATE)
    kind = torch.where(number.layout.spread, PLATE, kind)
    kind = torch.where(draw > 1 - config.bin_share, BIN, kind)
    return torch.where(number.plated, kind, WALL)


def reach(number: Number, kind: torch.Tensor, config: StreetConfig) -> torch.Tensor:
    """Half sizes (n, 2), in digit heights, of everything that `put_up` may paint around a number's middle."""
    growth, plaque_room = config.plaque.ellipse_growth[1], config.plaque.picture_height[1] + config.plaque.margin[1]
    plate_room = config.paint.plate_margin[1] + 0.3
    room = number.half.new_tensor([1.6, plate_room, plaque_room, config.plaque.bin_room[1] * 2])[kind]
    return (number.half + room[:, None]) * number.half.new_tensor([1.0, 1.5, growth, 1.0])[kind, None] + 0.2


def put_up(
    canvas: torch.Tensor,
    index: torch.Tensor,
    number: Number,
    to_picture: torch.Tensor,
    inked: torch.Tensor,
    config: StreetConfig,
    atlas: Atlas,
    rng: Sampler,
    ink: slice = slice(None),
) -> torch.Tensor:
    """The canvas (n, 3, S, S), in place, with m numbers, their mounts and the things next to them.

    index (m,): the pictures, each at most once; to_picture (m, 3, 3) from the numbers' planes; inked (m,) bool: the
    numbers that are painted, the others have their plates only; ink: the rows, and columns, of a picture that digits
    can reach, if all numbers are large.
    """
    companions = sample_companions(number, to_picture, config.companion, rng)
    mount = sample_mounts(number, config.paint, rng)
    room = companions.room

    def paint(piece: torch.Tensor, plane: Plane, rows: torch.Tensor) -> torch.Tensor:
        some = number.pick(rows)
        piece = paint_mounts(piece, plane, some, mount[rows], room[rows], config, atlas, rng)
        piece = add_distractors(piece, plane, some, atlas, config.paint, rng)
        return paint_digits(piece, plane, some, inked[rows], config.paint, atlas, rng, ink)

    for written in (False, True):
        which = (companions.written == written).nonzero()[:, 0]
        canvas = paint_things(canvas, index[companions.index[which]], companions.things.pick(which), atlas, rng)
        if not written:
            box = picture_boxes(to_picture, reach(number, mount, config) + room.amax(1))
            canvas = paint_regions(canvas, index, to_picture, box, paint)
    return canvas


def paint_mounts(
    canvas: torch.Tensor,
    plane: Plane,
    number: Number,
    mount: torch.Tensor,
    room: torch.Tensor,
    config: StreetConfig,
    atlas: Atlas,
    rng: Sampler,
) -> torch.Tensor:
    """Walls (n, 3, S, S) with the numbers' mounts: mount (n,) of `sample_mounts`, room of `Companions`."""
    bank = texture_bank(str(rng.device))
    shift = (room[:, 1] - room[:, 0]) / 2
    plane = plane.rotate(shift, torch.zeros_like(shift[:, 0]))
    number = replace(number, half=number.half + room.sum(1) / 2)

    def plates(piece: torch.Tensor, part: Plane, some: Number) -> torch.Tensor:
        return paint_plates(piece, part, some, config.paint, rng, bank)

    def plaques(piece: torch.Tensor, part: Plane, some: Number) -> torch.Tensor:
        return paint_plaque(piece, part, some, config.plaque, atlas, rng)

    def bins(piece: torch.Tensor, part: Plane, some: Number) -> torch.Tensor:
        return paint_bin_under(piece, part, some, config.plaque, atlas, rng)

    for kind, make in ((PLATE, plates), (PLAQUE, plaques), (BIN, bins)):
        index = (mount == kind).nonzero()[:, 0]
        canvas = apply_at(canvas, index, lambda c, m=make, i=index: m(c, plane.pick(i), number.pick(i)))
    return canvas


def paint_digits(
    canvas: torch.Tensor,
    plane: Plane,
    number: Number,
    inked: torch.Tensor,
    config: PaintConfig,
    atlas: Atlas,
    rng: Sampler,
    ink: slice,
) -> torch.Tensor:
    """Walls (n, 3, S, S) with the digits of those numbers that are `inked` (n,); ink as in `put_up`."""
    index = inked.nonzero()[:, 0]
    shown, part = number.pick(index), plane.window(ink, ink).pick(index)
    mask = ink_mask(part, shown.layout, atlas)
    within = canvas[:, :, ink, ink]
    within[index] = paint_ink(within[index], mask, part, shown.colours[:, 0], config, rng)
    return canvas
