"""The pictures of the page in the README: `python -m docs.screenshot`, after `make test` has set things up.

They show a photo of this project's own making, read with the repository's weights.
"""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image
from playwright.sync_api import expect, sync_playwright

from demo import truth, ui
from svhn.data.truth import listed
from svhn.pipeline import Pipeline
from tests import chromium

HERE = Path(__file__).parent
EXAMPLE = "Clear plate"
VIEWS = {"page": (1440, 900, "light"), "page-dark": (1440, 900, "dark"), "page-phone": (390, 844, "light")}


def main() -> None:
    page = ui.build(Pipeline.load(), truth.Truths(), listed(ui.EXAMPLES))
    _, address, _ = page.launch(prevent_thread_lock=True, quiet=True, **ui.launch_options())
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        for name, (width, height, scheme) in VIEWS.items():
            size = {"width": width, "height": height}
            tab = browser.new_page(viewport=size, color_scheme=scheme, reduced_motion="reduce")
            tab.goto(address)
            tab.get_by_role("button", name=EXAMPLE).click()
            expect(tab.locator("#timing")).to_contain_text("Read in", timeout=60_000)
            tab.mouse.move(width / 2, 5)  # no button looks touched
            tab.wait_for_function("[...document.images].every(image => image.complete)")
            picture = Image.open(io.BytesIO(tab.screenshot(full_page=True, animations="disabled"))).convert("RGB")
            picture.quantize(256).save(HERE / f"{name}.png", optimize=True)  # a third of the bytes
        browser.close()
    page.close(verbose=False)


if __name__ == "__main__":
    main()
