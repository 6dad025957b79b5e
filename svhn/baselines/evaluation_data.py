"""The data that systems are measured with: photos of SVHN by part, MNIST's test digits, each loaded once."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import torch

from ..data.mnist import load_digits
from ..data.split import HELD_OUT_EVERY
from ..evaluation.evaluate import HELD_OUT, Example, in_held_out, split_examples
from ..utils.errors import DataError

TRAIN, TEST = "train", "test"
PARTS = (TRAIN, HELD_OUT, TEST)
TRAIN_PHOTOS = 400  # all of them would take most of the time, for a secondary metric


def part_examples(data: Path, part: str) -> Iterator[Example]:
    """The photos of one of `PARTS`; "train" leaves the held-out ones out. Raises DataError."""
    if part != TRAIN:
        yield from split_examples(data, part)
        return
    yield from (example for example in split_examples(data, TRAIN) if not in_held_out(example.name))


def available_parts(data: Path) -> list[str]:
    """The `PARTS` whose archive or folder is in `data`."""
    there = [split for split in (TRAIN, TEST) if (data / split).is_dir() or (data / f"{split}.tar.gz").is_file()]
    return [part for part in PARTS if part in there or (part == HELD_OUT and TRAIN in there)]


class EvaluationData:
    """The photos of the folder `data`, the digits of the folder `mnist`, and official test photos of the folder `test`,
    each of which may be None if it is not needed. Reading raises DataError when the folder is missing or damaged."""

    def __init__(self, data: Path | None, mnist: Path | None, test: Path | None = None) -> None:
        self.data, self.mnist, self.test_folder = data, mnist, test
        self.left_out: dict[str, str] = {}  # photos that cannot be measured with, and why

    @cached_property
    def held_out(self) -> list[Example]:
        """The photos that no network was trained on."""
        found = list(split_examples(self.data, HELD_OUT, self.left_out))
        if not found:
            raise DataError(f"{self.data} has no photo of a number divisible by {HELD_OUT_EVERY} to measure with.")
        return found

    @cached_property
    def train(self) -> list[Example]:
        """The first `TRAIN_PHOTOS` photos that were trained on, by number."""
        number = lambda example: (len(example.name), example.name)  # noqa: E731
        return heapq.nsmallest(TRAIN_PHOTOS, part_examples(self.data, TRAIN), key=number)

    @cached_property
    def test(self) -> list[Example]:
        """The official test photos, none where no folder is given."""
        left_out: dict[str, str] = {}
        found = list(split_examples(self.test_folder, TEST, left_out)) if self.test_folder else []
        self.left_out |= {f"{TEST}/{name}": reason for name, reason in left_out.items()}
        return found

    @property
    def unseen(self) -> dict[str, list[Example]]:
        """The photos that no network was trained on, by part."""
        return {HELD_OUT: self.held_out, **({TEST: self.test} if self.test else {})}

    @cached_property
    def digits(self) -> tuple[torch.Tensor, torch.Tensor]:
        """MNIST's test digits (N, 28, 28) uint8 and their labels (N,)."""
        return load_digits(self.mnist, "test")
