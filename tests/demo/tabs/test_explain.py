"""Why this number: computed when it is asked for, for the photo that is shown, in words and pictures."""

from __future__ import annotations

from collections.abc import Callable

import gradio as gr
import numpy as np
import pytest
from helpers.browser_visit import PHONE, Visit
from helpers.fake_pipeline import MANY, NOTHING, FakePipeline, encoded, photo_of, reading_of
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from demo.components.inputs import SentPhoto
from demo.ground_truth import fingerprint
from demo.render import images, text
from demo.session import PhotoResult
from demo.tabs import explain
from svhn import draw
from svhn.data.annotations import Sample
from svhn.pipeline import Explanation
from svhn.reading import Reading

Launch = Callable[..., gr.Blocks]


class Counts(FakePipeline):
    """Remembers how often it was asked to explain."""

    def __init__(self) -> None:
        self.explained = 0

    def explain(self, photo: np.ndarray, reading: Reading) -> Explanation:
        self.explained += 1
        return super().explain(photo, reading)


class CannotTell(FakePipeline):
    def explain(self, photo: np.ndarray, reading: Reading) -> Explanation:
        return Explanation(None, None)


def section(page: Page) -> Locator:
    return page.locator("#why")


def toggle(page: Page) -> None:
    section(page).locator("button.label-wrap").click()


def captions(page: Page) -> Locator:
    return section(page).locator(".digits figcaption")


def test_opened_it_explains_and_follows_the_photo(visit: Visit) -> None:
    page = visit.page
    expect(section(page)).to_be_hidden()
    visit.upload("a.png", encoded(photo_of("1984")))
    visit.verdict("unsure")
    toggle(page)
    expect(captions(page)).to_have_text(["1st digit: 1", "2nd digit: 9", "3rd digit: 8", "4th digit: 4"])
    pictures = section(page).locator(".digits img, .heat > img")
    expect(pictures).to_have_count(5)
    assert all(picture.get_attribute("alt") for picture in pictures.all())
    page.wait_for_function("[...document.querySelectorAll('#because img')].every(image => image.naturalWidth > 0)")
    expect(section(page).locator(".heat figcaption")).to_contain_text("like a number")
    visit.keep("why")
    visit.clear()
    expect(section(page)).to_be_hidden()
    visit.upload("b.png", encoded(photo_of("7")))
    visit.verdict("sure")
    expect(captions(page)).to_have_text(["1st digit: 7"])
    visit.clear()
    visit.upload("c.png", encoded(photo_of(NOTHING)))
    visit.verdict("none")
    expect(section(page)).to_contain_text(explain.WHY_NOT)
    expect(section(page).locator(".heat > img")).to_be_visible()
    expect(captions(page)).to_have_count(0)


def test_nothing_is_computed_for_a_closed_section(
    launch: Launch, samples: list[Sample], context: BrowserContext
) -> None:
    pipeline = Counts()
    visit = Visit(context, launch(pipeline, samples).local_url)
    page = visit.page
    page.locator("#examples").get_by_role("button", name="Clear").click()
    visit.verdict("sure", "42")
    expect(section(page)).to_be_visible()
    assert pipeline.explained == 0
    toggle(page)
    expect(captions(page)).to_have_count(2)
    toggle(page)
    expect(captions(page).first).to_be_hidden()
    page.locator("#examples").get_by_role("button", name="Hard").click()
    visit.verdict("sure", "7")
    expect(captions(page)).to_have_count(0)
    assert pipeline.explained == 1


def test_phone_without_sideways_scrolling(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport=PHONE, color_scheme="dark", has_touch=True, is_mobile=True)
    visit = Visit(context, address)
    visit.upload("a.png", encoded(photo_of("30512")))
    visit.verdict("sure")
    toggle(visit.page)
    expect(captions(visit.page)).to_have_count(5)
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    visit.keep("why-phone-dark")
    context.close()


def sent(number: str, pipeline: FakePipeline = FakePipeline()) -> tuple[SentPhoto, PhotoResult, Reading]:
    photo = photo_of(number)
    reading = reading_of(number, photo)
    return (
        SentPhoto("house.png", encoded(photo)),
        PhotoResult(fingerprint(encoded(photo)), (reading,), None, pipeline),
        reading,
    )


def test_networks_that_cannot_tell_say_so() -> None:
    told = explain.explain(*sent("42", CannotTell()))
    assert explain.NO_HEAT in told
    assert explain.NO_ATTENTION in told
    assert "<img" not in told


def test_no_digit_was_read_of_too_long_a_number() -> None:
    told = explain.explain(*sent(MANY))
    assert explain.LOOKED in told
    assert explain.READ not in told


def test_a_photo_that_is_gone_is_a_sentence() -> None:
    photo, found, reading = sent("42")
    for gone in ((None, found, reading), (photo, None, reading), (photo, found, None)):
        assert text.FORGOTTEN in explain.explain(*gone)
    broken = PhotoResult(fingerprint(b"no picture"), found.readings, None, found.pipeline)
    assert "not a picture" in explain.explain(SentPhoto("a.png", b"no picture"), broken, reading)


def test_a_photo_is_not_explained_by_what_was_read_in_another() -> None:
    _, found, reading = sent("42")
    other, _, _ = sent("7")
    assert text.FORGOTTEN in explain.explain(other, found, reading)


def test_heat_glows_where_it_was_on_a_grey_photo() -> None:
    photo = np.full((300, 900, 3), (200, 40, 20), np.uint8)
    heat = np.zeros((3, 9), np.float32)
    heat[1, 6] = 1.0
    picture = images.overlay_heat(photo, heat, None)
    assert picture.shape == photo.shape
    np.testing.assert_array_equal(picture[20, 20], picture[20, 20, 0])  # grey
    assert picture[20, 20, 0] < photo.mean()
    rows, columns = np.nonzero(picture[..., 0] > 200)
    assert (rows.mean(), columns.mean()) == pytest.approx((149.5, 649.5), abs=2)  # the middle of that cell


def test_the_found_box_is_drawn_on_the_heat() -> None:
    photo = np.full((60, 90, 3), 128, np.uint8)
    picture = images.overlay_heat(photo, np.zeros((6, 9), np.float32), (30.0, 20.0, 60.0, 40.0))
    rows, columns = np.nonzero((picture == draw.FOUND).all(-1))
    assert picture.shape[1] == draw.LONG_SIDE[0]
    assert (columns.min(), columns.max()) == pytest.approx((240, 480), abs=draw.LINE)
    assert rows.max() == pytest.approx(320, abs=draw.LINE)


def test_a_digit_is_lit_where_it_was_read() -> None:
    crop = np.full((64, 64, 3), (200, 100, 50), np.uint8)
    attention = np.zeros((8, 16), np.float32)
    attention[4, 12] = 1.0
    picture = images.spotlight(crop, attention, 2.0)
    assert picture.shape == (images.CROP_HEIGHT, 2 * images.CROP_HEIGHT, 3)
    brightness = picture.sum(-1)
    row, column = np.unravel_index(brightness.argmax(), brightness.shape)
    assert row / picture.shape[0] == pytest.approx(4.5 / 8, abs=0.03)
    assert column / picture.shape[1] == pytest.approx(12.5 / 16, abs=0.03)
    assert picture.max() == pytest.approx(200, abs=2)
    assert picture[5, 5, 0] == pytest.approx(200 * images.UNLIT, abs=2)


@pytest.mark.parametrize(("aspect", "width"), [(0.1, 0.5), (1.0, 1.0), (9.0, 2.5)])
def test_a_crop_is_as_wide_as_in_the_photo_within_bounds(aspect: float, width: float) -> None:
    picture = images.spotlight(np.zeros((64, 64, 3), np.uint8), np.zeros((8, 16), np.float32), aspect)
    assert picture.shape[1] == round(images.CROP_HEIGHT * width)
