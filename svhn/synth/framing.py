"""How photos frame a number: tightly as in SVHN's train, loosely as in its test photos, entire fronts, close-ups."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from .config import FramingConfig
from .layout import statistics
from .rng import Sampler


@dataclass(frozen=True)
class Framing:
    """n empty photos."""

    size: torch.Tensor  # (n, 2) height and width, the longer one the canvas's side
    width: torch.Tensor  # (n,) share of the photo's width that its first number takes, if its height allows
    height: torch.Tensor  # (n,) share of the photo's height that a number takes at most
    centred: torch.Tensor  # (n,) bool: the number is near the middle
    native: torch.Tensor  # (n,) pixels of the photo for one of the canvas, where `digit` is none
    digit: torch.Tensor  # (n,) native pixels that a digit of the first number is high, NaN if that is as it comes


TRAIN, TEST, CLOSE, FRONT, ANY = range(5)


def sample_framing(n: int, side: int, config: FramingConfig, rng: Sampler) -> Framing:
    """Framings of n photos for canvases of `side` texels."""
    kind = rng.pick(config.weights, n)
    table = statistics()
    aspect = rng.ratio(config.aspect, n)
    aspect = torch.where(kind == TRAIN, rng.quantile(table["image_aspect"], n), aspect)
    aspect = torch.where(kind == TEST, rng.ratio(config.test_aspect, n), aspect)
    middle, spread = config.test_width
    width = torch.where(kind == TRAIN, rng.quantile(table["width_share"], n), rng.ratio(config.any_width, n))
    width = torch.where(kind == TEST, middle * rng.normal(spread, n).exp(), width)
    width = torch.where(kind == CLOSE, rng.within(config.close_width, n), width)
    width = torch.where(kind == FRONT, rng.ratio(config.front_width, n), width).clamp(max=0.97)
    tallest = torch.where(kind == TEST, rng.within(config.test_height, n), config.tallest)
    tallest = torch.where(kind == CLOSE, 0.97, tallest)
    poor = (kind == TRAIN) | (kind == TEST)
    digit = rng.quantile(table["height_px"], n).masked_fill(~poor, torch.nan)
    size = torch.stack([(side / aspect).clamp(max=side), (side * aspect).clamp(max=side)], dim=1).round()
    return Framing(size, width, tallest, poor & rng.chance(config.centred_share, n), rng.ratio(config.native, n), digit)
