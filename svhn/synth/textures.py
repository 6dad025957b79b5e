"""Textures of walls: brick, stucco, wood, tile, metal, stone and leaves, drawn once per process."""

from __future__ import annotations

from functools import lru_cache

import torch
import torch.nn.functional as F

from .rng import Sampler

SIDE = 128  # of a texture
PER_KIND = 24


def rough(rng: Sampler, n: int, octaves: tuple[float, ...], stretch: tuple[int, int] = (1, 1)) -> torch.Tensor:
    """Smooth noise (n, SIDE, SIDE) of unit spread: octave i has 4 · 2^i cells a side and the weight given."""
    total = torch.zeros(n, 1, SIDE, SIDE, device=rng.device)
    for i, weight in enumerate(octaves):
        cells = (max(2, (4 << i) // stretch[0]), max(2, (4 << i) // stretch[1]))
        coarse = rng.normal(weight, n, 1, *cells)
        total += F.interpolate(coarse, size=(SIDE, SIDE), mode="bicubic", align_corners=False)
    return total[:, 0] / total.std((1, 2, 3))[:, None, None]


def _courses(rng: Sampler, n: int, rows: tuple[int, int], ratio: tuple[float, float], shift: bool) -> torch.Tensor:
    """Bricks, tiles and boards: (n, 2, SIDE, SIDE) joint in 0 ... 1, and a shade in -1 ... 1 for every piece."""
    count = (rows[0] + rng.below(rows[1] - rows[0] + 1, n)).view(n, 1, 1)
    line = torch.linspace(0, 1, SIDE, device=rng.device)
    v = line.view(1, SIDE, 1) * count  # in courses
    course = v.floor()
    offset = (course % 2) / 2 if shift else torch.zeros_like(course)
    u = line.view(1, 1, SIDE) * count / rng.within(ratio, n).view(n, 1, 1) + offset  # in pieces
    width = rng.within((0.05, 0.16), n).view(n, 1, 1)
    edge_v, edge_u = (0.5 - (v % 1 - 0.5).abs()), (0.5 - (u % 1 - 0.5).abs()) * rng.within(ratio, n).view(n, 1, 1)
    joint = (1 - torch.minimum(edge_v, edge_u) / width * 2).clamp(0, 1)
    seed = rng.within((10.0, 99.0), n).view(n, 1, 1)
    shade = torch.sin((course * 12.9898 + u.floor() * 78.233) * seed) * 43758.5453
    return torch.stack([joint, (shade - shade.floor()) * 2 - 1], dim=1)


def _walls(rng: Sampler, n: int) -> list[torch.Tensor]:
    """One (n, SIDE, SIDE) batch of relief a kind, roughly of unit spread about 0."""
    sign = torch.where(rng.chance(0.6, n), 1.0, -1.0).view(n, 1, 1)
    brick, tile, board, slab = (
        _courses(rng, n, (5, 12), (2.0, 3.2), True),
        _courses(rng, n, (3, 10), (0.9, 1.1), False),
        _courses(rng, n, (4, 12), (30.0, 60.0), False),
        _courses(rng, n, (2, 5), (1.2, 2.5), True),
    )
    ramp = torch.linspace(-1, 1, SIDE, device=rng.device).view(1, SIDE, 1)
    grain = rough(rng, n, (1, 1, 0.8, 0.8, 0.6), stretch=(1, 8))
    return [
        sign * brick[:, 0] * 1.8 + 0.6 * brick[:, 1] + 0.35 * rough(rng, n, (0, 0, 1, 1, 1)),
        sign * tile[:, 0] * 2.0 + 0.3 * tile[:, 1] + 0.2 * rough(rng, n, (1, 1, 1)),
        -2.2 * board[:, 0] + 0.3 * board[:, 1] + 0.3 * grain,
        sign * slab[:, 0] * 1.5 + 0.7 * slab[:, 1] + 0.4 * rough(rng, n, (0, 1, 1, 1, 1)),
        0.6 * rough(rng, n, (0, 0, 1, 1, 1.2)),  # stucco
        rough(rng, n, (1, 1, 0.6, 0.4, 0.3)),  # weathered plaster
        grain,
        rough(rng, n, (1, 1, 0.8, 0.8, 0.6), stretch=(8, 1)),  # brushed metal, streaks of rain
        0.5 * ramp + 0.15 * rough(rng, n, (1, 1)),  # nearly plain
        0.8 * torch.tanh(1.3 * rough(rng, n, (0.3, 0.6, 1, 1, 1))),  # leaves
    ]


@lru_cache(maxsize=4)
def texture_bank(device: str) -> torch.Tensor:
    """(B, SIDE, SIDE) float: relief of about unit spread about 0; the same in every process."""
    rng = Sampler(torch.Generator().manual_seed(20131216), "cpu")
    return torch.cat(_walls(rng, PER_KIND)).to(device)
