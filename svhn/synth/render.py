"""The generator: loose number crops for the reader, whole scenes for the localizer. One seed, one set of images."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from ..labels import BLANK, MAX_DIGITS
from .backgrounds import paint_facade, paint_surroundings, photo_pieces
from .camera import photograph
from .config import PaintConfig, StreetConfig
from .distractors import add_distractors
from .geometry import Plane, apply_at, project, view_plane
from .glyphs import Atlas
from .layout import extent, statistics
from .lighting import apply_weather
from .number import (
    Number,
    bounding_boxes,
    digit_corners,
    recolour_for_wall,
    sample_number,
    sample_view,
    scale_and_shift,
)
from .palette import sample_colours
from .plates import paint_plates
from .rng import Sampler
from .text import ink_mask, paint_ink
from .textures import texture_bank

__all__ = ["CROP", "MARGIN", "SCENE", "Crops", "Scenes", "StreetConfig", "crops", "scenes"]

CROP = 96  # side of a loose crop
MARGIN = 0.5  # of the number's own size, on every side
INK = slice(14, 82)  # rows and columns of a loose crop that hold the number with its shadow
SCENE = 256  # side of a scene's canvas


@dataclass(frozen=True)
class Crops:
    """n loose crops: the number's box enlarged by half its size on every side, stretched to a square."""

    images: torch.Tensor  # (n, 3, 96, 96) uint8
    box: torch.Tensor  # (n, 4) float32, of the number, crop pixels
    digit_boxes: torch.Tensor  # (n, 5, 4) float32, crop pixels, NaN behind the end
    digits: torch.Tensor  # (n, 5) uint8, 10 = blank
    length: torch.Tensor  # (n,) uint8
    aspect: torch.Tensor  # (n,) float32, width / height of the region before it was stretched


@dataclass(frozen=True)
class Scenes:
    """n photos, longer side 256, at the top left of a square canvas that is black elsewhere."""

    images: torch.Tensor  # (n, 3, 256, 256) uint8
    size: torch.Tensor  # (n, 2) int64, height and width of the photo
    box: torch.Tensor  # (n, K, 4) float32, of the numbers, canvas pixels, NaN behind the last
    length: torch.Tensor  # (n, K) uint8, 0 behind the last
    digit_box: torch.Tensor  # (n, 5 K, 4) float32, of the digits: number k has rows 5 k ... 5 k + 4, NaN for none
    digit: torch.Tensor  # (n, 5 K) int64, 10 = blank


def crops(
    n: int,
    config: StreetConfig,
    atlas: Atlas,
    generator: torch.Generator,
    device: torch.device | str = "cpu",
    backgrounds: torch.Tensor | None = None,
) -> Crops:
    """n loose crops. `atlas`, `generator` and backgrounds, uint8 (M, 3, 256, 256), must be on `device`."""
    rng = Sampler(generator, device)
    number = sample_number(n, config, atlas, rng)
    layout = number.layout
    to_camera = sample_view(number, config.view, rng)
    points = digit_corners(number, to_camera)  # (n, 5, 4, 2), digit heights
    low, high = extent(points, layout.present)
    slack = rng.within(config.view.box_slack, n, 4) * (high - low)[:, 1:]
    low, high = low - slack[:, :2], high + slack[:, 2:]
    scale = CROP / (1 + 2 * MARGIN) / (high - low)  # (n, 2)
    to_crop = scale_and_shift(scale, CROP / 2 - scale * (low + high) / 2)
    plane = view_plane(to_crop @ to_camera, CROP)

    blank = rng.chance(config.negatives, n)
    bank = texture_bank(str(device))
    canvas = paint_surroundings(plane, number, config.paint, rng, bank, backgrounds)
    canvas = paint_numbers(canvas, plane, number, ~blank, config.paint, atlas, rng, INK)
    canvas = apply_weather(canvas, plane, config.paint, rng).clamp_(0, 1)

    height = rng.quantile(statistics()["height_px"], n, 1) * rng.within(config.camera.height_factor, n, 1)
    height = height.clamp(min=config.camera.least_digit_height)
    native = (high - low) * (1 + 2 * MARGIN) * height  # (n, 2)
    images = photograph(canvas, native, height[:, 0], _photo_edges(n, config, rng), config.camera, rng)

    shown = layout.present & ~blank[:, None]
    box = torch.tensor([-1.0, -1.0, 1.0, 1.0], device=device) * CROP / (2 + 4 * MARGIN) + CROP / 2
    return Crops(
        images=images,
        box=box.repeat(n, 1),
        digit_boxes=bounding_boxes(project(to_crop, points)).masked_fill(~shown[..., None], torch.nan),
        digits=layout.digits.masked_fill(blank[:, None], 10).to(torch.uint8),
        length=layout.length.masked_fill(blank, 0).to(torch.uint8),
        aspect=(high - low)[:, 0] / (high - low)[:, 1],
    )


def scenes(
    n: int,
    config: StreetConfig,
    atlas: Atlas,
    generator: torch.Generator,
    device: torch.device | str = "cpu",
    backgrounds: torch.Tensor | None = None,
) -> Scenes:
    """n whole photos with 0 ... 3 numbers each, 2 to 90 % of the photo's width; arguments as for `crops`."""
    rng, scene = Sampler(generator, device), config.scene
    aspect = rng.ratio(scene.aspect, n)
    size = torch.stack([(SCENE / aspect).clamp(max=SCENE), (SCENE * aspect).clamp(max=SCENE)], dim=1).round()  # h, w
    units = rng.within(scene.wall_units, n, 1).expand(n, 2)
    plane = view_plane(scale_and_shift(SCENE / units, size.flip(1) / 2), SCENE)
    canvas = paint_facade(plane, sample_colours(n, rng)[:, 2], config.paint, scene, rng, texture_bank(str(device)))
    if backgrounds is not None:
        index = rng.some(scene.photo_share, n)
        canvas = apply_at(canvas, index, lambda _: photo_pieces(len(index), scene.photo_zoom, SCENE, rng, backgrounds))

    count = rng.pick(scene.count_weights, n)
    slots = len(scene.count_weights) - 1
    box = torch.full((n, slots, 4), torch.nan, device=device)
    length = torch.zeros(n, slots, dtype=torch.uint8, device=device)
    digit_box = torch.full((n, slots, MAX_DIGITS, 4), torch.nan, device=device)
    digit = torch.full((n, slots, MAX_DIGITS), BLANK, device=device)
    taken = torch.full((n, slots, 4), -1.0, device=device)  # boxes with some room around them
    for k in range(slots):
        number = sample_number(n, config, atlas, rng)
        to_photo, found, each = _in_photo(number, size, config, rng)
        room = (found[:, 3:] - found[:, 1:2]) * 0.6 + 2  # for its plate
        wide = torch.cat([found[:, :2] - room, found[:, 2:] + room], dim=1)
        apart = (wide[:, None, :2] >= taken[..., 2:]).any(-1) | (wide[:, None, 2:] <= taken[..., :2]).any(-1)
        index = ((count > k) & apart.all(1)).nonzero()[:, 0]
        taken[index, k] = wide[index]
        box[index, k] = found[index]
        length[index, k] = number.layout.length[index].to(torch.uint8)
        digit_box[index, k] = each[index]
        digit[index, k] = number.layout.digits[index]
        part = view_plane(to_photo[index], SCENE)
        own = recolour_for_wall(number.pick(index), mean_within(canvas[index], found[index]), config.paint)
        everyone = torch.ones_like(own.plated)
        canvas = apply_at(
            canvas,
            index,
            lambda c, p=part, o=own, e=everyone: paint_numbers(c, p, o, e, config.paint, atlas, rng, slice(None)),
        )
    canvas = apply_weather(canvas, plane, config.paint, rng).clamp_(0, 1)

    factor = rng.within(scene.native, n)[:, None]
    zero = torch.zeros(n, device=device)
    edges = torch.stack([zero, size[:, 1] - 1, zero, size[:, 0] - 1], dim=1)
    native = (factor * SCENE).expand(n, 2)
    images = photograph(canvas, native, zero, edges, config.camera, rng)
    line = torch.arange(SCENE, device=device)
    inside = (line[:, None] < size[:, 0, None, None]) & (line < size[:, 1, None, None])  # (n, 256, 256)
    first = (~torch.isnan(box[..., 0])).float().argsort(dim=1, descending=True, stable=True)  # close the gaps
    return Scenes(
        images=images * inside[:, None],
        size=size.long(),
        box=box.gather(1, first[..., None].expand_as(box)),
        length=length.gather(1, first),
        digit_box=digit_box.gather(1, first[..., None, None].expand_as(digit_box)).flatten(1, 2),
        digit=digit.gather(1, first[..., None].expand_as(digit)).flatten(1),
    )


def paint_numbers(
    canvas: torch.Tensor,
    plane: Plane,
    number: Number,
    inked: torch.Tensor,
    config: PaintConfig,
    atlas: Atlas,
    rng: Sampler,
    ink: slice,
) -> torch.Tensor:
    """Walls (n, 3, S, S) with plates, distractors and, where `inked` (n,), the numbers put up on them.

    ink: the rows, and columns, that digits can reach; painting those alone saves half of the time.
    """
    bank = texture_bank(str(rng.device))
    index = number.plated.nonzero()[:, 0]
    canvas = apply_at(
        canvas, index, lambda c: paint_plates(c, plane.pick(index), number.pick(index), config, rng, bank)
    )
    canvas = add_distractors(canvas, plane, number, atlas, config, rng)
    index = inked.nonzero()[:, 0]
    shown, part = number.pick(index), plane.window(ink, ink).pick(index)
    mask = ink_mask(part, shown.layout, atlas)
    within = canvas[:, :, ink, ink]
    within[index] = paint_ink(within[index], mask, part, shown.colours[:, 0], config, rng)
    return canvas


def mean_within(canvas: torch.Tensor, box: torch.Tensor) -> torch.Tensor:
    """Mean colour (n, 3) of the pictures (n, 3, S, S) within the boxes (n, 4)."""
    at = torch.arange(canvas.shape[-1], device=canvas.device) + 0.5
    low, high = (box[:, :2] - 0.5)[..., None], (box[:, 2:] + 0.5)[..., None]
    columns, rows = ((at >= low) & (at <= high)).float().unbind(1)  # (n, S) each, never empty
    weight = rows[:, :, None] * columns[:, None]
    return (canvas * weight[:, None]).sum((2, 3)) / weight.sum((1, 2))[:, None]


def _in_photo(
    number: Number, size: torch.Tensor, config: StreetConfig, rng: Sampler
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Somewhere wholly in photos of size (n, 2): homographies to canvas pixels (n, 3, 3), boxes of the numbers
    (n, 4) and of their digits (n, 5, 4), NaN behind the last."""
    n, scene = len(size), config.scene
    to_camera = sample_view(number, config.view, rng)
    points = digit_corners(number, to_camera)
    low, high = extent(points, number.layout.present)
    learnt = rng.quantile(statistics()["width_share"], n).clamp(*scene.width)
    share = torch.where(rng.chance(scene.learnt_share, n), learnt, rng.ratio(scene.width, n))
    scale = torch.minimum(share * size[:, 1] / (high - low)[:, 0], scene.tallest * size[:, 0] / (high - low)[:, 1])
    scale = scale[:, None].expand(n, 2)
    corner = rng.unit(n, 2) * (size.flip(1) - (high - low) * scale)
    box = torch.cat([corner, corner + (high - low) * scale], dim=1)
    to_photo = scale_and_shift(scale, corner - low * scale)
    each = bounding_boxes(project(to_photo, points)).masked_fill(~number.layout.present[..., None], torch.nan)
    return to_photo @ to_camera, box, each


def _photo_edges(n: int, config: StreetConfig, rng: Sampler) -> torch.Tensor:
    """First and last column, first and last row (n, 4) of a crop that the photo still covers.

    The number takes a share of the photo's height that the table tells; beyond it a crop repeats the edge.
    """
    box = CROP / (1 + 2 * MARGIN)
    room = box / rng.quantile(statistics()["height_share"], n) - box  # texels above and below the number together
    above = rng.within((0.25, 0.75), n)
    first = CROP / 2 - box / 2 - room * above
    last = CROP / 2 + box / 2 + room * (1 - above)
    cut = rng.chance(config.cut_short, n)
    first = torch.where(cut, first, 0.0).clamp(min=0).round()
    last = torch.where(cut, last, float(CROP)).clamp(max=CROP).round() - 1
    return torch.stack([torch.zeros_like(first), torch.full_like(last, CROP - 1), first, last], dim=1)
