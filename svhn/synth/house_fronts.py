"""House fronts at the scale of a number: brickwork, doors with panels and frames, edges of walls."""

from __future__ import annotations

import torch

from .backgrounds import paint_wall
from .config import FacadeConfig, PaintConfig
from .geometry import Plane, apply_at, coverage
from .palette import pick_colours
from .rng import Sampler
from .shapes import fill, rectangle, shade

WALLS = (
    (150, 80, 60), (128, 66, 52), (95, 60, 50), (165, 105, 75), (178, 152, 112), (220, 210, 185), (232, 230, 226),
    (200, 195, 185), (150, 145, 135), (110, 108, 105), (80, 80, 82), (110, 85, 65), (205, 175, 120), (190, 140, 110),
)  # fmt: skip
DOORS = (
    (235, 235, 233), (225, 225, 222), (30, 30, 32), (22, 24, 40), (25, 55, 45), (130, 25, 28), (170, 35, 35),
    (95, 50, 30), (140, 85, 50), (60, 90, 130), (120, 125, 130), (60, 20, 25), (200, 170, 60), (40, 90, 70),
)  # fmt: skip


def lay_bricks(canvas: torch.Tensor, plane: Plane, config: FacadeConfig, rng: Sampler) -> torch.Tensor:
    """Courses of bricks drawn on walls (n, 3, S, S): mortar between them, each brick in a shade of its own."""
    n = len(canvas)
    course = rng.ratio(config.course, n)[:, None, None]
    long = course * rng.within((2.4, 3.6), n, 1, 1)
    v = plane.y / course
    row = v.floor()
    u = plane.x / long + 0.5 * torch.remainder(row, 2.0)
    piece = torch.sin(row * 12.9898 + u.floor() * 78.233) * 43758.5453
    piece = piece - piece.floor() - 0.5
    joint = course * rng.within((0.06, 0.16), n, 1, 1)
    apart = torch.minimum((0.5 - (v - row - 0.5).abs()) * course, (0.5 - (u - u.floor() - 0.5).abs()) * long)
    mortar = coverage(apart - joint / 2, plane)
    light = torch.where(rng.chance(0.75, n, 1), rng.within((0.05, 0.3), n, 1), rng.within((-0.2, 0.0), n, 1))
    canvas = canvas + (rng.within((0.0, 0.16), n, 1, 1) * piece * (1 - mortar))[:, None]
    return canvas + (light[:, :, None] * mortar)[:, None]


def paint_door(
    canvas: torch.Tensor, plane: Plane, config: FacadeConfig, paint: PaintConfig, rng: Sampler, bank: torch.Tensor
) -> torch.Tensor:
    """A door somewhere in each picture (n, 3, S, S): a leaf in a frame, with raised or sunk panels on most."""
    n = len(canvas)
    reach = torch.stack([plane.x.flatten(1).amax(1), plane.y.flatten(1).amax(1)], dim=1)
    half = torch.stack([rng.within(config.door_width, n), rng.within(config.door_height, n)], dim=1) / 2
    local = plane.rotate(rng.within((-1.0, 1.0), n, 2) * (reach + 0.6 * half), torch.zeros(n, device=half.device))
    leaf = rectangle(local, half)
    edge = rng.within(config.door_frame, n)
    colour = pick_colours(DOORS, n, rng)
    frame = torch.where(rng.chance(0.6, n, 1), rng.within((0.55, 0.95), n, 1), pick_colours(DOORS, n, rng))
    outer = rectangle(local, half + edge[:, None])
    canvas = fill(canvas, plane, frame, outer)
    canvas = shade(canvas, plane, outer, edge * 0.2, rng.within((0.0, 0.3), n))
    surface = paint_wall(local, colour, paint, rng, bank, config.door_relief)
    canvas = torch.lerp(canvas, surface, coverage(leaf, plane)[:, None])
    canvas = shade(canvas, plane, leaf, edge * 0.25, rng.within((-0.35, -0.05), n))
    index = rng.some(config.panel_share, n)
    return apply_at(canvas, index, lambda c: paint_panels(c, local.pick(index), half[index], rng))


def paint_panels(canvas: torch.Tensor, plane: Plane, half: torch.Tensor, rng: Sampler) -> torch.Tensor:
    """One to three columns and two to four rows of panels with profiled edges on doors of half sizes (n, 2)."""
    n = len(half)
    count = torch.stack([1 + rng.pick((0.3, 1.0, 0.2), n), 2 + rng.below(3, n)], dim=1)
    cell = 2 * half / count
    x = torch.remainder(plane.x + half[:, 0, None, None], cell[:, 0, None, None]) - cell[:, 0, None, None] / 2
    y = torch.remainder(plane.y + half[:, 1, None, None], cell[:, 1, None, None]) - cell[:, 1, None, None] / 2
    gap = rng.within((0.25, 0.8), n)
    inner = cell / 2 - gap[:, None].clamp(max=cell.amin(1, keepdim=True) * 0.3)
    panel = rectangle(Plane(x, y, plane.texels), inner)
    panel = torch.maximum(panel, rectangle(plane, half))
    strength = rng.within((0.04, 0.25), n) * rng.signs(n)
    canvas = shade(canvas, plane, panel, gap * rng.within((0.06, 0.25), n), strength)
    profile = panel + (gap * rng.within((0.3, 0.9), n))[:, None, None]
    return shade(canvas, plane, profile, gap * 0.12, -strength * rng.within((-0.5, 1.0), n))
