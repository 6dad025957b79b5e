"""Two replicas of the page behind nginx with deploy/proxy.conf, of which one is killed half-way: which visits fail.

    python -m benchmarks.replica_killed [--visitors 16] [--photos 1000]

A visit is what the browser does: upload, wait for the reading, fetch the picture. nginx is Debian's: apt-get install
nginx-light.
"""

from __future__ import annotations

import argparse
import getpass
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx

from .helpers.served_page import ROOT, Served, percentile, served, small_photo, visit, visitor

CONFIG = ROOT / "deploy" / "proxy.conf"


@dataclass
class Tally:
    """Visits of all visitors; kills one replica after half of them."""

    photos: int
    victim: int
    started: int = 0
    killed_at: float = 0.0
    seconds: list[float] = field(default_factory=list)
    failures: list[tuple[float, str]] = field(default_factory=list)  # seconds after the kill, what the visitor got
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next(self) -> bool:
        """Whether there is a photo left to read."""
        with self.lock:
            self.started += 1
            if self.started == self.photos // 2 and not self.killed_at:
                os.kill(self.victim, signal.SIGKILL)
                self.killed_at = time.perf_counter()
            return self.started <= self.photos


@contextmanager
def proxy(pages: list[Served]) -> Iterator[str]:
    """The address of nginx with the configuration of deploy/, before these pages."""
    if not shutil.which("nginx"):
        raise SystemExit("nginx is needed: apt-get install nginx-light")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    config = CONFIG.read_text().replace("listen 8080", f"listen 127.0.0.1:{port}")
    for number, page in enumerate(pages, 1):
        config = config.replace(f"page-{number}:7860", httpx.URL(page.address).netloc.decode())
    with tempfile.TemporaryDirectory() as folder:
        temporary = "".join(
            f"{kind}_temp_path {folder}/{kind}; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        text = f"daemon off; user {getpass.getuser()}; pid {folder}/pid; error_log {folder}/log; events {{}}\n"
        path = Path(folder, "nginx.conf")
        path.write_text(f"{text}http {{ access_log off; {temporary}\n{config} }}\n")
        process = subprocess.Popen(["nginx", "-e", f"{folder}/log", "-c", str(path)])
        try:
            _wait_for(port, process)
            yield f"http://127.0.0.1:{port}/"
        finally:
            process.terminate()
            process.wait()


def _wait_for(port: int, process: subprocess.Popen) -> None:
    while process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("nginx did not start.")


def visits(page: Served, number: int, tally: Tally) -> str:
    """One visitor's photos, one after the other -> the replica's cookie."""
    with visitor(page) as client:
        client.get("").raise_for_status()
        turn = 0
        while tally.next():
            turn += 1
            photo, start = small_photo(96 + 4 * number, 40 + 2 * (turn % 8)), time.perf_counter()
            try:
                visit(client, page, f"visitor{number}x{turn}", f"{number}-{turn}.png", photo)
                tally.seconds.append(time.perf_counter() - start)
            except (httpx.HTTPError, StopIteration, KeyError, TypeError) as error:
                after = time.perf_counter() - tally.killed_at if tally.killed_at else -1.0
                tally.failures.append((after, f"{type(error).__name__} {error}"[:90]))
        return client.cookies.get("replica", "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--visitors", type=int, default=16)
    parser.add_argument("--photos", type=int, default=1000, help="of all visitors together")
    options = parser.parse_args()
    with served() as first, served() as second, proxy([first, second]) as address:
        page, tally = replace(first, address=address), Tally(options.photos, second.pid)
        start = time.perf_counter()
        with ThreadPoolExecutor(options.visitors) as pool:
            cookies = list(pool.map(lambda number: visits(page, number, tally), range(options.visitors)))
        wall = time.perf_counter() - start
    assert len(set(cookies)) == options.visitors, "a visitor without a cookie"
    last = max((after for after, _ in tally.failures), default=0)
    print(
        f"{options.visitors} visitors, {options.photos} photos in {wall:.0f} s: median "
        f"{percentile(tally.seconds or [0], 0.5):.2f} s, 95 % within {percentile(tally.seconds or [0], 0.95):.2f} s; "
        f"{len(tally.failures)} visits failed, the last one {last:.1f} s after the kill: "
        f"{dict(Counter(what for _, what in tally.failures))}; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    )


if __name__ == "__main__":
    main()
