"""Reading a folder with and without Ray: processor time of all processes, and what Ray itself takes of it.

    python -m benchmarks.ray_overhead --data DIR [--photos 5000] [--processes 2]

Photos are those of DIR's train, each as often as it takes. Both engines write annotated pictures, and first read 16
photos alone, which shows what starting costs.
"""

from __future__ import annotations

import argparse
import ctypes
import itertools
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from svhn.data.archive import open_split

FEW = 16
PR_SET_CHILD_SUBREAPER = 36  # processes whose parent has ended become ours, so that their time is counted
ENGINES = {"local": [], "ray": ["--engine", "ray", "--copies"]}


def write_photos(data: Path, folder: Path, count: int) -> None:
    folder.mkdir()
    photos = sorted(open_split(data, "train").photos())
    for number, (name, content) in enumerate(itertools.islice(itertools.cycle(photos), count)):
        (folder / f"{number}-{Path(name).name}").write_bytes(content)


def seconds(engine: str, source: Path, target: Path, processes: int) -> tuple[float, float]:
    """Time, and processor time of all processes, to read that folder."""
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "svhn", "run", source, target, "--processes", str(processes), *ENGINES[engine]]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    wall = time.perf_counter() - start
    try:
        while True:
            os.wait()
    except ChildProcessError:
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with the official train.tar.gz or train/")
    parser.add_argument("--photos", type=int, default=5000)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    used = {}
    with tempfile.TemporaryDirectory() as folder:
        for count in (FEW, options.photos):
            source = Path(folder, str(count))
            write_photos(options.data, source, count)
            for engine in ENGINES:
                wall, used[engine, count] = seconds(engine, source, Path(folder, f"{engine}{count}"), options.processes)
                print(f"{engine}, {count} photos: {wall:.0f} s, {used[engine, count]:.1f} s of a core", flush=True)
            same = [Path(folder, f"{engine}{count}", "readings.csv").read_text().count("\n") for engine in ENGINES]
            assert same == [count + 1] * 2
    each = {
        engine: (used[engine, options.photos] - used[engine, FEW]) / (options.photos - FEW) * 1e3 for engine in ENGINES
    }
    print(
        f"a photo: {each['local']:.1f} ms of a core, {each['ray']:.1f} with Ray; "
        f"starting Ray: {used['ray', FEW] - used['local', FEW]:.1f} s of a core"
    )


if __name__ == "__main__":
    main()
