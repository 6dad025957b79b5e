"""Screenshots of the page into docs/: `python -m tools.screenshot [VIEW ...]`, after `make test` has set things up.

Every tab at the widths of a phone, a tablet, a small and a large laptop, light and dark, read with the repository's
weights; heat map and correction on the small laptop alone. All photos are of this project's own making, and one of them
is what the camera sees.
"""

from __future__ import annotations

import argparse
import io
import tempfile
from collections.abc import Callable
from itertools import product
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from demo import ground_truth, ui
from demo.model_zoo import Networks
from demo.server.gradio_options import launch_options
from svhn.data.annotations import read_labels
from svhn.images.decode import open_photo
from tools import chromium

DOCS = Path(__file__).parents[1] / "docs"
EXAMPLE = "Clear plate"
HARD_EXAMPLE = "Glare"
PHONES, OTHERS = [(390, 844)], [(820, 1180), (1366, 768), (1440, 900)]  # width, height
LAPTOP = (1366, 768)
SCHEMES = ("light", "dark")
MAX_HEIGHT = 2000  # pixels of a screenshot: what is below says nothing new
QUALITY = 45  # of WebP: legible, and small enough for a repository
CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]


def one(tab: Page) -> None:
    tab.locator("#examples").get_by_role("button", name=EXAMPLE).click()
    expect(tab.locator("#stage .box")).to_be_visible()
    expect(tab.locator("#one[data-busy]")).to_have_count(0)


def why(tab: Page) -> None:
    one(tab)
    tab.get_by_role("button", name="Heat map").click()
    expect(tab.locator("#stage .heat")).to_be_visible()


def correct(tab: Page) -> None:
    one(tab)
    tab.get_by_role("button", name="Not right? Correct it").click()
    tab.locator("#stage .box").focus()
    tab.keyboard.press("ArrowLeft")
    expect(tab.get_by_role("button", name="Back to the found box")).to_be_visible()


def live(tab: Page) -> None:
    tab.get_by_role("tab", name="Live").click()
    tab.get_by_role("button", name="Start the camera").click()
    expect(tab.locator("#live [data-part=verdict] [data-state=confident]")).to_be_visible()
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
    expect(tab.locator("#many-results img").first).to_be_visible()


def compare(tab: Page) -> None:
    tab.get_by_role("tab", name="Compare").click()
    tab.locator("#compare-examples").get_by_role("button", name=HARD_EXAMPLE).click()
    expect(tab.locator("#compare-pairs summary")).to_be_visible()


def api(tab: Page) -> None:
    tab.get_by_role("tab", name="API").click()
    expect(tab.get_by_role("heading", name="One photo: /read")).to_be_visible()


TABS: tuple[Callable[[Page], None], ...] = (one, live, many, compare, api)
DETAILS = (why, correct)  # of the first tab


def film(path: Path) -> None:
    """What the camera sees: one of the examples, as a Y4M of a single frame."""
    photo = cv2.resize(open_photo(ui.EXAMPLES / "plate-42.jpg"), (640, 480), interpolation=cv2.INTER_AREA)
    planes = cv2.cvtColor(photo, cv2.COLOR_RGB2YUV_I420)  # 4:2:0, full range
    path.write_bytes(b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420jpeg\nFRAME\n" + np.ascontiguousarray(planes).tobytes())


def visit(browser: Browser, address: str, view: Callable[[Page], None], sizes: list[tuple[int, int]]) -> None:
    """Goes to a view once, and takes it at all of these sizes, light and dark."""
    touch = sizes is PHONES
    context = browser.new_context(
        viewport=_viewport(sizes[0]), has_touch=touch, is_mobile=touch, reduced_motion="reduce", permissions=["camera"]
    )
    tab = context.new_page()
    tab.goto(address)
    view(tab)
    for size, scheme in product(sizes, SCHEMES):
        tab.set_viewport_size(_viewport(size))
        tab.emulate_media(color_scheme=scheme)
        tab.wait_for_function("dark => document.body.classList.contains('dark') === dark", arg=scheme == "dark")
        tab.mouse.move(size[0] / 2, 5)  # no button looks touched
        tab.wait_for_function("[...document.images].every(image => image.complete || image.loading === 'lazy')")
        take(tab).save(DOCS / f"{view.__name__}-{size[0]}-{scheme}.webp", quality=QUALITY, method=6)
    context.close()


def take(tab: Page) -> Image.Image:
    """The page from its top, at most `MAX_HEIGHT` pixels, put together from what is seen while scrolling: a full-page
    screenshot would take a touch screen for a mouse."""
    height = min(tab.evaluate("document.documentElement.scrollHeight"), MAX_HEIGHT)
    whole = Image.new("RGB", (tab.viewport_size["width"], height))
    for top in range(0, height, tab.viewport_size["height"]):
        tab.evaluate("top => scrollTo({top, behavior: 'instant'})", top)
        seen = Image.open(io.BytesIO(tab.screenshot(animations="disabled")))
        whole.paste(seen, (0, round(tab.evaluate("scrollY"))))
    tab.evaluate("scrollTo(0, 0)")
    return whole


def _viewport(size: tuple[int, int]) -> dict[str, int]:
    return {"width": size[0], "height": size[1]}


def main() -> None:
    names = {view.__name__: view for view in (*TABS, *DETAILS)}
    parser = argparse.ArgumentParser(description="Screenshots of the page into docs/.")
    parser.add_argument("views", nargs="*", metavar="VIEW", help=f"of {', '.join(names)}; all without any")
    wanted = parser.parse_args().views
    if unknown := set(wanted) - set(names):
        parser.error(f"there is no {', '.join(sorted(unknown))}; choose from {', '.join(names)}")
    expect.set_options(timeout=120_000)
    page = ui.build(Networks.load(), ground_truth.TruthIndex(), read_labels(ui.EXAMPLES))
    _, address, _ = page.launch(prevent_thread_lock=True, quiet=True, **launch_options())
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        film(Path(folder) / "film.y4m")
        browser = chromium.launch(playwright, *CAMERA, f"--use-file-for-fake-video-capture={folder}/film.y4m")
        for view in (names[name] for name in wanted or names):
            for sizes in ([LAPTOP],) if view in DETAILS else (PHONES, OTHERS):
                visit(browser, address, view, sizes)
        browser.close()
    page.close(verbose=False)


if __name__ == "__main__":
    main()
