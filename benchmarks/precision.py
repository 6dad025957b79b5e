"""What bf16 changes: time and readings of the same photos in fp32 and bf16, alternating photo by photo.

    python -m benchmarks.precision --photos DIR
    python -m benchmarks.precision --data DIR --split test [--weights DIR] [--limit N] [--every N]

Processor time is what counts on a busy machine.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch

from svhn import metrics
from svhn.pipeline import Pipeline
from svhn.utils.paths import WEIGHTS

from .helpers import photo_source

FP32, BF16 = "fp32", "bf16"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    photo_source.add_options(parser)
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    pipelines = {name: Pipeline.load(options.weights, precision=name) for name in (FP32, BF16)}
    seconds: dict[str, list[float]] = {FP32: [], BF16: []}
    read = {FP32: [], BF16: []}
    right: dict[str, list[bool]] = {FP32: [], BF16: []}
    for turn, example in enumerate(photo_source.chosen(options)):
        for name in (FP32, BF16) if turn % 2 else (BF16, FP32):
            start = time.process_time()
            reading = pipelines[name].read(example.photo)
            seconds[name].append(time.process_time() - start)
            read[name].append(reading)
            right[name].append((reading.number or "") == example.truth.number and not reading.too_long)
    pairs = list(zip(read[FP32], read[BF16], strict=True))
    differ = sum((a.number, a.too_long) != (b.number, b.too_long) for a, b in pairs)
    confidence = [abs(a.confidence - b.confidence) for a, b in pairs]
    print(f"{len(pairs)} photos, {differ} readings differ")
    print(f"confidence differs by {np.mean(confidence):.4f} on average, by {max(confidence):.3f} at most")
    for name, times in seconds.items():
        median, slow = np.percentile(times, (50, 95)) * 1e3
        confidence = np.array([reading.confidence for reading in read[name]])
        error = metrics.calibration_error(confidence, np.array(right[name]))
        print(
            f"{name}: {sum(right[name])} right, calibration error {error:.4f}; median {median:.1f} ms, 95 % within "
            f"{slow:.1f} ms of processor time"
        )
    print(f"bf16 is {sum(seconds[FP32]) / sum(seconds[BF16]):.2f} times as fast")


if __name__ == "__main__":
    main()
