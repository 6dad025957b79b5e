"""The generator: loose number crops for the reader, made in batches on the device. One seed, one set of images."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import torch

from .camera import CameraConfig, photograph
from .dice import Dice, Range
from .glyphs import Atlas
from .layout import Layout, LayoutConfig, corners, extent, sample_layout, statistics
from .paint import Number, PaintConfig, ink_mask, on, paint_ink, plate, stray_glyphs, surroundings
from .palette import sample_colours
from .plane import Plane, project, seen
from .surfaces import texture_bank
from .weather import weather

CROP = 96  # side of a loose crop
MARGIN = 0.5  # of the number's own size, on every side
INK = slice(14, 82)  # rows and columns of a loose crop that hold the number with its shadow


@dataclass(frozen=True)
class ViewConfig:
    """Ranges of how a camera looks at a wall; angles in radians."""

    roll: float = 0.035  # spread
    slope: float = 0.09  # spread of the climb of level lines on a wall seen from the side
    lean: float = 0.05  # spread of the slant of upright lines
    narrowing: Range = (0.75, 1.0)  # of widths on a wall seen from the side
    narrowed_share: float = 0.35
    vanishing: float = 0.06  # spread of the change of scale from the number's middle to its end
    box_slack: Range = (-0.02, 0.10)  # by which people draw boxes larger than the ink, in box heights a side


@dataclass(frozen=True)
class StreetConfig:
    """Everything that can be turned: how numbers are set, painted, looked at and photographed."""

    layout: LayoutConfig = field(default_factory=LayoutConfig)
    paint: PaintConfig = field(default_factory=PaintConfig)
    view: ViewConfig = field(default_factory=ViewConfig)
    camera: CameraConfig = field(default_factory=CameraConfig)
    negatives: float = 0.05  # share of crops without a number
    cut_short: float = 0.75  # share of crops that reach beyond the photo's upper and lower edge, as real ones do


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
    """n loose crops. `atlas` and `generator` must be on `device`; backgrounds: uint8 (M, 3, 256, 256) or None."""
    dice = Dice(generator, device)
    layout = sample_layout(n, config.layout, atlas, dice)
    to_camera = look(layout, config.view, dice)
    points = project(to_camera, corners(layout.centre, layout.size, layout.tilt))  # (n, 5, 4, 2), digit heights
    low, high = extent(points, layout.present)
    slack = dice.within(config.view.box_slack, n, 4) * (high - low)[:, 1:]
    low, high = low - slack[:, :2], high + slack[:, 2:]
    scale = CROP / (1 + 2 * MARGIN) / (high - low)  # (n, 2)
    to_crop = torch.zeros(n, 3, 3, device=device)
    to_crop[:, 0, 0], to_crop[:, 1, 1], to_crop[:, 2, 2] = scale[:, 0], scale[:, 1], 1.0
    to_crop[:, :2, 2] = CROP / 2 - scale * (low + high) / 2

    blank = dice.chance(config.negatives, n)
    number = Number(layout, plane_extent(layout) / 2, blank, sample_colours(n, dice))
    plane = seen(to_crop @ to_camera, CROP)
    canvas = compose(plane, number, config.paint, atlas, dice, backgrounds, INK)

    height = dice.quantile(statistics()["height_px"], n, 1) * dice.within(config.camera.height_factor, n, 1)
    height = height.clamp(min=config.camera.least_digit_height)
    native = (high - low) * (1 + 2 * MARGIN) * height  # (n, 2)
    images = photograph(canvas, native, _photo_edges(n, config, dice), config.camera, dice)

    boxes = torch.cat([points.amin(2), points.amax(2)], dim=-1).view(n, 5, 2, 2)
    boxes = project(to_crop, boxes).flatten(2)  # (n, 5, 4)
    present = layout.present & ~blank[:, None]
    centre = CROP / 2 + CROP / (2 + 4 * MARGIN) * torch.tensor([-1.0, -1.0, 1.0, 1.0], device=device)
    return Crops(
        images=images,
        box=centre.repeat(n, 1),
        digit_boxes=boxes.masked_fill(~present[..., None], torch.nan),
        digits=layout.digits.masked_fill(blank[:, None], 10).to(torch.uint8),
        length=layout.length.masked_fill(blank, 0).to(torch.uint8),
        aspect=(high - low)[:, 0] / (high - low)[:, 1],
    )


def plane_extent(layout: Layout) -> torch.Tensor:
    """Width and height of the numbers on their planes, (n, 2)."""
    low, high = extent(corners(layout.centre, layout.size, layout.tilt), layout.present)
    return high - low


def look(layout: Layout, config: ViewConfig, dice: Dice) -> torch.Tensor:
    """Homographies (n, 3, 3) from the planes to cameras whose unit is the digit height, too."""
    n = len(layout.length)
    half = (plane_extent(layout) / 2).clamp(min=0.5)
    roll = dice.normal(config.roll, n)
    narrow = torch.where(dice.chance(config.narrowed_share, n), dice.within(config.narrowing, n), 1.0)
    slant = torch.eye(3, device=dice.device).repeat(n, 1, 1)
    slant[:, 0, 0], slant[:, 0, 1] = narrow, dice.normal(config.lean, n)
    slant[:, 1, 0] = dice.normal(config.slope, n)
    slant[:, 2, :2] = dice.normal(config.vanishing, n, 2) * half.new_tensor([1.0, 0.5]) / half.amax(1, keepdim=True)
    turn = torch.eye(3, device=dice.device).repeat(n, 1, 1)
    turn[:, 0, 0], turn[:, 0, 1], turn[:, 1, 0], turn[:, 1, 1] = roll.cos(), -roll.sin(), roll.sin(), roll.cos()
    return turn @ slant


def compose(
    plane: Plane,
    number: Number,
    config: PaintConfig,
    atlas: Atlas,
    dice: Dice,
    backgrounds: torch.Tensor | None,
    ink: slice,
) -> torch.Tensor:
    """Wall, plate, number, strangers and weather -> clean pictures (n, 3, S, S) in 0 ... 1.

    ink: the rows, and columns, that digits can reach; painting those alone saves half of the time.
    """
    n = len(number.half)
    bank = texture_bank(str(dice.device))
    plated = dice.chance(config.plate_share, n) | (number.layout.spread & dice.chance(0.4, n))
    wall_colour = torch.where(plated[:, None], number.colours[:, 2], number.colours[:, 1])
    number = replace(number, colours=torch.stack([*_inks(number.colours, config, dice), wall_colour], dim=1))

    canvas = surroundings(plane, number, config, dice, bank)
    index = plated.nonzero()[:, 0]
    canvas = on(canvas, index, lambda c: plate(c, plane.pick(index), subset(number, index), config, dice, bank))
    canvas = stray_glyphs(canvas, plane, number, atlas, config, dice)
    index = (~number.blank).nonzero()[:, 0]
    shown, part = subset(number, index), plane.window(ink, ink).pick(index)
    mask = ink_mask(part, shown.layout, atlas)
    within = canvas[:, :, ink, ink]
    within[index] = paint_ink(within[index], mask, part, shown.colours[:, 0], config, dice)
    return weather(canvas, plane, config, dice).clamp(0, 1)


def _inks(colours: torch.Tensor, config: PaintConfig, dice: Dice) -> tuple[torch.Tensor, torch.Tensor]:
    """Ink and ground (n, 3) each, with the contrast of the palette stretched or, on a few, nearly gone."""
    n = len(colours)
    ink, ground = colours[:, 0], colours[:, 1]
    stretch = dice.within(config.contrast, n, 1)
    stretch = torch.where(dice.chance(config.faint_share, n, 1), dice.within(config.faint, n, 1), stretch)
    return (ground + stretch * (ink - ground)).clamp(0, 1), ground


def subset(number: Number, index: torch.Tensor) -> Number:
    layout = Layout(**{name: value[index] for name, value in vars(number.layout).items()})
    return Number(layout, number.half[index], number.blank[index], number.colours[index])


def _photo_edges(n: int, config: StreetConfig, dice: Dice) -> torch.Tensor:
    """First and last column, first and last row (n, 4) of a crop that the photo still covers.

    The number takes a share of the photo's height that the table tells; beyond it a crop repeats the edge.
    """
    share = dice.quantile(statistics()["height_share"], n)
    room = CROP / 2 * (1 / share - 1) / 2 * 2  # texels above and below the number together
    above = dice.within((0.25, 0.75), n)
    top = CROP / 4 - room * above
    bottom = 3 * CROP / 4 + room * (1 - above)
    cut = dice.chance(config.cut_short, n)
    first = torch.where(cut, top, 0.0).clamp(min=0).round()
    last = torch.where(cut, bottom, float(CROP)).clamp(max=CROP).round() - 1
    return torch.stack([torch.zeros_like(first), torch.full_like(last, CROP - 1), first, last], dim=1)
