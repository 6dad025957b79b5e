"""Processor time of one photo, through the function that the page's event calls: decode, find, read, draw.

    python -m benchmarks.server_time [--weights DIR] [--threads 1] [--repeats 20]

Photos are drawn: one of the size of most in SVHN, as PNG, and a JPEG of 12 megapixels turned by EXIF.
"""

from __future__ import annotations

import argparse
import io
import statistics
import time
from pathlib import Path

import cv2
import gradio as gr
import numpy as np
import torch
from PIL import Image

from demo import ui
from demo.components.inputs import SentPhoto
from demo.components.stage import photo_stage
from demo.ground_truth import TruthIndex
from demo.tabs import single
from svhn.images.decode import open_photo
from svhn.pipeline import Pipeline
from svhn.utils.paths import WEIGHTS

LIMITS_MS = {"svhn 104×47 png": 40, "phone 4000×3000 jpeg": 250}


def photos() -> dict[str, bytes]:
    """The example with the clear plate, small and large, with the noise that a sensor leaves."""
    plate = open_photo(ui.EXAMPLES / "plate-42.jpg")
    small = cv2.resize(plate[120:430, 150:650], (104, 47), interpolation=cv2.INTER_AREA)
    large = cv2.resize(plate, (4000, 3000), interpolation=cv2.INTER_CUBIC)
    grain = np.random.default_rng(0).normal(0, 6, large.shape)
    large = np.clip(large + grain, 0, 255).astype(np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 3
    files = io.BytesIO(), io.BytesIO()
    Image.fromarray(small).save(files[0], "PNG")
    Image.fromarray(large[::-1, ::-1].copy()).save(files[1], "JPEG", quality=90, exif=exif)
    return dict(zip(LIMITS_MS, (file.getvalue() for file in files), strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--threads", type=int, default=1, help="of torch; app.py uses one")
    parser.add_argument("--repeats", type=int, default=20)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    pipeline, truths = Pipeline.load(options.weights), TruthIndex()
    with gr.Blocks():
        stage = photo_stage()
    for name, data in photos().items():
        single.read(stage, pipeline, truths, SentPhoto(name, data), pipeline.unsure_below)  # the first one warms up
        times = []
        for _ in range(options.repeats):
            start = time.process_time()
            single.read(stage, pipeline, truths, SentPhoto(name, data), pipeline.unsure_below)
            times.append((time.process_time() - start) * 1e3)
        median, worst = statistics.median(times), max(times)
        print(
            f"{name}: median {median:.0f} ms, slowest {worst:.0f} ms of {options.repeats}; limit {LIMITS_MS[name]} ms"
        )


if __name__ == "__main__":
    main()
