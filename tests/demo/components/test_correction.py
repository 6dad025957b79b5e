import re

import numpy as np
import pytest
from helpers import api_client
from helpers.browser_visit import ON_PHONE, Visit, touch
from helpers.fake_pipeline import NOTHING, encoded, photo_of, two_numbers
from playwright.sync_api import Locator, Page, expect

from svhn.data.annotations import Truth, read_labels
from svhn.images.decode import open_photo

SPLIT_AT = 47  # of 96 pixels: within the found box, 24 ... 72, a little less than half reads "7"


def two_shades() -> np.ndarray:
    """RGB uint8 (64, 96, 3): "42" as a whole, "7" where the box has more of its left than of its right."""
    photo = photo_of("42")
    photo[:, :SPLIT_AT] = photo_of("7")[:, :SPLIT_AT]
    return photo


def read(visit: Visit, photo: np.ndarray, state: str = "confident") -> Page:
    """The page with the photo read and the section open."""
    visit.read(photo, state=state)
    visit.unfold("correct")
    expect(side(visit.page, "Left")).to_be_visible()
    visit.page.wait_for_function("document.querySelector('#stage img.photo').complete")
    return visit.page


def side(page: Page, name: str) -> Locator:
    return page.locator("#correct").get_by_label(name, exact=True)


def expect_sides(visit: Visit, *pixels: int) -> None:
    """Both in figures and as drawn."""
    for name, value in zip(("Left", "Top", "Right", "Bottom"), pixels, strict=True):
        expect(side(visit.page, name)).to_have_value(str(value))
    drawn = [share * size for share, size in zip(visit.box(), (96, 64, 96, 64), strict=True)]
    assert drawn == pytest.approx(pixels, abs=0.5)


def plate(visit: Visit, number: str) -> None:
    expect(visit.plate).to_have_text(number)
    expect(visit.page.locator("#stage .box b")).to_have_text(number)


def centre(page: Page, selector: str) -> tuple[float, float]:
    found = page.locator(f"#stage {selector}")
    found.scroll_into_view_if_needed()
    area = found.bounding_box()
    return area["x"] + area["width"] / 2, area["y"] + area["height"] / 2


def photo_pixels(page: Page, count: float) -> float:
    """Of the photo, 96 pixels wide -> on the screen."""
    return count / 96 * page.locator("#stage .frame").bounding_box()["width"]


def drag(page: Page, selector: str, by: tuple[int, int], release: bool = True) -> None:
    """Moves the box or its corner so many pixels of the photo to the right and downwards."""
    x, y = centre(page, selector)
    if selector != ".box":
        x, y = x - 10, y - 10  # the dot itself
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + photo_pixels(page, by[0]), y + photo_pixels(page, by[1]), steps=4)
    if release:
        page.mouse.up()


def test_the_box_is_dragged_or_moved_by_keys_and_all_is_read_again(visit):
    page = read(visit, two_shades())
    expect_sides(visit, 24, 16, 72, 48)
    drag(page, ".box", (-12, 0), release=False)
    expect_sides(visit, 12, 16, 60, 48)  # in step while it moves
    plate(visit, "42")
    page.mouse.up()
    drag(page, ".box", (-80, 4))
    plate(visit, "7")
    visit.verdict("confident", "97 %")
    expect(page.locator("table.digits thead b")).to_have_text(["7", "–", "–", "–", "–"])
    expect(page.locator(".likeliest li").first).to_contain_text("7")
    expect_sides(visit, 0, 20, 48, 52)  # it stops at the edge of the photo
    page.get_by_role("button", name="Back to the found box").click()
    plate(visit, "42")
    expect_sides(visit, 24, 16, 72, 48)
    expect(page.get_by_role("button", name="Back to the found box")).to_have_count(0)
    drag(page, '[data-sides="right bottom"]', (-10, -8))
    plate(visit, "7")
    expect_sides(visit, 24, 16, 62, 40)
    page.locator("#stage .box").focus()
    for key in ("ArrowLeft", "ArrowDown", *["Shift+ArrowRight"] * 13, "Shift+ArrowUp"):
        page.keyboard.press(key)
    expect_sides(visit, 23, 17, 74, 40)
    plate(visit, "42")


def test_typed_sides_move_the_box_and_another_photo_has_its_own(visit):
    page = read(visit, two_shades())
    expect(page.get_by_text("Save for training")).to_have_count(0)  # where nothing is collected
    expect(page.get_by_label("True number")).to_have_count(0)
    expect_sides(visit, 24, 16, 72, 48)  # those of the photo before have gone
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
    visit.upload("broken.png", b"no picture")
    visit.verdict("refused", "broken.png could not be read")
    expect(page.locator("#stage .zone")).to_be_visible()
    expect(page.locator("#stage .mark, #evidence table")).to_have_count(0)
    expect(side(page, "Right")).to_have_value("")
    visit.read(NOTHING, state="none")
    page.get_by_role("button", name="Draw a box").press("Enter")
    expect(page.locator("#verdict")).to_contain_text("no number in this box")
    expect_sides(visit, 29, 22, 67, 42)


def test_on_a_phone_the_number_comes_first_and_a_finger_drags_the_box_and_not_the_page(new_visit, address):
    visit = new_visit(address, **ON_PHONE)
    page, buttons = visit.page, visit.page.locator("#stage button:visible, #verdict button:visible")
    expect(page.get_by_role("button", name="Take a photo")).to_be_visible()
    expect(page.locator("#stage [data-file=take]")).to_have_attribute("capture", "environment")
    sizes = [button.bounding_box() for button in buttons.all()]
    visit.read(two_numbers("42", "128"))
    expect(page.locator("#stage .thin")).to_be_visible()
    sizes += [button.bounding_box() for button in buttons.all() if "thin" not in (button.get_attribute("class") or "")]
    assert len(sizes) >= 8
    assert all(min(size["width"], size["height"]) >= 43.9 for size in sizes)
    parts = ["#stage .scene", "#verdict .plate", "#evidence figure img", "table.digits", "#examples", "#correct"]
    tops = [page.locator(part).bounding_box()["y"] for part in parts]
    assert tops == sorted(tops)
    for part in parts[:2]:
        expect(page.locator(part)).to_be_in_viewport(ratio=1)
    visit.example("Doubtful")  # far below
    visit.verdict("check")
    expect(page.locator(parts[0])).to_be_in_viewport(ratio=1)
    read(visit, two_shades())
    x, y = centre(page, ".box")
    before = page.evaluate("scrollY")
    touch(page, (x, y), (x - photo_pixels(page, 20), y - photo_pixels(page, 10)))
    plate(visit, "7")
    expect_sides(visit, 4, 6, 52, 38)
    assert page.evaluate("scrollY") == before
    corner = page.locator('#stage [data-sides="left top"]').bounding_box()
    assert min(corner["width"], corner["height"]) >= 40
    for name in ("Left", "Top", "Right", "Bottom"):
        side(page, name).fill("3024")
        assert side(page, name).evaluate("input => input.scrollWidth <= input.clientWidth")
        assert side(page, name).bounding_box()["width"] >= 80  # with the arrows that a mouse brings
    assert page.evaluate("indexedDB.databases().then(found => found.map(each => each.name))") == []
    stored = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert not re.search("house|data:", stored)  # the browser keeps nothing
    page.reload()
    visit.verdict("idle")
    assert page.context.cookies() == []


def test_photo_box_and_true_number_are_saved_only_where_the_owner_wants_it(used_visit, full_page, address):
    visit, folder = used_visit(full_page.address), full_page.collected
    before = len(read_labels(folder))

    def truths() -> list[Truth]:
        return [sample.truth for sample in read_labels(folder)[before:]]

    page = read(visit, two_shades())
    expect(page.locator("#correct")).to_contain_text("stores this photo, the box and the true number on the server")
    number, message = page.get_by_label("True number"), page.locator("#kept")
    number.fill("12a")
    number.press("Enter")
    expect(message).to_contain_text("written in digits only")
    assert truths() == []
    side(page, "Left").fill("10")
    for typed, answer in (("305", "Saved as"), ("306", "saved before")):
        number.fill(typed)
        page.get_by_role("button", name="Save for training").click()
        expect(message).to_contain_text(answer)
        assert truths() == [Truth(typed, (10, 16, 72, 48))]
    np.testing.assert_array_equal(open_photo(folder / f"{before + 1}.png"), two_shades())
    visit.example("Doubtful")
    visit.verdict("check")
    expect(number).to_have_value("")
    expect(message).to_be_empty()
    number.fill("1984")
    number.press("Enter")
    expect(message).to_contain_text(f"Saved as photo {before + 2}")
    assert [truth.number for truth in truths()] == ["306", "1984"]
    sent = {"url": api_client.data_url(encoded(photo_of("7")))}, {"box": [10, 10, 50, 50], "file": None}, "7"
    assert api_client.call(full_page.address, "save", *sent)[0] == "complete"
    assert len(truths()) == 3
    assert api_client.call(address, "save", *sent)[0] != "complete"  # where nothing is collected
