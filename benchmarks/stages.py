"""Where a reading's time goes: the share of each stage, and how often it runs.

    python -m benchmarks.stages --photos DIR
    python -m benchmarks.stages --data DIR --split test [--weights DIR] [--limit N] [--every N]

Times are of the processor, with one thread, which is what counts on a busy machine; opening the file is not in them.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from svhn.pipeline import Pipeline
from svhn.utils.paths import WEIGHTS

from .helpers import photo_source

STAGES = {  # by the method that does it
    "detect": "the localizer's looks at the photo",
    "look_at": "its closer looks",
    "logits": "the reader",
    "crops": "cutting crops",
}


class Stopwatch:
    """Processor time and calls by stage. A stage does not contain another one."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()

    def timed(self, stage: str, call: Callable) -> Callable:
        def timed_call(*args: Any, **kwargs: Any) -> Any:
            start = time.process_time()
            try:
                return call(*args, **kwargs)
            finally:
                self.seconds[stage] += time.process_time() - start
                self.calls[stage] += 1

        return timed_call


def watch(pipeline: Pipeline) -> Stopwatch:
    """Time the stages of every pipeline of this kind from now on."""
    watched, localizer = Stopwatch(), type(pipeline.localizer)
    for kind, method in ((localizer, "detect"), (localizer, "look_at"), (Pipeline, "logits"), (Pipeline, "crops")):
        setattr(kind, method, watched.timed(method, getattr(kind, method)))
    return watched


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    photo_source.add_options(parser)
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    pipeline = Pipeline.load(options.weights)
    photos = [example.photo for example in photo_source.chosen(options)]
    pipeline.read(photos[0])  # the first one warms up
    watched, times = watch(pipeline), []
    for photo in photos:
        start = time.process_time()
        pipeline.read(photo)
        times.append(time.process_time() - start)
    median, slow, mean = *(np.percentile(times, (50, 95)) * 1e3), np.mean(times) * 1e3
    print(f"{len(photos)} photos: {mean:.0f} ms on average, median {median:.0f}, 95 % within {slow:.0f}\n")
    print("| stage | share | calls a photo | ms a call |\n|---|---|---|---|")
    for stage, words in STAGES.items():
        seconds, calls = watched.seconds[stage], watched.calls[stage]
        each = f"{calls / len(photos):.2f} | {seconds / max(calls, 1) * 1e3:.1f}"
        print(f"| {words} | {seconds / sum(times):.0%} | {each} |")
    print(f"| the rest | {1 - sum(watched.seconds.values()) / sum(times):.0%} | | |")


if __name__ == "__main__":
    main()
