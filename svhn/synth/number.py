"""Numbers on walls, in their colours, and the camera's view of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch

from .config import PaintConfig, StreetConfig, ViewConfig
from .geometry import project
from .glyphs import Atlas
from .layout import Layout, corners, extent, sample_layout
from .palette import sample_colours
from .rng import Sampler


@dataclass(frozen=True)
class Number:
    """n numbers, each on a plane of its own with its middle at the origin."""

    layout: Layout
    half: torch.Tensor  # (n, 2) half its width and height, digit heights
    colours: torch.Tensor  # (n, 3, 3) of ink, ground and wall, RGB in 0 ... 1
    plated: torch.Tensor  # (n,) bool: on a plate; where not, wall and ground are one

    def pick(self, index: torch.Tensor) -> Number:
        layout = Layout(**{name: value[index] for name, value in vars(self.layout).items()})
        return Number(layout, self.half[index], self.colours[index], self.plated[index])


def sample_number(n: int, config: StreetConfig, atlas: Atlas, rng: Sampler) -> Number:
    """n numbers of 1 ... 5 digits with everything but the camera."""
    layout = sample_layout(n, config.layout, atlas, rng)
    low, high = extent(corners(layout.centre, layout.size, layout.tilt), layout.present)
    ink, ground, wall = ensure_visible(sample_colours(n, rng), config.paint, rng).unbind(1)
    distinct = (wall - ground).abs().amax(1) > 0.15
    share = torch.where(distinct, config.paint.distinct_plate_share, config.paint.plate_share)
    plated = rng.unit(n) < share
    warmth = rng.normal(config.paint.wall_warmth, n, 1) * wall.new_tensor([1.0, 0.1, -0.9])
    wall = torch.where(plated[:, None], (wall + warmth).clamp(0, 1), ground)
    return Number(layout, (high - low) / 2, torch.stack([ink, ground, wall], dim=1), plated)


def ensure_visible(colours: torch.Tensor, config: PaintConfig, rng: Sampler) -> torch.Tensor:
    """Colours (n, 3, 3) of ink, ground and wall with the ink's contrast stretched or, on a few, nearly gone."""
    n = len(colours)
    ink, ground, wall = colours.unbind(1)
    apart = ink - ground
    stretch = rng.within(config.contrast, n, 1)
    stretch = stretch * (config.least_contrast / apart.mean(1, keepdim=True).abs()).clamp(1, 4)
    stretch = torch.where(rng.chance(config.faint_share, n, 1), rng.within(config.faint, n, 1), stretch)
    ink = (ground + stretch * apart).clamp(0, 1)
    return torch.stack([_ensure_contrast(ink, ground, config), ground, wall], dim=1)


def recolour_for_wall(number: Number, wall: torch.Tensor, config: PaintConfig) -> Number:
    """The numbers with those that have no plate in an ink that contrasts with the wall's colour (n, 3)."""
    ink, ground, around = number.colours.unbind(1)
    bare = torch.stack([_ensure_contrast(ink, wall, config), wall, wall], dim=1)
    plated = torch.stack([ink, ground, around], dim=1)
    return replace(number, colours=torch.where(number.plated[:, None, None], plated, bare))


def _ensure_contrast(ink: torch.Tensor, ground: torch.Tensor, config: PaintConfig) -> torch.Tensor:
    """The ink (n, 3), or a lighter or darker one where it is too close to the ground (n, 3)."""
    lost = (ink - ground).mean(1, keepdim=True).abs() < config.least_contrast * config.faint[0]
    opposite = (ground + torch.where(ground.mean(1, keepdim=True) > 0.5, -0.4, 0.4)).clamp(0, 1)
    return torch.where(lost, opposite, ink)


def sample_view(number: Number, config: ViewConfig, rng: Sampler) -> torch.Tensor:
    """Homographies (n, 3, 3) from the planes to cameras whose unit is the digit height, too."""
    n = len(number.half)
    half = number.half.clamp(min=0.5)
    steep = torch.where(rng.chance(config.steep_share, n), config.steep, 1.0)
    roll = rng.normal(config.roll, n) * steep
    narrow = torch.where(rng.chance(config.narrowed_share, n), rng.within(config.narrowing, n), 1.0)
    slant = torch.eye(3, device=rng.device).repeat(n, 1, 1)
    slant[:, 0, 0], slant[:, 0, 1] = narrow, rng.normal(config.lean, n)
    slant[:, 1, 0] = rng.normal(config.slope, n) * steep
    slant[:, 2, :2] = rng.normal(config.vanishing, n, 2) * half.new_tensor([1.0, 0.5]) / half.amax(1, keepdim=True)
    turn = torch.eye(3, device=rng.device).repeat(n, 1, 1)
    turn[:, 0, 0], turn[:, 0, 1], turn[:, 1, 0], turn[:, 1, 1] = roll.cos(), -roll.sin(), roll.sin(), roll.cos()
    return turn @ slant


def digit_corners(number: Number, to_camera: torch.Tensor) -> torch.Tensor:
    """Corners of every digit's ink as the cameras (n, 3, 3) see them: (n, 5, 4, 2)."""
    layout = number.layout
    return project(to_camera, corners(layout.centre, layout.size, layout.tilt))


def bounding_boxes(points: torch.Tensor) -> torch.Tensor:
    """Upright boxes around corners (..., 4, 2) -> (..., 4)."""
    return torch.cat([points.amin(-2), points.amax(-2)], dim=-1)


def scale_and_shift(scale: torch.Tensor, shift: torch.Tensor) -> torch.Tensor:
    """Homographies (n, 3, 3) that scale by (n, 2) and then move by (n, 2)."""
    matrix = torch.diag_embed(torch.cat([scale, torch.ones_like(scale[:, :1])], dim=1))
    matrix[:, :2, 2] = shift
    return matrix
