"""This project and RapidOCR on the same photos, alternating photo by photo: how many are right, and the time of each.

    pip install '.[peers]'
    python -m benchmarks.peers --photos DIR
    python -m benchmarks.peers --data DIR --split test [--every 5] [--weights DIR]

One thread each. Times are of the processor, which is what counts on a busy machine, without opening the file. OCR finds
any text; of what it finds, the digits of the largest text that has one to five are its house number.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from svhn import metrics
from svhn.evaluation.evaluate import Example
from svhn.pipeline import Pipeline
from svhn.utils.paths import WEIGHTS

from .helpers import photo_source

Read = Callable[[np.ndarray], str]  # RGB uint8 (h, w, 3) -> the number, "" for none


def this_project(weights: Path) -> Read:
    pipeline = Pipeline.load(weights)

    def read(photo: np.ndarray) -> str:
        reading = pipeline.read(photo)
        return ">5" if reading.too_long else reading.number or ""

    return read


def rapid_ocr() -> Read:
    try:
        from rapidocr import RapidOCR
    except ImportError:
        sys.exit("RapidOCR is not installed; install it with: pip install '.[peers]'")
    threads = {f"EngineConfig.onnxruntime.{kind}_op_num_threads": 1 for kind in ("intra", "inter")}
    engine = RapidOCR(params={**threads, "Global.log_level": "critical"})

    def read(photo: np.ndarray) -> str:
        found = engine(np.ascontiguousarray(photo[..., ::-1]))
        if found.txts is None:
            return ""
        numbers = [re.sub(r"\D", "", text) for text in found.txts]
        heights = [np.ptp(box[:, 1]) for box in found.boxes]
        fitting = [i for i, number in enumerate(numbers) if 1 <= len(number) <= 5]
        return numbers[max(fitting, key=lambda i: heights[i])] if fitting else ""

    return read


def table(times: dict[str, list[float]], right: dict[str, list[bool]]) -> str:
    """Markdown, a row for each: seconds and whether it was right, photo by photo; the first against all others."""
    first = next(iter(times))
    lines = ["| | right | 95 % interval | median | 95 % within | its time is of it |", "|---|---|---|---|---|---|"]
    for name, seconds in times.items():
        count, (low, high) = sum(right[name]), metrics.wilson_interval(sum(right[name]), len(right[name]))
        (median, slow), (ours, our_slow) = (np.percentile(each, (50, 95)) * 1e3 for each in (seconds, times[first]))
        share = "" if name == first else f"{ours / median:.3f}; at 95 % {our_slow / slow:.3f}"
        lines.append(
            f"| {name} | {count} of {len(seconds)}, {count / len(seconds):.1%} | {low:.1%} – {high:.1%} "
            f"| {median:.0f} ms | {slow:.0f} ms | {share} |"
        )
    return "\n".join(lines)


def measure(photos: list[Example], readers: dict[str, Read]) -> str:
    """The table of every reader on every photo."""
    times: dict[str, list[float]] = {name: [] for name in readers}
    right: dict[str, list[bool]] = {name: [] for name in readers}
    for read in readers.values():
        read(photos[0].photo)  # the first one warms up
    for turn, example in enumerate(photos):
        for name in sorted(readers, reverse=bool(turn % 2)):
            start = time.process_time()
            number = readers[name](example.photo)
            times[name].append(time.process_time() - start)
            right[name].append(number == example.truth.number)
    return table(times, right)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    photo_source.add_options(parser)
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    readers = {"this project": this_project(options.weights), "RapidOCR": rapid_ocr()}
    print(measure(list(photo_source.chosen(options)), readers))


if __name__ == "__main__":
    main()
