"""Which rows each step of training draws from its sets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from .datasets import Rows

DRAWS = 1 << 20  # a stream of random numbers that no process uses for anything else


def step_seed(seed: int, step: int, stream: int = 0) -> int:
    """The seed of one step's random numbers; every stream, from 0 to 2^20, has its own. seed: below 1,000,000."""
    return seed * 1_000_003 + step + (stream << 41)


@dataclass(frozen=True)
class Draws:
    """n rows a step, from every set its share, with replacement.

    rank, world: which process this is, of how many that share every step's rows: together they draw exactly those that
    one process would draw alone.
    """

    sets: list[Rows]
    shares: list[float]
    n: int
    rank: int = 0
    world: int = 1

    def rows(self, seed: int, step: int) -> list[torch.Tensor]:
        """The rows of every set that this process draws at that step, (m,) int64 each. They depend on nothing else."""
        generator = torch.Generator().manual_seed(step_seed(seed, step, DRAWS))
        counts = [round(self.n * share) for share in self.shares]
        counts[0] += self.n - sum(counts)
        drawn, before = [], 0
        for rows, count in zip(self.sets, counts, strict=True):
            index = torch.randint(len(rows), (count,), generator=generator)
            drawn.append(index[(self.rank - before) % self.world :: self.world])
            before += count
        return drawn

    def batches(self, seed: int, steps: range) -> Iterator[list[Rows]]:
        """Yields what each of these steps draws, set by set, without those of which it draws nothing."""
        for step in steps:
            pairs = zip(self.sets, self.rows(seed, step), strict=True)
            yield [rows.take(index.to(rows.images.device)) for rows, index in pairs if len(index)]
