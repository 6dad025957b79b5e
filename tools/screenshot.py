"""The pictures of the page in docs/: `python -m tools.screenshot`, after `make test` has set things up.

Every tab at desktop width, light, and at phone width, dark, read with the repository's weights. All photos are of this
project's own making, and one of them is what the camera sees.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from demo import ground_truth, ui
from demo.model_zoo import Networks
from demo.server.options import launch_options
from svhn.data.annotations import read_labels
from svhn.images import open_photo
from tools import chromium

DOCS = Path(__file__).parents[1] / "docs"
EXAMPLE = "Clear plate"
HARD_EXAMPLE = "Glare"
LOOKS = {"desktop-light": (1440, 900), "phone-dark": (390, 844)}
CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]


def one(tab: Page) -> None:
    tab.get_by_role("button", name=EXAMPLE).click()
    expect(tab.locator("#timing")).to_contain_text("Read in")


def why(tab: Page) -> None:
    one(tab)
    tab.get_by_role("button", name="Why this number?").click()
    expect(tab.locator("#because .digits figure").first).to_be_visible()


def correct(tab: Page) -> None:
    one(tab)
    tab.get_by_role("button", name="Not right? Correct it").click()
    tab.locator("#box .box").focus()
    tab.keyboard.press("ArrowLeft")
    expect(tab.locator("#outcome [data-state]")).to_be_visible()


def live(tab: Page) -> None:
    tab.get_by_role("tab", name="Live").click()
    tab.get_by_role("button", name="Start the camera").click()
    expect(tab.locator("#live [data-part=verdict] [data-state=sure]")).to_be_visible()
    tab.get_by_role("button", name="Stop the camera").click()
    expect(tab.get_by_role("button", name="Start the camera")).to_be_visible()


def many(tab: Page) -> None:
    tab.get_by_role("tab", name="Many photos").click()
    broken = {"name": "notes.png", "mimeType": "image/png", "buffer": b"This is no picture."}
    photos = [
        {"name": path.name, "mimeType": "image/jpeg", "buffer": path.read_bytes()} for path in ui.EXAMPLES.glob("*.jpg")
    ]
    tab.locator("#many-files input[type=file]").set_input_files([*photos, broken])
    expect(tab.locator("#many-status")).to_contain_text("All done")
    expect(tab.locator("#many-gallery img").first).to_be_visible()


def compare(tab: Page) -> None:
    tab.get_by_role("tab", name="Compare").click()
    tab.locator("#compare-examples").get_by_role("button", name=HARD_EXAMPLE).click()
    expect(tab.locator("#compare-pairs table")).to_be_visible()


def programs(tab: Page) -> None:
    tab.get_by_role("tab", name="For programs").click()
    expect(tab.get_by_role("heading", name="One photo: /read")).to_be_visible()


VIEWS: tuple[Callable[[Page], None], ...] = (one, why, correct, live, many, compare, programs)


def film(path: Path) -> None:
    """What the camera sees: one of the examples, as a Y4M of a single frame."""
    photo = cv2.resize(open_photo(ui.EXAMPLES / "plate-42.jpg"), (640, 480), interpolation=cv2.INTER_AREA)
    planes = cv2.cvtColor(photo, cv2.COLOR_RGB2YUV_I420)  # 4:2:0, full range
    path.write_bytes(b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420jpeg\nFRAME\n" + np.ascontiguousarray(planes).tobytes())


def main() -> None:
    expect.set_options(timeout=60_000)
    page = ui.build(Networks.load(), ground_truth.TruthIndex(), read_labels(ui.EXAMPLES))
    _, address, _ = page.launch(prevent_thread_lock=True, quiet=True, **launch_options())
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        film(Path(folder) / "film.y4m")
        browser = chromium.launch(playwright, *CAMERA, f"--use-file-for-fake-video-capture={folder}/film.y4m")
        for look, (width, height) in LOOKS.items():
            scheme = look.rpartition("-")[2]
            for view in VIEWS:
                viewport = {"width": width, "height": height}
                tab = browser.new_page(
                    viewport=viewport, color_scheme=scheme, reduced_motion="reduce", permissions=["camera"]
                )
                tab.goto(address)
                view(tab)
                tab.mouse.move(width / 2, 5)  # no button looks touched
                tab.wait_for_function("[...document.images].every(image => image.complete)")
                picture = Image.open(io.BytesIO(tab.screenshot(full_page=True, animations="disabled")))
                picture.convert("RGB").save(DOCS / f"{view.__name__}-{look}.webp", quality=80, method=6)
                tab.close()
        browser.close()
    page.close(verbose=False)


if __name__ == "__main__":
    main()
