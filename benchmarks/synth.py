"""Synthetic crops and scenes per second.

    python -m benchmarks.synth [--device cpu] [--threads 1] [--seconds 10]

The batch is small on a processor, where the cache decides, and large on a graphics card. On several processor cores,
run one process with one thread on each. Processor time is what counts on a busy machine.
"""

from __future__ import annotations

import argparse
import time

import torch

from svhn.synth.config import StreetConfig
from svhn.synth.crops import crops
from svhn.synth.glyphs import load_atlas
from svhn.synth.scenes import scenes

BATCH = {"cpu": {crops: 48, scenes: 8}, "cuda": {crops: 2048, scenes: 256}}


def rate(make, device: torch.device, seconds: float) -> tuple[float, float]:
    """Pictures per second of clock time, and per second of processor time, after one batch to warm up."""
    atlas, config = load_atlas().to(device), StreetConfig()
    generator = torch.Generator(device).manual_seed(0)
    batch = BATCH[device.type][make]
    make(batch, config, atlas, generator, device)
    made, start, worked = 0, time.perf_counter(), time.process_time()
    while time.perf_counter() - start < seconds:
        made += len(make(batch, config, atlas, generator, device).images)
        if device.type == "cuda":
            torch.cuda.synchronize()
    return made / (time.perf_counter() - start), made / (time.process_time() - worked)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cpu", type=torch.device)
    parser.add_argument("--threads", default=1, type=int)
    parser.add_argument("--seconds", default=10.0, type=float)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    for make in (crops, scenes):
        by_clock, by_processor = rate(make, args.device, args.seconds)
        print(f"{make.__name__}: {by_clock:.0f}/s by the clock, {by_processor:.0f}/s of processor time")


if __name__ == "__main__":
    main()
