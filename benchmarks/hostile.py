"""Open thousands of damaged and malicious pictures: count what is read and refused; nothing else may happen.

    python -m benchmarks.hostile [--n 10000] [--seed 0] [--page 200] [--read-every 1]

Every picture is a small one of a random format and kind, damaged in a random way, or one of `bomb_files.BOMBS`. Exits
with 1 on a crash, on more than 2 s of processor time for a picture, if memory grows by more than 200 MiB after the
first tenth, or if the control photo is read differently at the end. The last pictures are also sent to the running
page. Reading what could be opened takes nearly all of the time: with `--read-every 10`, a tenth of it is read.
"""

from __future__ import annotations

import argparse
import base64
import faulthandler
import itertools
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from svhn.images.decode import PhotoError, open_photo
from svhn.pipeline import Pipeline

from .helpers.bomb_files import BOMBS, content, exif_of_shared_bytes
from .helpers.served_page import ROOT, call, served, visitor

LIMIT_S, GROWTH_MB, STUCK_S = 2.0, 200, 120
CONTROL = ROOT / "demo" / "examples" / "plate-42.jpg"
FORMATS: dict[str, tuple[str, ...]] = {  # and the modes that they can hold
    "JPEG": ("RGB", "L", "CMYK"),
    "PNG": ("RGB", "RGBA", "L", "LA", "P", "1", "I;16"),
    "WEBP": ("RGB", "RGBA"),
    "BMP": ("RGB", "L", "P", "1"),
    "TIFF": ("RGB", "CMYK", "L", "I;16", "F"),
    "GIF": ("P", "L"),
    "HEIF": ("RGB", "RGBA"),
}
Damage = Callable[[bytearray, random.Random], bytes]


@dataclass
class Outcome:
    """The results by kind; `slow` and `failed` list pictures that violate the limits."""

    counts: Counter[str] = field(default_factory=Counter)
    slowest_s: float = 0.0
    slow: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


def picture(rng: random.Random) -> tuple[str, bytes]:
    """A well-formed picture of random noise with a number-like patch, and a description."""
    kind = rng.choice(list(FORMATS))
    mode = rng.choice(FORMATS[kind])
    width, height = (rng.choice((1, 7, 8, 31, 64, 200, 600)) for _ in range(2))
    samples = np.random.default_rng(rng.randrange(2**32)).integers(0, 255, (height, width, 3), np.uint8)
    samples[height // 4 : height // 2, width // 4 : width // 2] = 240
    image = Image.fromarray(samples)
    image = Image.fromarray(samples[..., 0].astype(np.uint16) * 257) if mode == "I;16" else image.convert(mode)
    options: dict = {"progressive": rng.random() < 0.3} if kind == "JPEG" else {}
    if kind in ("JPEG", "PNG", "WEBP") and rng.random() < 0.3:
        exif = Image.Exif()
        exif[0x0112] = rng.randrange(12)  # orientation; 1 ... 8 are defined
        options["exif"] = exif.tobytes() if rng.random() < 0.7 else exif_of_shared_bytes(rng.randrange(50), 400)
    return f"{kind} {mode} {width}×{height}", content(image, kind, **options)


def _flip(data: bytearray, rng: random.Random) -> bytes:
    for _ in range(rng.choice((1, 3, 20, 200))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data)


def _head(data: bytearray, rng: random.Random) -> bytes:
    for _ in range(rng.randrange(1, 8)):
        data[rng.randrange(min(64, len(data)))] = rng.choice((0, 1, 0x7F, 0x80, 0xFF))
    return bytes(data)


def _cut(data: bytearray, rng: random.Random) -> bytes:
    return bytes(data[: rng.randrange(len(data))])


def _blank(data: bytearray, rng: random.Random) -> bytes:
    start = rng.randrange(len(data))
    data[start : start + rng.randrange(1, 400)] = bytes([rng.choice((0, 0xFF))]) * 40
    return bytes(data)


def _repeat(data: bytearray, rng: random.Random) -> bytes:
    start = rng.randrange(len(data))
    piece = data[start : start + rng.randrange(1, 2000)]
    return bytes(data[:start] + piece * rng.randrange(2, 30) + data[start:])


def _splice(data: bytearray, rng: random.Random) -> bytes:
    other = picture(rng)[1]
    return bytes(data[: rng.randrange(len(data))]) + other[rng.randrange(len(other)) :]


def _append(data: bytearray, rng: random.Random) -> bytes:
    return bytes(data) + rng.choice((picture(rng)[1], b"PK\x03\x04", b"<html>", b"%PDF-1.7", bytes(1000)))


def _keep(data: bytearray, rng: random.Random) -> bytes:
    return bytes(data)


DAMAGES: tuple[Damage, ...] = (_flip, _flip, _head, _cut, _blank, _repeat, _splice, _append, _keep)


def pictures(n: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """n pictures, reproducible by the seed, each with a name that says how it was made."""
    rng = random.Random(seed)
    bombs = list(BOMBS)
    for i in range(n):
        if i % 100 == 50:
            name = bombs[i // 100 % len(bombs)]
            yield f"{i} {name}", BOMBS[name]()
        else:
            (name, data), damage = picture(rng), rng.choice(DAMAGES)
            yield f"{i} {name} {damage.__name__.strip('_')}", damage(bytearray(data), rng)


def judge(each: Iterator[tuple[str, bytes]], handle: Callable[[bytes], str]) -> Outcome:
    """Pass each picture's bytes to `handle` and record the outcome; anything that it raises counts as failed."""
    outcome = Outcome()
    for name, data in each:
        faulthandler.dump_traceback_later(STUCK_S, exit=True)
        start = time.process_time()  # of a core: the machine may be busy
        try:
            outcome.counts[handle(data)] += 1
        except Exception as error:
            outcome.failed.append(f"{name}: {type(error).__name__}: {error}")
        seconds = time.process_time() - start
        outcome.slowest_s = max(outcome.slowest_s, seconds)
        if seconds > LIMIT_S:
            outcome.slow.append(f"{name}: {seconds:.1f} s")
    faulthandler.cancel_dump_traceback_later()
    return outcome


def in_process(pipeline: Pipeline, every: int = 1) -> Callable[[bytes], str]:
    """Do what service does with an upload: open it and, if that succeeds, read it, or one of `every` that opened."""
    opened = itertools.count()

    def handle(data: bytes) -> str:
        try:
            photo = open_photo(data)
        except PhotoError:
            return "refused"
        if next(opened) % every:
            return "opened"
        pipeline.read(photo)
        return "read"

    return handle


def report(outcome: Outcome, title: str) -> bool:
    """Print it. Returns whether all is well."""
    counts = ", ".join(f"{count} {what}" for what, count in sorted(outcome.counts.items()))
    print(f"{title}: {counts}, {len(outcome.failed)} failed; slowest {outcome.slowest_s:.2f} s of a core")
    for line in (outcome.failed + outcome.slow)[:20]:
        print(f"  {line}")
    return not (outcome.failed or outcome.slow)


def _rss_mb() -> float:
    return int(Path("/proc/self/status").read_text().split("VmRSS:")[1].split()[0]) / 1024


def _through_the_page(n: int, seed: int) -> bool:
    with served() as page, visitor(page) as client:

        def send(data: bytes) -> str:
            text = f"data:image/png;base64,{base64.b64encode(data).decode()}"
            return "read" if (call(client, text) or {}).get("number") is not None else "refused"

        control = call(client, f"data:image/jpeg;base64,{base64.b64encode(CONTROL.read_bytes()).decode()}")
        well = report(judge(tqdm(pictures(n, seed), "page", n), send), "through the page")
        again = call(client, f"data:image/jpeg;base64,{base64.b64encode(CONTROL.read_bytes()).decode()}")
        same = control["number"] == again["number"] == "42"
        print(f"control photo afterwards: {again['number']}")
    return well and same


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--page", type=int, default=200, help="pictures that are sent to the running page, too")
    parser.add_argument("--read-every", type=int, default=1, help="read one of so many that could be opened")
    options = parser.parse_args()
    pipeline = Pipeline.load()
    handle, warm = in_process(pipeline, options.read_every), options.n // 10
    control = pipeline.read(open_photo(CONTROL))
    well = report(judge(tqdm(pictures(warm, options.seed), "warm-up", warm), handle), "warm-up")
    before = _rss_mb()
    left = options.n - warm
    well &= report(judge(tqdm(pictures(left, options.seed + 1), "pictures", left), handle), "in process")
    grown = _rss_mb() - before
    again = pipeline.read(open_photo(CONTROL))
    same = (again.number, again.confidence) == (control.number, control.confidence)
    print(f"memory {before:.0f} MiB after the warm-up, {grown:+.0f} at the end; control photo: {again.number}")
    well &= grown <= GROWTH_MB and same
    if options.page:
        well &= _through_the_page(options.page, options.seed + 2)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
