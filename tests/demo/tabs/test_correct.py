"""Correct it: another box is read at once, and saved with its number only where the owner collects."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from helpers import api_client
from helpers.browser_visit import PHONE, Visit
from helpers.fake_pipeline import NOTHING, FakePipeline, alone, encoded, photo_of
from playwright.sync_api import BrowserContext, Locator, Page, expect

from demo import ui
from demo.ground_truth import TruthIndex
from demo.server.options import launch_options
from svhn.data.annotations import Truth, read_labels
from svhn.images.decode import open_photo

SPLIT_AT = 47  # of 96 pixels: within the found box, 24 ... 72, a little less than half reads "7"


@dataclass(frozen=True)
class Collecting:
    """A page that was started with --collect, and its folder."""

    address: str
    folder: Path

    def truths(self) -> list[Truth]:
        return [sample.truth for sample in read_labels(self.folder)]


@pytest.fixture(scope="module")
def collecting(samples, tmp_path_factory) -> Iterator[Collecting]:
    folder = tmp_path_factory.mktemp("collected")
    blocks = ui.build(alone(FakePipeline()), TruthIndex(), samples, collect=folder)
    blocks.launch(prevent_thread_lock=True, quiet=True, **launch_options())
    yield Collecting(blocks.local_url, folder)
    blocks.close()


def two_shades() -> np.ndarray:
    """RGB uint8 (64, 96, 3): "42" as a whole, "7" where the box has more of its left than of its right."""
    photo = photo_of("42")
    photo[:, :SPLIT_AT] = photo_of("7")[:, :SPLIT_AT]
    return photo


def read(visit: Visit, photo: np.ndarray, state: str = "confident") -> Page:
    """The page with the photo read and the section open."""
    visit.upload("house.png", encoded(photo))
    visit.verdict(state)
    open_section(visit.page)
    visit.page.wait_for_function("document.querySelector('#stage img.photo').complete")
    return visit.page


def open_section(page: Page) -> None:
    if not side(page, "Left").is_visible():
        page.locator("#correct button.label-wrap").click()
    expect(side(page, "Left")).to_be_visible()


def side(page: Page, name: str) -> Locator:
    return page.locator("#correct").get_by_label(name, exact=True)


def expect_sides(visit: Visit, *pixels: int) -> None:
    """Both in figures and as drawn."""
    for name, value in zip(("Left", "Top", "Right", "Bottom"), pixels, strict=True):
        expect(side(visit.page, name)).to_have_value(str(value))
    drawn = [share * size for share, size in zip(visit.box(), (96, 64, 96, 64), strict=True)]
    assert drawn == pytest.approx(pixels, abs=0.5)


def plate(visit: Visit, number: str) -> None:
    expect(visit.page.locator("#verdict .plate")).to_have_text(number)
    expect(visit.page.locator("#stage .box b")).to_have_text(number)


def centre(page: Page, selector: str) -> tuple[float, float]:
    found = page.locator(f"#stage {selector}")
    found.scroll_into_view_if_needed()
    area = found.bounding_box()
    return area["x"] + area["width"] / 2, area["y"] + area["height"] / 2


def photo_pixels(page: Page, count: float) -> float:
    """Of the photo, 96 pixels wide -> on the screen."""
    return count / 96 * page.locator("#stage .frame").bounding_box()["width"]


def test_the_box_is_dragged_and_all_is_read_again(visit):
    page = read(visit, two_shades())
    expect_sides(visit, 24, 16, 72, 48)
    crop = page.locator("#evidence figure img").get_attribute("src")
    x, y = centre(page, ".box")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - photo_pixels(page, 12), y, steps=4)
    expect_sides(visit, 12, 16, 60, 48)  # in step while it moves
    plate(visit, "42")
    page.mouse.move(x - photo_pixels(page, 80), y + photo_pixels(page, 4), steps=4)
    page.mouse.up()
    plate(visit, "7")
    visit.verdict("confident", "97 %")
    expect(page.locator("table.digits thead b")).to_have_text(["7", "–", "–", "–", "–"])
    expect(page.locator(".likeliest li").first).to_contain_text("7")
    assert crop is not None
    expect_sides(visit, 0, 20, 48, 52)  # it stops at the edge of the photo
    visit.keep("correct-desktop")
    page.get_by_role("button", name="Undo box").click()
    plate(visit, "42")
    expect_sides(visit, 24, 16, 72, 48)
    expect(page.get_by_role("button", name="Undo box")).to_have_count(0)


def test_a_corner_resizes_the_box(visit):
    page = read(visit, two_shades())
    x, y = centre(page, '[data-sides="right bottom"]')
    x, y = x - 10, y - 10  # the dot itself
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - photo_pixels(page, 10), y - photo_pixels(page, 8), steps=4)
    page.mouse.up()
    plate(visit, "7")
    expect_sides(visit, 24, 16, 62, 40)


def test_typed_sides_move_the_box(visit):
    page = read(visit, two_shades())
    side(page, "Right").fill("40")
    plate(visit, "7")
    expect_sides(visit, 24, 16, 40, 48)
    side(page, "Left").fill("50")
    visit.verdict("refused", "This box is empty")
    side(page, "Right").fill("5000")
    visit.verdict("confident", ">99 %")
    side(page, "Left").fill("200")
    visit.verdict("refused", "outside the photo, which is 96 pixels wide")
    side(page, "Left").fill("")
    visit.verdict("refused", "please fill them all in")


def test_the_keyboard_moves_and_resizes_the_box(visit):
    page = read(visit, two_shades())
    page.locator("#stage .box").focus()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowDown")
    expect_sides(visit, 21, 17, 69, 49)
    plate(visit, "7")
    for _ in range(8):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowUp")
    expect_sides(visit, 21, 17, 77, 48)
    plate(visit, "42")


def test_a_finger_drags_the_box_and_not_the_page(browser, address):
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True, color_scheme="dark")
    visit = Visit(context, address)
    page = read(visit, two_shades())
    x, y = centre(page, ".box")
    before = page.evaluate("scrollY")
    touch(context, page, (x, y), (x - photo_pixels(page, 20), y - photo_pixels(page, 10)))
    plate(visit, "7")
    expect_sides(visit, 4, 6, 52, 38)
    assert page.evaluate("scrollY") == before
    corner = page.locator('#stage [data-sides="left top"]').bounding_box()
    assert min(corner["width"], corner["height"]) >= 40
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    for name in ("Left", "Top", "Right", "Bottom"):
        side(page, name).fill("3024")
        assert side(page, name).evaluate("input => input.scrollWidth <= input.clientWidth")
        assert side(page, name).bounding_box()["width"] >= 80  # with the arrows that a mouse brings
    visit.keep("correct-phone-dark")
    assert visit.errors == []
    context.close()


def touch(context: BrowserContext, page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """One finger from here to there."""
    session = context.new_cdp_session(page)

    def send(kind: str, *points: tuple[float, float]) -> None:
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})

    send("touchStart", start)
    for share in (0.25, 0.5, 0.75, 1):
        send("touchMove", tuple(a + share * (b - a) for a, b in zip(start, end, strict=True)))
    send("touchEnd")


def test_where_no_number_was_found_a_box_can_be_drawn(visit):
    page = read(visit, photo_of(NOTHING), "none")
    expect(page.locator("#stage .box")).to_have_count(0)
    page.get_by_role("button", name="Draw a box").click()
    expect(page.locator("#verdict")).to_contain_text("no number in this box")
    expect_sides(visit, 29, 22, 67, 42)


def test_another_photo_has_its_own_box(visit):
    page = read(visit, two_shades())
    side(page, "Right").fill("40")
    plate(visit, "7")
    visit.upload("broken.png", b"no picture")
    visit.verdict("refused")
    expect(page.locator("#stage .box")).to_have_count(0)
    expect(side(page, "Right")).to_have_value("")
    visit.example("Clear")
    visit.verdict("confident")
    plate(visit, "42")
    expect_sides(visit, 24, 16, 72, 48)


def test_photo_box_and_true_number_are_saved(context, collecting):
    visit = Visit(context, collecting.address)
    page = read(visit, two_shades())
    expect(page.locator("#correct")).to_contain_text("stores this photo, the box and the true number on the server")
    expect(page.locator("footer", has_text="ten minutes")).to_contain_text("unless you save them for training")
    number, save = page.get_by_label("True number"), page.get_by_role("button", name="Save for training")
    message = page.locator("#kept")
    number.fill("12a")
    number.press("Enter")
    expect(message).to_contain_text("written in digits only")
    assert collecting.truths() == []

    side(page, "Left").fill("10")
    number.fill("305")
    save.click()
    expect(message).to_contain_text("Saved as the first photo")
    assert collecting.truths() == [Truth("305", (10, 16, 72, 48))]
    np.testing.assert_array_equal(open_photo(collecting.folder / "1.png"), two_shades())
    visit.keep("correct-saved")

    number.fill("306")
    save.click()
    expect(message).to_contain_text("saved before")
    assert [truth.number for truth in collecting.truths()] == ["306"]

    visit.example("Doubtful")
    visit.verdict("check")
    expect(number).to_have_value("")
    expect(message).to_be_empty()
    number.fill("1984")
    number.press("Enter")
    expect(message).to_contain_text("Saved as photo 2")
    assert [truth.number for truth in collecting.truths()] == ["306", "1984"]
    assert visit.errors == []


def call(address: str, name: str, *data: object) -> str:
    """How an event that was called by its name ended."""
    asked = api_client.post(f"{address}gradio_api/call/{name}", json={"data": data})
    if asked.status_code != 200:
        return f"status {asked.status_code}"
    event = asked.json()["event_id"]
    events = api_client.get(f"{address}gradio_api/call/{name}/{event}").text
    return next(line.removeprefix("event: ") for line in events.splitlines() if line.startswith("event: "))


def test_nothing_is_collected_unless_the_owner_wants_it(visit, address, collecting):
    page = read(visit, two_shades())
    expect(page.get_by_text("Save for training")).to_have_count(0)
    expect(page.get_by_text("unless you save them")).to_have_count(0)
    expect(page.get_by_label("True number")).to_have_count(0)
    content = base64.b64encode(encoded(photo_of("7"))).decode()
    sent = {"url": f"data:image/png;base64,{content}"}, {"box": [10, 10, 50, 50], "file": None}, "7"
    before = len(collecting.truths())
    assert call(collecting.address, "save", *sent) == "complete"
    assert len(collecting.truths()) == before + 1
    assert call(address, "save", *sent) != "complete"


def test_the_public_name_is_left_to_the_api(address):
    public = api_client.get(f"{address}gradio_api/info").json()["named_endpoints"]
    assert "/read" in public
    assert not {"/save", "/read_box", "/on_corrected", "/on_pick"} & set(public)
