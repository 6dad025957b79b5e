"""Many visitors at once, each sending photo after photo: how long they wait, and who is refused.

    python -m benchmarks.visitors [--visitors 8,32,64] [--seconds 30]

A visit is what the browser does: upload, wait for the reading, fetch the photo. Each visitor's photos have a size of
their own, about that of SVHN's, and are read once beforehand, so that every answer can be checked for the right photo
and number. Refused visitors must get a time to retry, and do. Exits with 1 if an answer is wrong, a visit fails in
another way, or the process has grown by more than 100 MiB, measured a hundred readings after the last crowd.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx

from .helpers.served_page import Served, percentile, served, small_photo, visit, visitor

GROWTH_MB = 100
REFUSED = (429, 503, 507)
WARM_UP = 100  # readings before memory is compared with what it is after the crowds


@dataclass
class Visits:
    """What visitors experienced: seconds until each answer, refusals, and descriptions of failures."""

    seconds: list[float] = field(default_factory=list)
    refused: int = 0
    failed: list[str] = field(default_factory=list)


def photo_of(number: int) -> tuple[bytes, float]:
    """A visitor's own photo, and the ratio of its sides."""
    width, height = 96 + 4 * (number % 32), 40 + 8 * (number // 32)
    return small_photo(width, height), width / height


def stay(page: Served, number: int, seconds: float, control: str) -> Visits:
    """One visitor, for that many seconds. control: the number that the photo shows when nobody else is there."""
    (photo, ratio), visits, end = photo_of(number), Visits(), time.monotonic() + seconds
    with visitor(page) as client:
        turn = 0
        while time.monotonic() < end:
            turn, start = turn + 1, time.monotonic()
            try:
                read, picture = visit(client, page, f"visitor{number}", f"{number}-{turn}.png", photo)
            except httpx.HTTPStatusError as error:
                wait = error.response.headers.get("retry-after")
                if error.response.status_code in REFUSED and wait:
                    visits.refused += 1
                    time.sleep(min(float(wait), max(0.0, end - time.monotonic())))
                else:
                    visits.failed.append(f"visitor {number}: {error}")
                continue
            except (httpx.HTTPError, StopIteration, TypeError) as error:
                visits.failed.append(f"visitor {number}: {type(error).__name__}: {error}")
                continue
            visits.seconds.append(time.monotonic() - start)
            height, width = picture.shape[:2]
            if read != control or abs(width / ratio - height) > 1:
                visits.failed.append(f"visitor {number}: {read} instead of {control} in a photo of {width}×{height}")
    return visits


def crowd(page: Served, count: int, seconds: float, controls: list[str]) -> Visits:
    """That many visitors at once."""
    with ThreadPoolExecutor(count) as pool:
        each = list(pool.map(lambda number: stay(page, number, seconds, controls[number]), range(count)))
    return Visits(
        [one for visits in each for one in visits.seconds],
        sum(visits.refused for visits in each),
        [line for visits in each for line in visits.failed],
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--visitors", default="8,32,64", help="how many at once, one crowd after the other")
    parser.add_argument("--seconds", type=float, default=30.0, help="that each crowd stays")
    options = parser.parse_args()
    crowds, well = [int(count) for count in options.visitors.split(",")], True
    with served() as page, visitor(page) as client:
        for turn in range(WARM_UP):
            visit(client, page, "first", f"{turn}.png", photo_of(turn % 8)[0])
        controls = [visit(client, page, "first", f"{n}.png", photo_of(n)[0])[0] for n in range(max(crowds))]
        before = page.rss_mb()
        print("| visitors | answers | median | 95 % | 99 % | refused | failed | core a photo | memory |")
        print("|---|---|---|---|---|---|---|---|---|", flush=True)
        for count in crowds:
            used, visits = page.cpu_s(), crowd(page, count, options.seconds, controls)
            used, waits = page.cpu_s() - used, visits.seconds or [float("nan")]
            times = " | ".join(f"{percentile(waits, share):.2f} s" for share in (0.5, 0.95, 0.99))
            cost = f"{used / len(waits) * 1e3:.0f} ms | {page.rss_mb():.0f} MiB"
            print(
                f"| {count} | {len(waits)} | {times} | {visits.refused} | {len(visits.failed)} | {cost} |", flush=True
            )
            for line in visits.failed[:5]:
                print(f"  {line}", file=sys.stderr)
            well &= bool(visits.seconds) and not visits.failed
        for turn in range(WARM_UP):
            visit(client, page, "last", f"{turn}.png", photo_of(turn % 8)[0])
        grown = page.rss_mb() - before
    print(f"memory {before:.0f} MiB before, {grown:+.0f} at the end; load of the machine {os.getloadavg()[0]:.1f}")
    return 0 if well and grown <= GROWTH_MB else 1


if __name__ == "__main__":
    sys.exit(main())
