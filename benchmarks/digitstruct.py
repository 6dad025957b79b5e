"""How long reading digitStruct.mat takes, and how much memory, at the size of train (33,402) or extra (202,353).

    python -m benchmarks.digitstruct [--records 33402] [--file RETENTION.mat]

makes such a file in the official layout (that takes minutes: h5py writes one object at a time), reads it, each
in a process of its own, and prints seconds and peak memory. A file that is there already is used again.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from svhn.data import digitstruct
from tests.helpers import official

DIGITS = [0.15, 0.545, 0.26, 0.045]  # share of numbers with 1, 2, 3 and 4 digits in train


def records(count: int) -> list[official.Entry]:
    """Records without photos, boxes of about the official sizes."""
    rng = np.random.default_rng(0)
    lengths = rng.choice(np.arange(1, len(DIGITS) + 1), count, p=DIGITS)
    return [
        official.Entry(
            f"{i + 1}.png",
            None,
            rng.integers(1, 11, k).astype(float).tolist(),
            rng.integers(1, 100, (k, 4)).astype(float),
        )
        for i, k in enumerate(lengths)
    ]


def make(path: Path, count: int) -> None:
    """Write the file."""
    official.write_digitstruct(path, records(count))


def measure(path: Path) -> None:
    """Read the file and print what that took."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    found = digitstruct.read(path)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    size = path.stat().st_size
    print(f"{len(found):,} records, {len(found.labels):,} digits, {size / 2**20:.0f} MB on disk")
    print(f"read in {seconds:.2f} s, peak memory {peak / 1024:.0f} MB ({before / 1024:.0f} MB before reading)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=33_402)
    parser.add_argument("--file", type=Path, help="keep the .mat here, and use it if it is there")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = arguments.file or Path(folder) / "digitStruct.mat"
        if not path.exists():
            _apart(make, path, arguments.records)  # its memory is not to be counted
        _apart(measure, path)


def _apart(function: Callable[..., None], *arguments: object) -> None:
    """In a process of its own."""
    process = multiprocessing.get_context("spawn").Process(target=function, args=arguments)
    process.start()
    process.join()


if __name__ == "__main__":
    main()
