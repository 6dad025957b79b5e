"""One visitor in a real browser: what a person does on the page, and what went wrong meanwhile."""

import numpy as np
from helpers.fake_pipeline import encoded, photo_of
from playwright.sync_api import BrowserContext, Locator, Page, expect

DESKTOP, TABLET, PHONE = ({"width": w, "height": h} for w, h in ((1440, 900), (820, 1180), (390, 844)))
ON_PHONE = {"viewport": PHONE, "has_touch": True, "is_mobile": True}


class Visit:
    """One visitor's page, with what it asked for and what went wrong in it."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.address, self.page = address, context.new_page()
        self.page.set_default_timeout(60_000)  # the machine may be busy
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.plate = self.page.locator("#verdict .plate")
        self.page.goto(address)
        expect(self.page.locator("#examples button").first).to_be_visible()

    def mishaps(self) -> list[str]:
        """Errors in the page, and what it asked of others; both are then forgotten, as is all that it asked for."""
        found = self.errors + [url for url in self.requests if not url.startswith((self.address, "data:", "blob:"))]
        self.errors.clear()
        self.requests.clear()
        return found

    def open_tab(self, name: str) -> None:
        tab = self.page.get_by_role("tab", name=name, exact=True)
        tab.click()
        expect(tab).to_have_attribute("aria-selected", "true")
        self.settle()

    def unfold(self, section: str) -> None:
        button = self.page.locator(f"#{section} button.label-wrap")
        if "open" not in button.get_attribute("class").split():
            button.click()
            expect(self.page.locator(f"#{section} input").first).to_be_visible()
            self.settle()

    def settle(self) -> None:
        """Waits for Gradio to have given new parts their values, which it does a frame after it shows them: faster than
        a person acts, not than a test."""
        self.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def verdict(self, state: str, text: str = "") -> Locator:
        """Waits for it, and for the photo that was sent last to be the one that it is about."""
        expect(self.page.locator("#one[data-busy]")).to_have_count(0)
        verdict = self.page.locator(f'#verdict [data-state="{state}"]')
        expect(verdict).to_contain_text(text)
        return verdict

    def upload(self, name: str, data: bytes, where: str = "stage") -> None:
        file = {"name": name, "mimeType": "image/png", "buffer": data}
        self.page.locator(f"#{where} [data-file=choose]").set_input_files(file)

    def read(self, photo: str | np.ndarray, text: str = "", state: str = "confident") -> Locator:
        """Uploads a photo, or one of that number, and waits for its verdict."""
        self.upload("house.png", encoded(photo_of(photo) if isinstance(photo, str) else photo))
        return self.verdict(state, text)

    def example(self, title: str) -> None:
        self.page.locator("#examples").get_by_role("button", name=title).click()

    def view(self, name: str) -> Locator:
        """The button of a view of the stage."""
        return self.page.locator(f'#stage .views [data-view="{name}"]')

    def box(self, kind: str = "box") -> list[float] | None:
        """Left, top, right and bottom of a box as it is drawn, in shares of the photo; None where there is none."""
        return self.page.evaluate(
            """kind => {
                const mark = document.querySelector(`#stage .mark.${kind}`);
                if (!mark) return null;
                const [box, frame] = [mark, mark.parentElement].map(each => each.getBoundingClientRect());
                return [box.left - frame.left, box.top - frame.top, box.right - frame.left, box.bottom - frame.top]
                    .map((side, i) => side / (i % 2 ? frame.height : frame.width));
            }""",
            kind,
        )


def near(picture: np.ndarray, colour: tuple[int, int, int]) -> int:
    """How many pixels have about that colour, after JPEG."""
    return int((np.abs(picture.astype(int) - colour).max(-1) < 40).sum())


def transfer(page: Page, kind: str, target: str, *files: tuple[str, bytes]) -> None:
    """Files dropped ("drop") or pasted ("paste") on an element, as a person does it."""
    page.evaluate(
        """([kind, target, contents]) => {
            const files = new DataTransfer();
            for (const [name, data] of contents)
                files.items.add(new File([Uint8Array.from(data)], name, {type: 'image/png'}));
            const options = {bubbles: true, cancelable: true}, element = document.querySelector(target);
            const drag = type => new DragEvent(type, {...options, dataTransfer: files});
            const events = kind === 'drop' ? [drag('dragenter'), drag('drop')]
                : [new ClipboardEvent('paste', {...options, clipboardData: files})];
            for (const event of events) element.dispatchEvent(event);
        }""",
        [kind, target, [(name, list(data)) for name, data in files]],
    )


def touch(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """One finger from here to there."""
    session = page.context.new_cdp_session(page)

    def send(kind: str, *points: tuple[float, float]) -> None:
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})

    send("touchStart", start)
    for share in (0.25, 0.5, 0.75, 1):
        send("touchMove", tuple(a + share * (b - a) for a, b in zip(start, end, strict=True)))
    send("touchEnd")
