"""Readings per second of the tab "Live", in a headless browser whose camera sees one of the examples.

python -m benchmarks.live [--seconds 20]
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

import torch
from playwright.sync_api import expect, sync_playwright

from demo import ground_truth, ui
from demo.model_zoo import Networks
from demo.server.gradio_options import launch_options
from demo.tabs import live
from svhn.pipeline import Pipeline
from tools import chromium
from tools.screenshot import CAMERA, film


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args()
    torch.set_num_threads(1)  # as app.py does
    read, looked = live.look, []

    def counted(pipeline: Pipeline, picture: str) -> dict:
        looked.append(time.monotonic())
        return read(pipeline, picture)

    live.look = counted
    page = ui.build(Networks.load(), ground_truth.TruthIndex(), [])
    _, address, _ = page.launch(prevent_thread_lock=True, quiet=True, **launch_options())
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        film(Path(folder) / "film.y4m")
        browser = chromium.launch(playwright, *CAMERA, f"--use-file-for-fake-video-capture={folder}/film.y4m")
        for name, size in (("desktop", (1440, 900)), ("phone", (390, 844))):
            tab = browser.new_page(viewport={"width": size[0], "height": size[1]}, permissions=["camera"])
            tab.goto(address)
            tab.get_by_role("tab", name="Live").click()
            tab.get_by_role("button", name="Start the camera").click()
            expect(tab.locator("#live [data-part=verdict] [data-state=sure]")).to_be_visible(timeout=60_000)
            looked.clear()
            tab.wait_for_timeout(options.seconds * 1000)
            rate = (len(looked) - 1) / (looked[-1] - looked[0])
            load = os.getloadavg()[0]
            print(f"{name}: {rate:.1f} readings a second; load {load:.1f} on {os.cpu_count()} cores", flush=True)
            tab.close()
        browser.close()
    page.close(verbose=False)


if __name__ == "__main__":
    main()
