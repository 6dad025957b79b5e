"""Cut training and evaluation crops for readers, on the device, from the stored loose crops."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch

from ..images.preprocess import CROP_MARGIN, Size, sides
from ..labels import BLANK
from . import augment
from .augment import Appearance, uniform
from .datasets import CropSet

HALVED_MARGIN = 0.12


@dataclass(frozen=True)
class CropJitter:
    """Jitter of training crops that imitates a localizer's errors: margins in shares of the box."""

    margin: float = 0.15
    margin_spread: float = 0.1
    margin_range: tuple[float, float] = (-0.06, 0.45)
    loose: float = 0.25  # share of crops with a margin up to the upper end on every side
    rotation: float = 8.0  # degrees
    shear: float = 0.12
    look: Appearance = Appearance()


def halve(crops: CropSet, share: float, generator: torch.Generator) -> tuple[CropSet, torch.Tensor]:
    """Frame a share of the crops around only the first or the last of their digits and label them as no number, because
    localizers sometimes cut digits off.

    Numbers of one digit, or without digit boxes, are left alone. Returns the crops and the widest margin (N, 1) that
    each may get, so that the cut-off digits stay hidden.
    """
    n, boxes = len(crops), crops.digit_boxes
    marked = (~boxes[..., 0].isnan()).sum(1)  # (N,)
    chosen = ((uniform(n, 0, 1, generator) < share) & (marked > 1))[:, None]  # (N, 1)
    kept = (1 + uniform(n, 0, 1, generator) * (marked - 1)).long()[:, None]  # 1 ... marked - 1
    place, marked = torch.arange(boxes.shape[1], device=boxes.device), marked[:, None]
    first = uniform(n, 0, 1, generator, (1,)) < 0.5
    part = torch.where(first, place < kept, (place >= marked - kept) & (place < marked))[..., None]  # (N, 5, 1)
    low = boxes[..., :2].masked_fill(~part, torch.inf).amin(1)
    high = boxes[..., 2:].masked_fill(~part, -torch.inf).amax(1)
    halved = replace(
        crops,
        box=torch.where(chosen, torch.cat([low, high], dim=1), crops.box),
        digits=torch.where(chosen, BLANK, crops.digits),
        length=torch.where(chosen[:, 0], 0, crops.length),
    )
    return halved, torch.where(chosen, HALVED_MARGIN, torch.inf)


def jittered_crops(
    crops: CropSet, size: Size, jitter: CropJitter, generator: torch.Generator, widest: torch.Tensor | None = None
) -> torch.Tensor:
    """Shifted, scaled, rotated and recoloured crops, float (N, 3, *size) in 0 ... 255. widest: (N, 1), the largest
    margin allowed."""
    n = len(crops)
    noise = torch.randn(n, 4, device=generator.device, generator=generator)
    loose = (uniform(n, 0, 1, generator, (1,)) < jitter.loose) * uniform(n, 0, 0.25, generator, (1,))
    margins = (jitter.margin + loose + jitter.margin_spread * noise).clamp(*jitter.margin_range)  # (N, 4)
    if widest is not None:
        margins = torch.minimum(margins, widest)
    angle = uniform(n, -jitter.rotation, jitter.rotation, generator) * math.pi / 180
    shear = uniform(n, -jitter.shear, jitter.shear, generator)
    matrix = region_matrix(crops.box, margins, crops.aspect, angle, shear)
    x = augment.sample(crops.images.float(), matrix, sides(size)).div_(255)
    return augment.vary_appearance(x, jitter.look, generator).mul_(255)


def random_patches(crops: CropSet, canvas: int, size: int, generator: torch.Generator) -> torch.Tensor:
    """Crops as in the paper: the box with its usual margin stretched to a square of `canvas` pixels, and a random
    patch of it, float (N, 3, size, size) in 0 ... 255."""
    region = 1 + 2 * CROP_MARGIN  # sides of the box, as wide and as high as the canvas
    cut = region * (1 - size / canvas)
    left_top = uniform(len(crops), 0, cut, generator, (2,))
    margins = CROP_MARGIN - torch.cat([left_top, cut - left_top], dim=1)  # (N, 4)
    return _straight(crops, (size, size), margins)


def centred_crops(crops: CropSet, size: Size, margin: float) -> torch.Tensor:
    """The crops that service would cut, float (N, 3, *size) in 0 ... 255."""
    return _straight(crops, sides(size), torch.full_like(crops.box, margin))


def _straight(crops: CropSet, size: tuple[int, int], margins: torch.Tensor) -> torch.Tensor:
    zero = crops.aspect.new_zeros(len(crops))
    return augment.sample(crops.images.float(), region_matrix(crops.box, margins, crops.aspect, zero, zero), size)


def region_matrix(
    box: torch.Tensor, margins: torch.Tensor, aspect: torch.Tensor, angle: torch.Tensor, shear: torch.Tensor
) -> torch.Tensor:
    """Box (N, 4) with margins (N, 4), rotated and sheared in the photo's true proportions (aspect) -> (N, 2, 3) from
    output coordinates in -1 ... 1 to crop pixels."""
    size = (box[:, 2:] - box[:, :2]).repeat(1, 2)  # (N, 4)
    sign = margins.new_tensor([-1, -1, 1, 1])
    region = box + sign * margins * size
    centre = (region[:, :2] + region[:, 2:]) / 2
    half_w, half_h = ((region[:, 2:] - region[:, :2]) / 2).unbind(1)
    cos, sin = angle.cos(), angle.sin()
    row_x = torch.stack([half_w * cos, half_h * (shear - sin) / aspect, centre[:, 0]], dim=1)
    row_y = torch.stack([half_w * aspect * sin, half_h * cos, centre[:, 1]], dim=1)
    return torch.stack([row_x, row_y], dim=1)
