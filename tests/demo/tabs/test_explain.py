"""Why this number: layers over the photo, computed when a visitor first asks for one."""

import numpy as np
import pytest
from helpers.browser_visit import PHONE, Visit
from helpers.fake_pipeline import MANY, NOTHING, SIZE, FakePipeline, encoded, photo_of, reading_of
from playwright.sync_api import Locator, Page, expect

from demo.components.inputs import SentPhoto
from demo.ground_truth import fingerprint
from demo.render import images, text
from demo.session import PhotoResult
from demo.tabs import explain
from svhn.pipeline import Explanation
from svhn.reading import Reading


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


def view(page: Page, name: str) -> Locator:
    """The button of a view."""
    return page.locator(f'#stage .views [data-view="{name}"]')


def test_a_heat_map_and_a_light_for_every_digit_on_the_one_photo(visit):
    page, caption = visit.page, visit.page.locator("#stage .caption")
    visit.upload("a.png", encoded(photo_of("1984")))
    visit.verdict("check")
    expect(view(page, "photo")).to_have_attribute("aria-pressed", "true")
    view(page, "heat").click()
    expect(page.locator("#stage .heat")).to_be_visible()
    expect(caption).to_have_text(explain.HEAT)
    expect(page.locator("#stage .light")).to_have_count(4)
    view(page, "2").click()
    expect(page.locator('#stage [data-light="2"]')).to_be_visible()
    expect(page.locator("#stage .light:visible")).to_have_count(1)
    expect(page.locator("#stage .heat")).not_to_be_visible()
    expect(caption).to_have_text("3rd digit, 8: bright areas mattered most.")
    visit.keep("why")
    view(page, "photo").click()
    expect(page.locator("#stage :is(.light, .heat):visible")).to_have_count(0)
    visit.upload("b.png", encoded(photo_of(NOTHING)))
    visit.verdict("none")
    expect(page.locator("#stage .heat")).to_have_count(0)
    view(page, "heat").click()
    expect(page.locator("#stage .heat")).to_be_visible()
    expect(page.locator("#stage .views button")).to_have_count(2)


def test_nothing_is_computed_before_it_is_asked_for(launch, samples, context):
    pipeline = Counts()
    visit = Visit(context, launch(pipeline, samples).local_url)
    visit.example("Clear")
    visit.verdict("confident", ">99 %")
    assert pipeline.explained == 0
    for name in ("heat", "0", "1", "heat"):
        view(visit.page, name).click()
        expect(view(visit.page, name)).to_have_attribute("aria-pressed", "true")
        expect(visit.page.locator("#stage .heat")).to_have_count(1)
    assert pipeline.explained == 1
    visit.example("Hard")
    visit.verdict("confident", "97 %")
    expect(view(visit.page, "photo")).to_have_attribute("aria-pressed", "true")
    assert pipeline.explained == 1


def test_phone_without_sideways_scrolling(browser, address):
    context = browser.new_context(viewport=PHONE, color_scheme="dark", has_touch=True, is_mobile=True)
    visit = Visit(context, address)
    visit.upload("a.png", encoded(photo_of("30512")))
    visit.verdict("confident")
    view(visit.page, "4").tap()
    expect(visit.page.locator('#stage [data-light="4"]')).to_be_visible()
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    visit.keep("why-phone-dark")
    context.close()


def sent(number: str, pipeline: FakePipeline = FakePipeline()) -> tuple[SentPhoto, PhotoResult, Reading]:
    photo = photo_of(number)
    reading = reading_of(number, photo)
    return (
        SentPhoto("house.png", encoded(photo)),
        PhotoResult(fingerprint(encoded(photo)), (reading,), None, pipeline, SIZE),
        reading,
    )


def test_networks_that_cannot_tell_say_so():
    layers = explain.explain(*sent("42", CannotTell()))
    assert layers["note"]["heat"] == explain.NO_HEAT
    assert layers["note"]["1"] == explain.NO_LIGHT
    assert (layers["heat"], layers["lights"]) == (None, [])


def test_no_digit_was_read_of_too_long_a_number():
    layers = explain.explain(*sent(MANY))
    assert layers["heat"]
    assert layers["lights"] == []
    assert layers["note"].keys() == {"heat"}


def test_the_lights_lie_over_what_the_reader_saw():
    left, top, right, bottom = explain.explain(*sent("42"))["crop"]
    assert (left, right) == pytest.approx((0.25 - 0.075, 0.75 + 0.075))
    assert (top, bottom) == pytest.approx((0.25 - 0.075, 0.75 + 0.075))


def test_a_photo_that_is_gone_is_a_sentence():
    photo, found, reading = sent("42")
    for gone in ((None, found, reading), (photo, None, reading), (photo, found, None)):
        assert explain.explain(*gone)["note"]["heat"] == text.EXPIRED
    broken = PhotoResult(fingerprint(b"no picture"), found.readings, None, found.pipeline, SIZE)
    note = explain.explain(SentPhoto("a.png", b"no picture"), broken, reading)["note"]
    assert "not a picture" in note["heat"]


def test_a_photo_is_not_explained_by_what_was_read_in_another():
    _, found, reading = sent("42")
    other, _, _ = sent("7")
    assert explain.explain(other, found, reading)["note"]["heat"] == text.EXPIRED


def test_heat_is_bright_and_opaque_where_it_was():
    heat = np.zeros((3, 9), np.float32)
    heat[1, 6] = 1.0
    layer = images.heat_layer(heat)
    assert layer.shape == (3, 9, 4)
    assert layer[1, 6, 3] == pytest.approx(255 * images.STRENGTH, abs=1)
    assert layer[1, 6, :2].min() > 200  # yellow
    layer[1, 6, 3] = 0
    assert layer[..., 3].max() == 0


def test_a_digit_is_lit_where_it_was_read():
    attention = np.zeros((8, 16), np.float32)
    attention[4, 12] = 1.0
    shade = images.light_layer(attention)[..., 3]
    row, column = np.unravel_index(shade.argmin(), shade.shape)
    assert row / shade.shape[0] == pytest.approx(4.5 / 8, abs=0.03)
    assert column / shade.shape[1] == pytest.approx(12.5 / 16, abs=0.03)
    assert shade.min() == 0
    assert shade[2, 2] == pytest.approx(255 * images.DARK, abs=2)


def test_a_layer_is_a_picture_that_opens():
    address = images.data_url(images.heat_layer(np.full((4, 6), 0.5, np.float32)))
    assert address.startswith("data:image/png;base64,iVBOR")
