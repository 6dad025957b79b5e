"""Flat and raised shapes that furniture is made of, painted on planes in plane units."""

from __future__ import annotations

import torch

from .geometry import Plane, blend, coverage, rounded_box


def rectangle(plane: Plane, half: torch.Tensor, round_share: float = 0.0) -> torch.Tensor:
    """Signed distance (n, S, S) to boxes of half sizes (n, 2), rounded by a share of the smaller half."""
    return rounded_box(plane, half, half.amin(1) * round_share)


def ellipse(plane: Plane, half: torch.Tensor) -> torch.Tensor:
    """About the signed distance (n, S, S) to upright ellipses of half axes (n, 2)."""
    return (plane.radius(torch.zeros_like(half), half) - 1) * half.amin(1)[:, None, None]


def arch(plane: Plane, half: torch.Tensor) -> torch.Tensor:
    """Signed distance (n, S, S) to the upper halves of ellipses that fill boxes of half sizes (n, 2)."""
    foot = plane.rotate(half * half.new_tensor([0.0, 1.0]), torch.zeros_like(half[:, 0]))
    return torch.maximum(ellipse(foot, half * half.new_tensor([1.0, 2.0])), foot.y)


def fill(canvas: torch.Tensor, plane: Plane, colour: torch.Tensor, distance: torch.Tensor) -> torch.Tensor:
    """The canvas (n, 3, S, S) with what lies inside, distance (n, S, S) < 0, in the colours (n, 3)."""
    return blend(canvas, colour, coverage(distance, plane))


def shade(canvas: torch.Tensor, plane: Plane, distance: torch.Tensor, width: torch.Tensor, strength) -> torch.Tensor:
    """Light from above: edges of raised shapes, `width` (n,) wide, lighter above and darker below by `strength`.

    strength: (n,) as a share of full scale, negative for what is sunk.
    """
    rim = coverage(distance.abs() - width[:, None, None], plane)
    down = torch.zeros_like(distance)
    down[:, 1:] = distance[:, 1:] - distance[:, :-1]  # > 0 below the middle
    across = torch.zeros_like(distance)
    across[:, :, 1:] = distance[:, :, 1:] - distance[:, :, :-1]
    slope = (down + 0.5 * across) * plane.texels.prod(-1).sqrt()[:, None, None]
    return canvas - (rim * slope.clamp_(-1, 1) * strength[:, None, None])[:, None]


def stripes(across: torch.Tensor, period: torch.Tensor, width: torch.Tensor) -> torch.Tensor:
    """Signed distance to bars of `width` (n,) every `period` (n,) along `across` (n, S, S)."""
    place = torch.remainder(across, period[:, None, None]) - period[:, None, None] / 2
    return place.abs() - width[:, None, None] / 2
