"""How much time and memory reading a digitStruct.mat takes.

    python -m benchmarks.digitstruct --data DIR [--split train]

Without a cache, and with its records repeated up to `--records` (33,402, as in the complete train split).
"""

from __future__ import annotations

import argparse
import resource
import shutil
import tempfile
import time
from pathlib import Path

from svhn.data import digitstruct
from svhn.data.archive import open_split

from .helpers.repeated_split import repeat_records


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with the official archives")
    parser.add_argument("--split", default="train")
    parser.add_argument("--records", type=int, default=33_402)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, open_split(arguments.data, arguments.split).digitstruct() as source:
        path = Path(shutil.copy(source, folder))
        repeat_records(path, arguments.records)
        start = time.process_time()
        found = digitstruct.read(path)
        seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{len(found):,} records, {len(found.labels):,} digits: {seconds:.1f} s of processor time, peak {peak:.0f} MB"
    )


if __name__ == "__main__":
    main()
