"""Augment pictures in batches on the device: crops to float (N, 3, S, S) in 0 ... 1.

Every function draws from the generator it is given, so a step's batch depends on nothing but its seed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch.nn import functional as F

Change = Callable[[torch.Tensor], torch.Tensor]  # (m, 3, S, S) -> the same shape


@dataclass(frozen=True)
class Appearance:
    """How colours, sharpness and noise vary. Shares are of the batch; ranges are uniform."""

    contrast: tuple[float, float] = (0.55, 1.5)
    brightness: float = 0.15
    channel_gain: float = 0.2
    gamma: tuple[float, float] = (0.75, 1.35)
    inverted: float = 0.25
    grey: float = 0.15
    swapped_channels: float = 0.2
    blurred: float = 0.3
    blur_to: tuple[float, float] = (0.25, 0.8)  # of the side, before enlarging again
    noise: float = 0.05
    erased: float = 0.2
    erased_side: tuple[float, float] = (0.08, 0.3)  # of the picture's side


def uniform(n: int, low: float, high: float, generator: torch.Generator, shape: tuple[int, ...] = ()) -> torch.Tensor:
    """(n, *shape) numbers between low and high on the generator's device."""
    return torch.empty(n, *shape, device=generator.device).uniform_(low, high, generator=generator)


def chosen(n: int, share: float, generator: torch.Generator) -> torch.Tensor:
    """(n, 1, 1, 1) bool: each true with probability `share`."""
    return uniform(n, 0, 1, generator, (1, 1, 1)) < share


def sample(images: torch.Tensor, matrix: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Cut out by affine maps: images (N, 3, H, W) float, matrix (N, 2, 3) from output coordinates in -1 ... 1 to
    image pixels -> (N, 3, *size). Beyond the image its edge is repeated."""
    height, width = images.shape[2:]
    to_unit = matrix.new_tensor([[2 / width], [2 / height]])
    shift = matrix.new_tensor([[0, 0, 1], [0, 0, 1]])
    grid = F.affine_grid(matrix * to_unit - shift, [len(images), 3, *size], align_corners=False)
    return F.grid_sample(images, grid, mode="bilinear", padding_mode="border", align_corners=False)


def vary_appearance(x: torch.Tensor, look: Appearance, generator: torch.Generator) -> torch.Tensor:
    """Vary colours, polarity, sharpness and noise, and hide small parts, (N, 3, S, S) in 0 ... 1 -> the same shape.
    Works in place where it can: on a processor, allocating memory costs more than the arithmetic."""
    n = len(x)
    for share, change in (
        (look.inverted, lambda rows: 1 - rows),
        (look.grey, lambda rows: rows.mean(1, keepdim=True).expand_as(rows)),
        (look.swapped_channels, lambda rows: rows.roll(1, dims=1).flip(1)),
    ):
        change_rows(x, share, change, generator)
    x.clamp_(0, 1).pow_(uniform(n, *look.gamma, generator, (1, 1, 1)))
    mean = x.mean((1, 2, 3), keepdim=True)
    gain = uniform(n, *look.contrast, generator, (1, 1, 1)) * (
        1 + uniform(n, -look.channel_gain, look.channel_gain, generator, (3, 1, 1))
    )
    x.mul_(gain).add_(mean * (1 - gain) + uniform(n, -look.brightness, look.brightness, generator, (1, 1, 1)))
    change_rows(x, look.blurred, lambda rows: blur(rows, look, generator), generator)
    change_rows(x, look.erased, lambda rows: erase(rows, look, generator), generator)
    noise = torch.randn(x.shape, device=x.device, generator=generator)
    return x.add_(noise.mul_(uniform(n, 0, look.noise, generator, (1, 1, 1)))).clamp_(0, 1)


def change_rows(x: torch.Tensor, share: float, change: Change, generator: torch.Generator) -> None:
    """Apply `change` to some of the pictures (N, 3, S, S), each with probability `share`."""
    rows = (uniform(len(x), 0, 1, generator) < share).nonzero().squeeze(1)
    if len(rows):
        x[rows] = change(x[rows])


def blur(x: torch.Tensor, look: Appearance, generator: torch.Generator) -> torch.Tensor:
    """Shrink and enlarge pictures, so that they lose detail like photos taken from afar."""
    size = x.shape[2:]
    factor = float(uniform(1, *look.blur_to, generator))
    small = F.interpolate(x, size=[max(4, round(side * factor)) for side in size], mode="bilinear", antialias=True)
    return F.interpolate(small, size=size, mode="bicubic")


def erase(x: torch.Tensor, look: Appearance, generator: torch.Generator) -> torch.Tensor:
    """Hide part of each picture behind a small rectangle of one colour, as leaves, bars and stickers do."""
    n, _, height, width = x.shape
    centre = uniform(n, 0, 1, generator, (2, 1, 1))
    half = uniform(n, *look.erased_side, generator, (2, 1, 1)) / 2
    ys = torch.arange(height, device=x.device).view(1, -1, 1) / height
    xs = torch.arange(width, device=x.device).view(1, 1, -1) / width
    hidden = ((xs - centre[:, 0]).abs() < half[:, 0]) & ((ys - centre[:, 1]).abs() < half[:, 1])  # (N, H, W)
    return torch.where(hidden[:, None], uniform(n, 0, 1, generator, (3, 1, 1)), x)
