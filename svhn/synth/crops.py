"""Loose number crops for the reader. One seed, one set of images."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from .backgrounds import paint_surroundings
from .camera import photograph
from .config import StreetConfig
from .furnishing import paint_things, sample_replacements
from .geometry import apply_at, project, view_plane
from .glyphs import Atlas
from .house_fronts import paint_door
from .layout import extent, statistics
from .lighting import apply_weather
from .mounting import put_up
from .number import bounding_boxes, digit_corners, sample_number, sample_view, scale_and_shift
from .rng import Sampler
from .textures import texture_bank

CROP = 96  # side of a loose crop
MARGIN = 0.5  # of the number's own size, on every side
INK = slice(14, 82)  # rows and columns of a loose crop that hold the number with its shadow


@dataclass(frozen=True)
class Crops:
    """n loose crops: the number's box enlarged by half its size on every side, stretched to a square."""

    images: torch.Tensor  # (n, 3, 96, 96) uint8
    box: torch.Tensor  # (n, 4) float32, of the number, crop pixels
    digit_boxes: torch.Tensor  # (n, 5, 4) float32, crop pixels, NaN behind the end
    digits: torch.Tensor  # (n, 5) uint8, 10 = blank
    length: torch.Tensor  # (n,) uint8
    aspect: torch.Tensor  # (n,) float32, width / height of the region before it was stretched


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
    index = rng.some(config.crop_doors, n)
    part = plane.pick(index)
    canvas = apply_at(canvas, index, lambda c: paint_door(c, part, config.scene.facade, config.paint, rng, bank))
    to_picture, everywhere = to_crop @ to_camera, torch.arange(n, device=canvas.device)
    canvas = put_up(canvas, everywhere, number, to_picture, ~blank, config, atlas, rng, INK)
    index = (blank & rng.chance(config.replaced, n)).nonzero()[:, 0]
    things = sample_replacements(number.pick(index), to_picture[index], config.replacements, rng)
    canvas = paint_things(canvas, index, things, atlas, rng)
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


def _photo_edges(n: int, config: StreetConfig, rng: Sampler) -> torch.Tensor:
    """First and last column, first and last row (n, 4) of a crop that the photo still covers.

    The table gives the number's share of the photo's height; beyond the photo a crop repeats its edge.
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
