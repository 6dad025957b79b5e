"""Training on all photos of SVHN: what preparing extra costs, and how fast its files are drawn from.

    python -m benchmarks.extra_split --data DIR --work FOLDER [--records 202353] [--steps 40]

Extra is made of the photos of DIR's train, each again and again, brighter or darker, in the official layout. FOLDER
keeps the archive and the prepared files, and what is there is not made again. All in memory and all in files then train
in turns on train alone, without weak, synthetic or empty pictures, so that files are read the most. At last a process
of its own takes steps of the published recipe with as many rows of train and extra as the official splits have.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import shutil
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import torch

from svhn.data.archive import open_split
from svhn.data.backgrounds import empty_scenes, load_backgrounds
from svhn.data.datasets import NEGATIVE_CROPS, load_crops, load_scenes
from svhn.data.prepare import is_prepared, prepare
from svhn.data.sampling import Draws
from svhn.data.weak_labels import prepare_weak
from svhn.synth.cache import crop_bank, scene_bank
from svhn.training.recipes import RECIPES, Recipe
from svhn.training.sources import leave_out_missing
from svhn.training.tasks import TASKS, feeds, make_task
from svhn.training.tasks.base import Sources, Task

from .helpers.repeated_split import write_extra

OFFICIAL = {"train": 33_402, "extra": 202_353}  # records
BLOCK = 5  # steps of one way before the other's turn
FEW = 64  # generated pictures, which stand in for all of a recipe's by being repeated
CPU = torch.device("cpu")


@contextmanager
def measured(what: str, pictures: int) -> Iterator[None]:
    """Prints time and the peak of this process's memory."""
    Path("/proc/self/clear_refs").write_text("5")
    start, used = time.perf_counter(), time.process_time()
    yield
    wall, used = time.perf_counter() - start, time.process_time() - used
    peak = int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 2**20
    print(
        f"{what}: {wall:.0f} s, {used:.0f} s of a core, {pictures / used:.0f} pictures a second of a core, "
        f"at most {peak:.2f} GiB",
        flush=True,
    )


def seconds(task: Task, feed: Iterator, count: int) -> tuple[float, float]:
    """Of a step, and of a core for it in this process; medians of the next `count`."""
    times = []
    for _ in range(count):
        start, used = time.perf_counter(), time.process_time()
        loss = task.loss(task.network, next(feed), torch.Generator().manual_seed(0))
        loss.backward()
        times.append((time.perf_counter() - start, time.process_time() - used))
    return tuple(map(statistics.median, zip(*times, strict=True)))


def compare(name: str, work: Path, steps: int) -> None:
    """Training from memory and from files, in turns; and reading alone, by the time of a core."""
    recipe = replace(RECIPES[name], synthetic=0.0, weak=0.0, negatives=0.0, extra=0.0, begins_with="")
    both = []
    for in_memory in (float("inf"), 0):
        feeds.IN_MEMORY = in_memory
        task = make_task(recipe, Sources(work, "all"), CPU)
        both.append((task, task.feed(0, range(10**6))))
    [seconds(task, feed, 1) for task, feed in both]  # the first ones start the workers
    turns = [[seconds(task, feed, BLOCK) for task, feed in both] for _ in range(max(1, steps // BLOCK))]
    wall, used = (statistics.median(stored[i] / kept[i] for kept, stored in turns) for i in range(2))
    step = statistics.median(kept[1] for kept, _ in turns)
    load, kind = (load_crops, "crops") if name == "compact" else (load_scenes, "scenes")
    rows = load(work / f"train_{kind}.h5", "all", CPU, 0)
    draws = Draws([rows], [1.0], recipe.batch_size)
    start = time.process_time()
    for number in range(steps):
        rows.take(draws.rows(0, number)[0])
    reading = (time.process_time() - start) / steps
    print(
        f"{name}, batch {recipe.batch_size}: a step takes {step * 1e3:.0f} ms of a core, reading its photos "
        f"{reading * 1e3:.1f} ms of a worker's, {recipe.batch_size / reading:.0f} a second; from files it takes "
        f"{wall:.2f} times as long, and {used:.2f} times the core of this process",
        flush=True,
    )


def widen(work: Path) -> Path:
    """A folder next to the files with copies that have as many rows as the official splits: those beyond repeat the
    rows that are there, pictures as they are stored."""
    wide = work / "wide"
    wide.mkdir(exist_ok=True)
    for split, count in OFFICIAL.items():
        for kind in ("crops", "scenes"):
            path = Path(shutil.copy(work / f"{split}_{kind}.h5", wide))
            with h5py.File(path, "r+") as file:
                images, there = file["images"], len(file["images"])
                for name, column in file.items():
                    rows = None if name == "images" else np.resize(column[:], (count, *column.shape[1:]))
                    column.resize(count, axis=0)
                    if rows is not None:
                        column[:] = rows
                for row in range(there, count):
                    mask, packed = images.id.read_direct_chunk((row % there, 0, 0, 0))
                    images.id.write_direct_chunk((row, 0, 0, 0), packed, mask)
    for path in (*work.glob("weak_*.h5"), *work.glob(NEGATIVE_CROPS)):
        shutil.copy(path, wide)
    return wide


def sources_of(recipe: Recipe, prepared: Path, backgrounds: Path) -> Sources:
    """What `train` loads, with few generated pictures again and again."""
    scenes = TASKS[recipe.task].scenes
    few = (scene_bank if scenes else crop_bank)(FEW, 0)
    synthetic = few.take(torch.arange(recipe.synthetic_bank) % FEW)
    negatives = None
    if recipe.negatives:
        negatives = empty_scenes(backgrounds) if scenes else load_crops(prepared / NEGATIVE_CROPS, "all", CPU)
    return Sources(prepared, "all", None, synthetic, load_backgrounds(backgrounds), negatives)


def train_on_all(name: str, prepared: Path, backgrounds: Path, steps: int) -> None:
    """Steps of the recipe; then batches alone."""
    torch.set_num_threads(1)
    recipe = leave_out_missing(RECIPES[name], prepared, backgrounds)
    with measured(f"{name}, {steps} steps from train and extra", steps * recipe.batch_size):
        task = make_task(recipe, sources_of(recipe, prepared, backgrounds), CPU)
        feed = task.feed(0, range(steps + 1))
        seconds(task, feed, steps)
        del feed
    start, used = time.perf_counter(), time.process_time()
    for _ in task.feed(0, range(steps)):
        pass
    wall, used = time.perf_counter() - start, time.process_time() - used
    worker = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    print(
        f"  its workers at most {worker:.2f} GiB each, mostly shared with it; batches with nothing else to do: "
        f"{steps * recipe.batch_size / wall:.0f} pictures a second, {used / steps * 1e3:.0f} ms of this process's core",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with the official train.tar.gz or train/")
    parser.add_argument("--work", type=Path, required=True, help="folder on a disk with 25 GB left")
    parser.add_argument("--backgrounds", type=Path, required=True, help="street pictures, as `train_all.py` takes them")
    parser.add_argument("--weak", type=Path, nargs="*", default=[], help="as `train_all.py` takes them")
    parser.add_argument("--records", type=int, default=OFFICIAL["extra"])
    parser.add_argument("--steps", type=int, default=40)
    options = parser.parse_args()
    torch.set_num_threads(1)
    options.work.mkdir(parents=True, exist_ok=True)
    if not (options.work / "extra.tar.gz").exists():
        with measured("writing the archive", options.records):
            write_extra(open_split(options.data, "train"), options.work, options.records)
    for split, data in (("train", options.data), ("extra", options.work)):
        if not is_prepared(data, split, options.work):
            count = options.records if split == "extra" else 2_028
            with measured(f"preparing {split}", count):
                print(prepare(data, split, options.work, progress=False))
    if options.weak and not (options.work / "weak_scenes.h5").exists():
        prepare_weak(options.weak, options.work)
    for path in sorted(options.work.glob("extra*")):
        print(f"{path.name}: {os.path.getsize(path) / 2**30:.2f} GiB")
    for name in ("compact", "fcos"):
        compare(name, options.work, options.steps)
    wide = widen(options.work)
    for name in ("compact", "fcos"):
        process = multiprocessing.get_context("spawn").Process(
            target=train_on_all, args=(name, wide, options.backgrounds, options.steps)
        )
        process.start()
        process.join()


if __name__ == "__main__":
    main()
