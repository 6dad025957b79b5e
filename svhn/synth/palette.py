"""Colours of ink, ground and wall that occur together in real crops, as a small table of clusters.

The table is learned from the prepared crops that are not held out: `python -m svhn.synth.palette train_crops.h5`.
"""

from __future__ import annotations

import json
import sys
from functools import cache
from pathlib import Path

import h5py
import torch

from ..data.split import is_held_out
from .rng import Sampler

TABLE = Path(__file__).parent / "assets" / "palette.json"
CLUSTERS = 72
ROUNDS = 25


def sample_colours(n: int, rng: Sampler) -> torch.Tensor:
    """(n, 3, 3) float in 0 ... 1: ink, ground (behind the ink) and wall (around it), RGB each."""
    weight, mean, spread = (t.to(rng.device) for t in _table())
    chosen = torch.multinomial(weight, n, replacement=True, generator=rng.generator)
    lighter = 0.8 * rng.normal(1.0, n, 3, 1) + 0.25 * rng.normal(1.0, n, 3, 3)  # hues vary less than brightness
    return (mean[chosen] + lighter.view(n, 9) * spread[chosen]).view(n, 3, 3).clamp(0, 1)


def pick_colours(table: tuple[tuple[int, int, int], ...], n: int, rng: Sampler) -> torch.Tensor:
    """(n, 3) float in 0 ... 1 near the colours of a table of RGB values in 0 ... 255, in any light."""
    colours = torch.tensor(table, dtype=torch.float32, device=rng.device)[rng.below(len(table), n)] / 255
    return (colours * rng.within((0.55, 1.1), n, 1) + rng.normal(0.025, n, 3)).clamp(0, 1)


@cache
def _table() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    rows = json.loads(TABLE.read_text())
    weight, mean, spread = (torch.tensor([r[k] for r in rows], dtype=torch.float32) for k in ("n", "mean", "spread"))
    return weight, mean / 255, spread / 255


def learn(crops: torch.Tensor) -> list[dict]:
    """Real loose crops (n, 3, 96, 96) uint8 -> clusters of (ink, ground, wall), each with mean and spread in 0 ... 255.

    Inside the number box the darkest and the lightest tenth are ink and ground; ground is the one that the
    band just around the box is closer to.
    """
    x = crops.float()
    inside = x[:, :, 24:72, 24:72].flatten(2)  # (n, 3, 2304)
    light = inside.mean(1)
    order = light.argsort(1)
    tenth = order.shape[1] // 10
    ends = [inside.gather(2, part[:, None].expand(-1, 3, -1)).mean(2) for part in (order[:, :tenth], order[:, -tenth:])]
    dark, bright = ends
    band = torch.cat([x[:, :, 20:76, 19:23].flatten(2), x[:, :, 20:76, 73:77].flatten(2)], dim=2).median(2).values
    wall = torch.cat([x[:, :, :, 2:14].flatten(2), x[:, :, :, 82:94].flatten(2)], dim=2).median(2).values
    on_dark = ((band - dark).norm(dim=1) < (band - bright).norm(dim=1))[:, None]
    samples = torch.cat([torch.where(on_dark, bright, dark), torch.where(on_dark, dark, bright), wall], dim=1)  # (n, 9)

    generator = torch.Generator().manual_seed(0)
    centres = samples[torch.randperm(len(samples), generator=generator)[:CLUSTERS]]
    for _ in range(ROUNDS):
        nearest = torch.cdist(samples, centres).argmin(1)
        centres = torch.stack(
            [samples[nearest == c].mean(0) if (nearest == c).any() else centres[c] for c in range(CLUSTERS)]
        )
    rows = []
    for c in range(CLUSTERS):
        members = samples[nearest == c]
        if len(members) > 1:
            mean, spread = members.mean(0).round().int().tolist(), members.std(0).round().int().tolist()
            rows.append({"n": len(members), "mean": mean, "spread": spread})
    return rows


if __name__ == "__main__":
    with h5py.File(sys.argv[1]) as file:
        seen = torch.from_numpy(file["images"][:][~is_held_out(file["number"][:])])
    TABLE.write_text("[\n" + ",\n".join(json.dumps(row) for row in learn(seen)) + "\n]\n")
