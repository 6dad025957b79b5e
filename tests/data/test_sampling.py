"""Draws: every set has its share, a step depends on its seed alone, processes share them, files are read ahead."""

import dataclasses
import shutil
from pathlib import Path

import pytest
import torch

from svhn.data.datasets import StoredImages, load_crops, load_scenes
from svhn.data.sampling import Draws
from svhn.utils.errors import DataError

SETS, SHARES = [range(50), range(1000), range(9)], [0.5, 0.4, 0.1]
CPU = torch.device("cpu")


def test_a_step_draws_its_share_of_every_set():
    draws = Draws(SETS, SHARES, 30)
    assert [len(drawn) for drawn in draws.rows(seed=1, step=5)] == [15, 12, 3]
    first, again, other = ([rows.tolist() for rows in draws.rows(1, step)] for step in (5, 5, 6))
    assert first == again != other


def test_processes_share_the_draws_of_one():
    alone = Draws(SETS, SHARES, 32).rows(seed=1, step=5)
    parts = [Draws(SETS, SHARES, 32, CPU, rank, 4).rows(seed=1, step=5) for rank in range(4)]
    assert [sum(map(len, part)) for part in parts] == [8] * 4
    for i, drawn in enumerate(alone):
        assert sorted(row for part in parts for row in part[i].tolist()) == sorted(drawn.tolist())


def test_batches_from_a_file_are_those_from_memory(prepared):
    crops = prepared / "train_crops.h5"
    kept, stored = load_crops(crops, "train", CPU), load_crops(crops, "train", CPU, in_memory=1000)
    assert isinstance(stored.images, StoredImages)
    batches = [list(Draws([rows, kept], [0.7, 0.3], 10).batches(3, range(4, 7))) for rows in (kept, stored)]
    assert len(batches[0]) == 3
    for one, other in zip(*batches, strict=True):
        for mine, theirs in zip(one, other, strict=True):
            for field in dataclasses.fields(mine):
                a, b = getattr(mine, field.name), getattr(theirs, field.name)
                assert torch.equal(a.nan_to_num(nan=-1.0), b.nan_to_num(nan=-1.0))
    (resumed,) = Draws([stored, kept], [0.7, 0.3], 10).batches(3, range(6, 7))
    assert torch.equal(resumed[0].images, batches[0][2][0].images)
    rows, limits = torch.tensor([2, 0, 2]), (float("inf"), 0)
    scenes = [load_scenes(prepared / "train_scenes.h5", "train", CPU, limit).take(rows) for limit in limits]
    assert torch.equal(scenes[0].images, scenes[1].images)


def test_a_file_that_is_damaged_later_is_reported(prepared, tmp_path):
    copy = Path(shutil.copy(prepared / "train_crops.h5", tmp_path / "damaged.h5"))
    draws = Draws([load_crops(copy, "all", CPU, in_memory=0)], [1.0], 8)
    data = bytearray(copy.read_bytes())
    data[len(data) // 4 : len(data) // 2] = bytes(len(data) // 2 - len(data) // 4)
    copy.write_bytes(data)
    with pytest.raises(DataError, match=r"damaged\.h5 is not a prepared file, or damaged"):
        list(draws.batches(0, range(2)))
