"""Photos for the localizer: fronts with doors, windows and furniture, and 0 ... 3 numbers on them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch

from ..labels import BLANK
from .backgrounds import paint_fields, paint_wall, photo_pieces
from .camera import photograph
from .config import StreetConfig
from .framing import Framing, sample_framing
from .furnishing import paint_things, sample_grounds, scatter
from .geometry import Plane, apply_at, project, view_plane
from .glyphs import Atlas
from .house_fronts import WALLS, lay_bricks, paint_door
from .layout import extent
from .lighting import apply_weather
from .mounting import put_up
from .number import (
    Number,
    bounding_boxes,
    digit_corners,
    recolour_for_wall,
    sample_number,
    sample_view,
    scale_and_shift,
)
from .palette import pick_colours, sample_colours
from .rng import Sampler
from .textures import texture_bank

SCENE = 256  # side of a scene's canvas


@dataclass(frozen=True)
class Scenes:
    """n photos, longer side 256, at the top left of a square canvas that is black elsewhere."""

    images: torch.Tensor  # (n, 3, 256, 256) uint8
    size: torch.Tensor  # (n, 2) int64, height and width of the photo
    box: torch.Tensor  # (n, K, 4) float32, of the numbers, canvas pixels, NaN behind the last
    length: torch.Tensor  # (n, K) uint8, 0 behind the last
    digit_box: torch.Tensor  # (n, 5 K, 4) float32, of the digits: number k has rows 5 k ... 5 k + 4, NaN for none
    digit: torch.Tensor  # (n, 5 K) int64, 10 = blank


@dataclass(frozen=True)
class Placed:
    """One number in each of n photos, or none."""

    number: Number
    to_photo: torch.Tensor  # (n, 3, 3) from its plane to canvas texels
    box: torch.Tensor  # (n, 4) canvas texels
    digit_box: torch.Tensor  # (n, 5, 4), NaN behind the last
    scale: torch.Tensor  # (n,) texels a digit height
    there: torch.Tensor  # (n,) bool


def scenes(
    n: int,
    config: StreetConfig,
    atlas: Atlas,
    generator: torch.Generator,
    device: torch.device | str = "cpu",
    backgrounds: torch.Tensor | None = None,
) -> Scenes:
    """n photos with 0 ... 3 numbers each. `atlas`, `generator` and backgrounds, uint8 (M, 3, 256, 256), must
    be on `device`."""
    rng, scene = Sampler(generator, device), config.scene
    framing = sample_framing(n, SCENE, scene.framing, rng)
    numbers = place_numbers(framing, config, atlas, rng)
    taken = torch.stack([torch.where(p.there[:, None], p.box, torch.nan) for p in numbers], dim=1)  # (n, K, 4)

    unit = numbers[0].scale * rng.ratio(scene.facade.scale, n)
    to_picture = scale_and_shift(unit[:, None].expand(n, 2), framing.size.flip(1) / 2)
    plane = view_plane(to_picture, SCENE)
    canvas = front(plane, config, rng)
    things = torch.full((n,), scene.facade.thing_share, device=device)
    if backgrounds is not None:
        index = rng.some(scene.photo_share, n)
        canvas = apply_at(canvas, index, lambda _: photo_pieces(len(index), scene.photo_zoom, SCENE, rng, backgrounds))
        things[index] *= scene.photo_things
    for _ in range(scene.facade.things):
        index, found = scatter(to_picture, framing.size, taken, scene.furniture, rng)
        kept = (rng.unit(len(index)) < things[index]).nonzero()[:, 0]
        canvas = paint_things(canvas, index[kept], found.pick(kept), atlas, rng)

    for one in numbers:
        canvas = _put_up(canvas, one, config, atlas, rng)
    canvas = apply_weather(canvas, plane, config.paint, rng).clamp_(0, 1)
    return _as_photos(canvas, framing, numbers, config, rng)


def place_numbers(framing: Framing, config: StreetConfig, atlas: Atlas, rng: Sampler) -> list[Placed]:
    """As many numbers as a photo can have, in each of n photos, with room between those that are there."""
    n, weights = len(framing.width), config.scene.count_weights
    count = rng.pick(weights, n)
    taken = torch.full((n, len(weights) - 1, 4), -1.0, device=count.device)  # boxes with some room around them
    numbers: list[Placed] = []
    for k in range(len(weights) - 1):
        width = framing.width if k == 0 else framing.width * rng.ratio(config.scene.framing.other_width, n)
        one = _in_photo(sample_number(n, config, atlas, rng), width, framing, config, rng, centred=k == 0)
        room = (one.box[:, 3:] - one.box[:, 1:2]) * 0.6 + 2  # for its plate
        wide = torch.cat([one.box[:, :2] - room, one.box[:, 2:] + room], dim=1)
        apart = (wide[:, None, :2] >= taken[..., 2:]).any(-1) | (wide[:, None, 2:] <= taken[..., :2]).any(-1)
        there = (count > k) & apart.all(1)
        taken[:, k] = torch.where(there[:, None], wide, taken[:, k])
        numbers.append(replace(one, there=there))
    return numbers


def front(plane: Plane, config: StreetConfig, rng: Sampler) -> torch.Tensor:
    """House fronts (n, 3, S, S): a wall, of bricks on some, with patches of other colours and doors."""
    n, facade, bank = len(plane.x), config.scene.facade, texture_bank(str(rng.device))
    colour = sample_colours(n, rng)[:, 2]
    colour = torch.where(rng.chance(facade.house_colour_share, n, 1), pick_colours(WALLS, n, rng), colour)
    canvas = paint_wall(plane, colour, config.paint, rng, bank, config.paint.wall_relief)
    index = rng.some(facade.brick_share, n)
    canvas = apply_at(canvas, index, lambda c: lay_bricks(c, plane.pick(index), facade, rng))
    canvas = paint_fields(canvas, plane, colour, facade.fields, config.paint, rng, bank)
    for share in facade.door_shares:
        index = rng.some(share, n)
        canvas = apply_at(
            canvas, index, lambda c, i=index: paint_door(c, plane.pick(i), facade, config.paint, rng, bank)
        )
    return canvas


def _put_up(canvas: torch.Tensor, one: Placed, config: StreetConfig, atlas: Atlas, rng: Sampler) -> torch.Tensor:
    """The numbers that are present, on their plates, on and next to other things."""
    index = one.there.nonzero()[:, 0]
    if not len(index):
        return canvas
    config = replace(config, paint=replace(config.paint, neighbour_share=0.0))  # other numbers have boxes here
    number, to_photo = one.number.pick(index), one.to_photo[index]
    under = rng.some(config.ground.share, len(index))
    grounds = sample_grounds(number.pick(under), to_photo[under], config.ground, rng)
    canvas = paint_things(canvas, index[under], grounds, atlas, rng)
    number = recolour_for_wall(number, mean_within(canvas[index], one.box[index]), config.paint)
    return put_up(canvas, index, number, to_photo, torch.ones_like(number.plated), config, atlas, rng)


def _as_photos(
    canvas: torch.Tensor, framing: Framing, numbers: list[Placed], config: StreetConfig, rng: Sampler
) -> Scenes:
    """Painted canvases (n, 3, S, S) as photos, with the labels of the numbers that are present."""
    n, device, size = len(canvas), canvas.device, framing.size
    zero = torch.zeros(n, device=device)
    edges = torch.stack([zero, size[:, 1] - 1, zero, size[:, 0] - 1], dim=1)
    legible = config.camera.least_digit_height / numbers[0].scale
    native = torch.where(framing.digit.isnan(), framing.native, framing.digit / numbers[0].scale)
    native = (torch.maximum(native, legible) * SCENE)[:, None].expand(n, 2)
    images = photograph(canvas, native, zero, edges, config.camera, rng)
    line = torch.arange(SCENE, device=device)
    inside = (line[:, None] < size[:, 0, None, None]) & (line < size[:, 1, None, None])  # (n, 256, 256)
    there = torch.stack([p.there for p in numbers], dim=1)  # (n, K)
    first = there.float().argsort(dim=1, descending=True, stable=True)  # close the gaps
    row = torch.arange(n, device=device)[:, None]

    def column(values: list[torch.Tensor], nothing: float) -> torch.Tensor:
        stacked = torch.stack(values, dim=1)
        return stacked.masked_fill(~there.view(*there.shape, *[1] * (stacked.dim() - 2)), nothing)[row, first]

    return Scenes(
        images=images * inside[:, None],
        size=size.long(),
        box=column([p.box for p in numbers], torch.nan),
        length=column([p.number.layout.length for p in numbers], 0).to(torch.uint8),
        digit_box=column([p.digit_box for p in numbers], torch.nan).flatten(1, 2),
        digit=column([p.number.layout.digits for p in numbers], BLANK).flatten(1, 2),
    )


def _in_photo(
    number: Number, width: torch.Tensor, framing: Framing, config: StreetConfig, rng: Sampler, centred: bool
) -> Placed:
    """The numbers completely inside their photos, `width` (n,) of the photo's width wide if their height allows."""
    n, frame, size = len(width), config.scene.framing, framing.size
    to_camera = sample_view(number, config.view, rng)
    points = digit_corners(number, to_camera)
    low, high = extent(points, number.layout.present)
    scale = torch.minimum(width * size[:, 1] / (high - low)[:, 0], framing.height * size[:, 0] / (high - low)[:, 1])
    fits = (0.97 * size.flip(1) / (high - low)).amin(1)
    scale = torch.minimum(scale.clamp(min=frame.least_height), fits)
    wide = scale[:, None].expand(n, 2)
    middle = (0.5 + rng.normal(frame.centre, n, 2)).clamp(0, 1)
    place = torch.where((framing.centred & centred)[:, None], middle, rng.unit(n, 2))
    corner = place * (size.flip(1) - (high - low) * wide)
    box = torch.cat([corner, corner + (high - low) * wide], dim=1)
    to_photo = scale_and_shift(wide, corner - low * wide)
    each = bounding_boxes(project(to_photo, points)).masked_fill(~number.layout.present[..., None], torch.nan)
    return Placed(number, to_photo @ to_camera, box, each, scale, torch.ones_like(width, dtype=torch.bool))


def mean_within(canvas: torch.Tensor, box: torch.Tensor) -> torch.Tensor:
    """Mean colour (n, 3) of the pictures (n, 3, S, S) within the boxes (n, 4)."""
    at = torch.arange(canvas.shape[-1], device=canvas.device) + 0.5
    low, high = (box[:, :2] - 0.5)[..., None], (box[:, 2:] + 0.5)[..., None]
    columns, rows = ((at >= low) & (at <= high)).float().unbind(1)  # (n, S) each, never empty
    weight = rows[:, :, None] * columns[:, None]
    return (canvas * weight[:, None]).sum((2, 3)) / weight.sum((1, 2))[:, None]
