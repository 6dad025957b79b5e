"""Which rows each training step draws from its sets. Worker processes read ahead those that stay in files."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch.utils.data import DataLoader, Dataset

from ..utils.errors import DataError
from ..utils.parallel_map import processes_for
from .datasets import Rows, StoredImages

DRAWS = 1 << 20  # a stream of random numbers that nothing else uses
MOST_WORKERS = 4
STEPS_AHEAD = 2  # that each worker reads


def step_seed(seed: int, step: int, stream: int = 0) -> int:
    """The seed of one step's random numbers, different for each stream from 0 to 2^20. seed: below 1,000,000."""
    return seed * 1_000_003 + step + (stream << 41)


@dataclass(frozen=True)
class Draws:
    """n rows per step, a share from every set, with replacement. device: for rows that are read from files. rank,
    world: this process, and how many share every step's rows; together they draw exactly the rows that a single
    process would."""

    sets: list[Rows]
    shares: list[float]
    n: int
    device: torch.device = torch.device("cpu")
    rank: int = 0
    world: int = 1

    def rows(self, seed: int, step: int) -> list[torch.Tensor]:
        """The rows of every set that this process draws at that step, (m,) int64 each; a function of seed and step
        alone."""
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
        """Yield the rows drawn in each of these steps, set by set, without empty draws. Raises DataError when a file
        cannot be read."""
        for step, read in zip(steps, self._read_ahead(seed, steps), strict=False):
            if isinstance(read, DataError):
                raise read
            drawn = zip(self.sets, self.rows(seed, step), read, strict=True)
            yield [
                rows.take(index.to(rows.images.device)) if part is None else part.to(self.device)
                for rows, index, part in drawn
                if len(index)
            ]

    def _read_ahead(self, seed: int, steps: range) -> Iterator[list[Rows | None] | DataError]:
        if not any(map(_is_stored, self.sets)):
            return itertools.repeat([None] * len(self.sets))
        workers = min(MOST_WORKERS, processes_for(None))
        how = {"batch_size": None, "collate_fn": _unchanged, "num_workers": workers, "prefetch_factor": STEPS_AHEAD}
        return iter(DataLoader(_StoredDraws(self, seed), sampler=steps, **how))


class _StoredDraws(Dataset):
    """Item k is what step k draws from the sets that stay in files, None in place of the others; or the error that
    prevents it, since a DataLoader would put a traceback into its message."""

    def __init__(self, draws: Draws, seed: int) -> None:
        sets = [rows if _is_stored(rows) else range(len(rows)) for rows in draws.sets]  # workers need no more of these
        self.draws, self.seed = replace(draws, sets=sets), seed

    def __getitem__(self, step: int) -> list[Rows | None] | DataError:
        drawn = zip(self.draws.sets, self.draws.rows(self.seed, step), strict=True)
        try:
            return [rows.take(index) if _is_stored(rows) and len(index) else None for rows, index in drawn]
        except DataError as error:
            return error


def _is_stored(rows: Rows | range) -> bool:
    return isinstance(getattr(rows, "images", None), StoredImages)


def _unchanged(item):
    return item
