"""One visitor in a real browser: what a person does on the page, and what went wrong meanwhile."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import BrowserContext, Locator, Page, expect

OUTPUT = Path(__file__).resolve().parents[1] / "output"
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


class Visit:
    """One visitor's page, with what it asked for and what went wrong in it."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.page: Page = context.new_page()
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(address)
        expect(self.page.locator("#examples button").first).to_be_visible()

    def verdict(self, state: str, text: str = "") -> Locator:
        """Waits for it."""
        verdict = self.page.locator(f'#verdict [data-state="{state}"]')
        expect(verdict).to_contain_text(text)
        return verdict

    def upload(self, name: str, data: bytes) -> None:
        kind = "image/jpeg" if name.endswith("jpg") else "image/png"
        self.page.locator("#photo input[type=file]").set_input_files({"name": name, "mimeType": kind, "buffer": data})

    def clear(self) -> None:
        self.page.locator("#photo").get_by_label("Remove Image").click()

    def found(self) -> np.ndarray:
        """The picture with the boxes as the browser got it, RGB (h, w, 3)."""
        image = self.page.locator("#found img")
        expect(image).to_be_visible()
        return np.asarray(
            Image.open(io.BytesIO(self.page.request.get(image.get_attribute("src")).body())).convert("RGB")
        )

    def keep(self, name: str) -> None:
        OUTPUT.mkdir(exist_ok=True)
        self.page.screenshot(path=OUTPUT / f"{name}.png", full_page=True)


def near(picture: np.ndarray, colour: tuple[int, int, int]) -> int:
    """How many pixels have about that colour, after JPEG."""
    return int((np.abs(picture.astype(int) - colour).max(-1) < 40).sum())
