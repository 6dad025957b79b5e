"""Memory of a served page over many readings, half by visitors in a browser, half by programs.

    python -m benchmarks.page_memory [--readings 2000]

Each visitor is a new one, which is the worst case: only the number of visitors bounds what is kept for them.
"""

from __future__ import annotations

import argparse
import base64
import time

from demo.config import MAX_SESSIONS

from .helpers.served_page import call, served, small_photo, visit, visitor

FIRST = 2 * MAX_SESSIONS  # readings, after which as many visitors are kept as ever: it should not grow any more
LIMIT_MB = 50  # growth from then on


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--readings", type=int, default=2000)
    options = parser.parse_args()
    with served() as page, visitor(page) as client:
        print(f"started: {page.rss_mb():.0f} MiB", flush=True)
        start, first = time.perf_counter(), 0.0
        for done in range(1, options.readings + 1):
            photo = small_photo(96 + done % 16, 44 + done % 8)
            if done % 2:
                visit(client, page, f"visitor{done}", f"{done}.png", photo)
            else:
                call(client, "data:image/png;base64," + base64.b64encode(photo).decode())
            if done == FIRST:
                first = page.rss_mb()
            if done % MAX_SESSIONS == 0:
                print(f"{done} readings: {page.rss_mb():.0f} MiB, {time.perf_counter() - start:.0f} s", flush=True)
        print(f"grown by {page.rss_mb() - first:.0f} MiB after the first {FIRST}; limit {LIMIT_MB} MiB")


if __name__ == "__main__":
    main()
