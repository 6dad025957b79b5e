"""Training on all photos of SVHN: what preparing extra costs, and how fast its files are drawn from.

    python -m benchmarks.extra_split --data DIR --work FOLDER [--records 202353] [--steps 40]

Extra is made of the photos of DIR's train, each again and again, brighter or darker, in the official layout. FOLDER
keeps the archive and the prepared files, and what is there is not made again. Both ways, all in memory and all in
files, then train on train alone, in turns, without weak, synthetic or empty pictures, so that files are read the most.
"""

from __future__ import annotations

import argparse
import io
import itertools
import os
import shutil
import statistics
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import cv2
import h5py
import numpy as np
import torch

from svhn.data.archive import open_split
from svhn.data.datasets import load_crops, load_scenes
from svhn.data.prepare import is_prepared, prepare
from svhn.data.sampling import Draws
from svhn.training.recipes import RECIPES
from svhn.training.tasks import feeds, make_task
from svhn.training.tasks.base import Sources, Task

TRAIN, EXTRA = 33_402, 202_353
BLOCK = 5  # steps of one way before the other's turn


def write_extra(data: Path, work: Path, records: int) -> None:
    """work/extra.tar.gz with that many records."""
    split, rng, described = open_split(data, "train"), np.random.default_rng(0), work / "digitStruct.mat"
    with split.digitstruct() as source:
        shutil.copy(source, described)
    repeat(described, records)
    photos = sorted(split.photos(), key=lambda photo: int(Path(photo[0]).stem))
    with tarfile.open(work / "extra.part", "w:gz", compresslevel=1) as tar:
        tar.add(described, "extra/digitStruct.mat")
        for number, (_, content) in enumerate(itertools.islice(itertools.cycle(photos), records), 1):
            photo = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
            varied = cv2.convertScaleAbs(photo, alpha=rng.uniform(0.7, 1.2), beta=rng.uniform(0, 30))
            png = cv2.imencode(".png", varied, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()
            member = tarfile.TarInfo(f"extra/{number}.png")
            member.size = len(png)
            tar.addfile(member, io.BytesIO(png))
    described.unlink()
    (work / "extra.part").rename(work / "extra.tar.gz")


def repeat(path: Path, count: int) -> None:
    """Let the file have `count` records, in the order of their pictures' numbers, with names of their own."""
    with h5py.File(path, "r+") as file:
        root, names = file["digitStruct"], file.create_group("names")
        number = [int(bytes(file[at][:].astype(np.uint8)).decode()[:-4]) for at in root["name"][:, 0]]
        boxes = np.resize(root["bbox"][:, 0][np.argsort(number)], count)
        texts = (np.frombuffer(f"{i}.png".encode(), np.uint8).astype(np.uint16)[:, None] for i in range(1, count + 1))
        columns = {"name": [names.create_dataset(str(i), data=text).ref for i, text in enumerate(texts)], "bbox": boxes}
        for part, references in columns.items():
            del root[part]
            root.create_dataset(part, (count, 1), h5py.ref_dtype)[:, 0] = references


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
        task = make_task(recipe, Sources(work, "all"), torch.device("cpu"))
        both.append((task, task.feed(0, range(10**6))))
    [seconds(task, feed, 1) for task, feed in both]  # the first ones start the workers
    turns = [[seconds(task, feed, BLOCK) for task, feed in both] for _ in range(max(1, steps // BLOCK))]
    ratio = statistics.median(stored[0] / kept[0] for kept, stored in turns)
    step = statistics.median(kept[1] for kept, _ in turns)
    load, kind = (load_crops, "crops") if name == "compact" else (load_scenes, "scenes")
    rows = load(work / f"train_{kind}.h5", "all", torch.device("cpu"), 0)
    draws = Draws([rows], [1.0], recipe.batch_size)
    used = time.process_time()
    for number in range(steps):
        rows.take(draws.rows(0, number)[0])
    reading = (time.process_time() - used) / steps
    print(
        f"{name}, batch {recipe.batch_size}: a step takes {step * 1e3:.0f} ms of a core, reading its photos "
        f"{reading * 1e3:.1f} ms of a worker's; from files it takes {ratio:.2f} times as long",
        flush=True,
    )


def widen(work: Path, counts: dict[str, int]) -> Path:
    """A folder next to the files with their copies, of so many rows a split: the rows beyond repeat all columns but the
    pictures, which are black there and take no room."""
    wide = work / "wide"
    wide.mkdir(exist_ok=True)
    for split, count in counts.items():
        for kind in ("crops", "scenes"):
            path = Path(shutil.copy(work / f"{split}_{kind}.h5", wide))
            with h5py.File(path, "r+") as file:
                for name, column in file.items():
                    rows = None if name == "images" else np.resize(column[:], (count, *column.shape[1:]))
                    column.resize(count, axis=0)
                    if rows is not None:
                        column[:] = rows
    return wide


def draw_all(name: str, work: Path, steps: int) -> None:
    """Batches half of train and half of extra, as `--extra` draws them."""
    feeds.IN_MEMORY = 0  # as if all photos were there
    recipe = replace(RECIPES[name], synthetic=0.0, weak=0.0, negatives=0.0, begins_with="")
    with measured(f"{name}, {steps} batches of {recipe.batch_size} from train and extra", steps * recipe.batch_size):
        task = make_task(recipe, Sources(work, "all"), torch.device("cpu"))
        start = time.perf_counter()
        for _ in task.feed(0, range(steps)):
            pass
    print(
        f"  {steps * recipe.batch_size / (time.perf_counter() - start):.0f} pictures a second with nothing else to do"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with the official train.tar.gz or train/")
    parser.add_argument("--work", type=Path, required=True, help="folder on a disk with 12 GB left")
    parser.add_argument("--records", type=int, default=EXTRA)
    parser.add_argument("--steps", type=int, default=40)
    options = parser.parse_args()
    torch.set_num_threads(1)
    options.work.mkdir(parents=True, exist_ok=True)
    if not (options.work / "extra.tar.gz").exists():
        with measured("writing the archive", options.records):
            write_extra(options.data, options.work, options.records)
    for split, data in (("train", options.data), ("extra", options.work)):
        if not is_prepared(data, split, options.work):
            count = options.records if split == "extra" else 2_028
            with measured(f"preparing {split}", count):
                print(prepare(data, split, options.work, progress=False))
    for path in sorted(options.work.glob("extra*")):
        print(f"{path.name}: {os.path.getsize(path) / 2**30:.2f} GiB")
    wide = widen(options.work, {"train": TRAIN, "extra": EXTRA})
    for name in ("compact", "fcos"):
        compare(name, options.work, options.steps)
        draw_all(name, options.work, options.steps)
        print(f"The same with {TRAIN:,} and {EXTRA:,} rows, most of them black:")
        draw_all(name, wide, options.steps)


if __name__ == "__main__":
    main()
