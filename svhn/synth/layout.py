"""Arrange digits like real numbers: in rows, stacks, diagonals and arcs, by a small table of statistics.

The table is learned from the official boxes (`python -m svhn.synth.layout train_boxes.csv`) of images that are not held
out. Lengths are in digit heights, with y pointing down and the number's middle at the origin: the "plane" on which
walls, plates and digits lie before a camera sees them.
"""

from __future__ import annotations

import csv
import json
import sys
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import torch

from ..data.split import is_held_out
from ..labels import BLANK, MAX_DIGITS
from .config import LayoutConfig
from .glyphs import Atlas
from .rng import Sampler

TABLE = Path(__file__).parent / "assets" / "layout.json"
STEPS = 32  # intervals between the quantiles of a table
BOX_SLACK = 0.07  # official digit boxes touch each other: about this much of their width is not ink, in heights
ROW, DIAGONAL, STACK, ARC = range(4)


@dataclass(frozen=True)
class Layout:
    """n numbers on their planes; slots behind the end of a number are blank, with any finite geometry."""

    digits: torch.Tensor  # (n, 5) int64, 10 = blank
    length: torch.Tensor  # (n,) int64
    face: torch.Tensor  # (n, 5) int64
    centre: torch.Tensor  # (n, 5, 2) of the ink
    size: torch.Tensor  # (n, 5, 2) width and height of the ink
    unit: torch.Tensor  # (n, 5, 2) plane units for one figure height of the face, across and down
    tilt: torch.Tensor  # (n, 5) radians, clockwise
    spread: torch.Tensor  # (n,) bool: digits far apart, as on plates of their own

    @property
    def present(self) -> torch.Tensor:
        """(n, 5) bool: the slots that hold a digit."""
        return torch.arange(MAX_DIGITS, device=self.length.device) < self.length[:, None]


def corners(centre: torch.Tensor, size: torch.Tensor, tilt: torch.Tensor) -> torch.Tensor:
    """Corners of tilted boxes, (..., 2), (..., 2), (...) -> (..., 4, 2)."""
    signs = torch.tensor([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]], device=centre.device)
    x, y = (signs * size[..., None, :] / 2).unbind(-1)  # (..., 4)
    cos, sin = tilt.cos()[..., None], tilt.sin()[..., None]
    return torch.stack([cos * x - sin * y, sin * x + cos * y], dim=-1) + centre[..., None, :]


def sample_digits(length: torch.Tensor, config: LayoutConfig, rng: Sampler) -> torch.Tensor:
    """(n,) -> (n, 5) int64: digits, often a leading one, seldom a leading zero, now and then one twice."""
    n = len(length)
    digits = rng.below(10, n, MAX_DIGITS)
    leading = torch.where(rng.chance(0.02, n), 0, 2 + rng.below(8, n))
    leading = torch.where(rng.chance(config.leading_one, n), 1, leading)
    digits[:, 0] = torch.where(length == 1, digits[:, 0], leading)
    for k in range(1, MAX_DIGITS):
        digits[:, k] = torch.where(rng.chance(config.repeat_share, n), digits[:, k - 1], digits[:, k])
    behind = torch.arange(MAX_DIGITS, device=digits.device) >= length[:, None]
    return digits.masked_fill(behind, BLANK)


def sample_layout(n: int, config: LayoutConfig, atlas: Atlas, rng: Sampler) -> Layout:
    """n numbers of 1 ... 5 digits, each set in a face of the atlas."""
    k, table = MAX_DIGITS, statistics()
    length = rng.pick(config.length_weights, n) + 1
    digits = sample_digits(length, config, rng)
    glyph = digits.clamp(max=9)
    face, rival = rng.below(len(atlas.names), n, 1), rng.below(len(atlas.names), n, 1)
    bolder = torch.where(atlas.boldness[rival] > atlas.boldness[face], rival, face)
    face = torch.where(rng.chance(config.bold_share, n, 1), bolder, face).expand(n, k)
    face = torch.where(rng.chance(config.mixed_faces_share, n, 1), rng.below(len(atlas.names), n, k), face)

    aspect = rng.quantile(table["digit_aspect"], n, 1) - BOX_SLACK
    natural = atlas.width[face[:, :1]].mean(-1)  # (n, 1), the face's mean digit
    squeeze = (aspect / natural).clamp(*config.narrowing)
    loose = torch.where(rng.chance(config.loose_share, n, 1), config.loose_factor, 1.0)
    grow = 1 + rng.normal(config.size_jitter, n, k) * loose
    unit = torch.stack([squeeze * grow, grow], dim=-1)  # (n, 5, 2)
    size = torch.stack([atlas.width[face, glyph], atlas.height[face, glyph]], dim=-1) * unit

    kind = rng.pick(config.arrangement_weights, n)[:, None]  # (n, 1)
    gap = (rng.quantile(table["gap"], n, 1) + BOX_SLACK).clamp(min=0.01)
    spread = rng.chance(config.wide_gap_share, n, 1)
    wide_gap = rng.within(config.wide_gap, n, 1)
    gap = torch.where(spread, wide_gap, gap)
    gap = gap + rng.normal(0.015, n, k).abs() * loose

    across = (size[:, :-1, 0] + size[:, 1:, 0]) / 2 + gap[:, 1:]  # (n, 4), from a digit to the next
    down = (size[:, :-1, 1] + size[:, 1:, 1]) / 2 + torch.where(spread, wide_gap, rng.within(config.stack_gap, n, 1))
    step = rng.within(config.diagonal_steps, n, 1) * torch.where(rng.chance(0.5, n, 1), 1.0, -1.0)
    dx = torch.where(kind == STACK, torch.zeros_like(across), across)
    dy = torch.where(kind == STACK, down, torch.where(kind == DIAGONAL, step.expand_as(across), 0.0))

    # On an arc every digit is rotated against the one before it, symmetrically about the middle.
    turn = rng.within(config.arc_turn, n, 1) * torch.where(rng.chance(0.8, n, 1), 1.0, -1.0)
    slots = torch.arange(k, device=length.device)
    angle = torch.where(kind == ARC, turn * (slots - (length[:, None] - 1) / 2), 0.0)  # (n, 5)
    between = (angle[:, 1:] + angle[:, :-1]) / 2
    dx, dy = dx * between.cos() - dy * between.sin(), dx * between.sin() + dy * between.cos()

    start = torch.zeros(n, 1, device=length.device)
    centre = torch.stack([torch.cat([start, d.cumsum(1)], dim=1) for d in (dx, dy)], dim=-1)  # (n, 5, 2)
    lift = torch.where(kind == STACK, 0.0, atlas.drop[face, glyph]) + rng.normal(config.drop_jitter, n, k) * loose
    centre = centre + torch.stack([torch.zeros_like(lift), lift], dim=-1)
    tilt = angle + rng.normal(config.tilt_jitter, n, k) * loose

    layout = Layout(digits, length, face, centre, size, unit, tilt, spread[:, 0])
    low, high = extent(corners(centre, size, tilt), layout.present)
    return replace(layout, centre=centre - (low + high)[:, None] / 2)


def extent(points: torch.Tensor, present: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Digit corners (n, 5, 4, 2) and which slots count (n, 5) -> the number's upright box, low and high (n, 2)."""
    absent = ~present[..., None, None]
    return points.masked_fill(absent, torch.inf).amin((1, 2)), points.masked_fill(absent, -torch.inf).amax((1, 2))


@cache
def statistics() -> dict[str, list[float]]:
    """The committed table: evenly spaced quantiles of each quantity."""
    return json.loads(TABLE.read_text())


def learn(boxes_csv: Path) -> dict[str, list[float]]:
    """Official boxes -> quantiles of how digits are arranged, from the images that are not held out."""
    photos: dict[str, list[list[float]]] = defaultdict(list)
    with boxes_csv.open(newline="") as file:
        for row in csv.DictReader(file):
            if not is_held_out(int(Path(row["file"]).stem)):
                columns = ("digit", "x1", "y1", "x2", "y2", "image_width", "image_height")
                photos[row["file"]].append([float(row[c]) for c in columns])
    seen: dict[str, list[float]] = defaultdict(list)
    for rows in photos.values():
        digit, x1, y1, x2, y2, width, height = np.array(rows).T
        tall = np.median(y2 - y1)
        seen["digit_aspect"] += list(((x2 - x1) / (y2 - y1))[digit != 1])
        seen["gap"] += list((x1[1:] - x2[:-1]) / tall)
        seen["height_px"].append(tall)
        seen["width_share"].append((x2.max() - x1.min()) / width[0])
        seen["height_share"].append(min((y2.max() - y1.min()) / height[0], 1.0))
        seen["image_aspect"].append(width[0] / height[0])
    steps = np.linspace(0.005, 0.995, STEPS + 1)
    return {name: np.quantile(values, steps).round(4).tolist() for name, values in seen.items()}


if __name__ == "__main__":
    lines = (f' "{name}": {json.dumps(values)}' for name, values in learn(Path(sys.argv[1])).items())
    TABLE.write_text("{\n" + ",\n".join(lines) + "\n}\n")
