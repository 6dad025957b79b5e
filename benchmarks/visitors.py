"""Eight visitors at once, each sending one photo of SVHN's size after the other: how long they wait for the answer.

    python -m benchmarks.visitors [--visitors 8] [--photos 25]

A visit is what the browser does: upload, wait for the reading, fetch the picture. Every visitor's photos have a
width of their own, by which it is checked that the picture is of that photo.
"""

from __future__ import annotations

import argparse
import os
import time
from concurrent.futures import ThreadPoolExecutor

from .served import Served, percentile, served, small_photo, visit, visitor

LIMIT_S = 1.5  # for 95 of 100


def waits(page: Served, number: int, photos: int) -> list[float]:
    """Seconds that one visitor waits, photo by photo."""
    times = []
    with visitor(page) as client:
        for turn in range(photos):
            width, height = 96 + 4 * number, 40 + 2 * (turn % 8)
            photo = small_photo(width, height)
            start = time.perf_counter()
            picture = visit(client, page, f"visitor{number}", f"{number}-{turn}.png", photo)
            times.append(time.perf_counter() - start)
            assert abs(picture.shape[0] * width / picture.shape[1] - height) < 1, "the picture of another visitor"
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--visitors", type=int, default=8)
    parser.add_argument("--photos", type=int, default=25, help="of each visitor")
    options = parser.parse_args()
    with served() as page, ThreadPoolExecutor(options.visitors) as pool:
        waits(page, 0, 3)  # warms up
        start, used = time.perf_counter(), page.cpu_s()
        each = list(pool.map(lambda number: waits(page, number, options.photos), range(options.visitors)))
        wall, used = time.perf_counter() - start, page.cpu_s() - used
    times = [seconds for visits in each for seconds in visits]
    print(
        f"{options.visitors} visitors, {len(times)} photos in {wall:.1f} s: median {percentile(times, 0.5):.2f} s, "
        f"95 % within {percentile(times, 0.95):.2f} s (limit {LIMIT_S} s), slowest {max(times):.2f} s; "
        f"{used / len(times) * 1e3:.0f} ms of a core for each; "
        f"load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    )


if __name__ == "__main__":
    main()
