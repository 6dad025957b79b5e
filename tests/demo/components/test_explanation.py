import numpy as np
import pytest
from helpers.fake_pipeline import MANY, NOTHING, SIZE, FakePipeline, encoded, photo_of, reading_of
from playwright.sync_api import expect

from demo.components import explanation
from demo.components.inputs import SentPhoto
from demo.ground_truth import fingerprint
from demo.render import images, text
from demo.session import PhotoResult
from svhn.pipeline import Explanation
from svhn.reading import Reading


def test_a_heat_map_and_a_light_for_every_digit_on_the_one_photo_once_asked_for(watched):
    visit, pipeline = watched
    page, caption = visit.page, visit.page.locator("#stage .caption")
    visit.read("1984", state="check")
    expect(visit.view("photo")).to_have_attribute("aria-pressed", "true")
    assert pipeline.explained == 0
    visit.view("heat").click()
    expect(page.locator("#stage .heat")).to_be_visible()
    expect(caption).to_have_text(explanation.HEAT)
    expect(page.locator("#stage .light")).to_have_count(4)
    visit.view("2").click()
    expect(page.locator('#stage [data-light="2"]')).to_be_visible()
    expect(page.locator("#stage .light:visible")).to_have_count(1)
    expect(page.locator("#stage .heat")).not_to_be_visible()
    expect(caption).to_have_text("3rd digit, 8: bright areas mattered most.")
    visit.view("photo").click()
    expect(page.locator("#stage :is(.light, .heat):visible")).to_have_count(0)
    visit.view("heat").click()
    assert pipeline.explained == 1
    visit.read(NOTHING, state="none")
    expect(visit.view("photo")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#stage .heat")).to_have_count(0)
    assert pipeline.explained == 1
    visit.view("heat").click()
    expect(page.locator("#stage .heat")).to_be_visible()
    expect(page.locator("#stage .views button")).to_have_count(2)


def sent(number: str, pipeline: FakePipeline = FakePipeline()) -> tuple[SentPhoto, PhotoResult, Reading]:
    data, reading = encoded(photo_of(number)), reading_of(number, photo_of(number))
    return SentPhoto("house.png", data), PhotoResult(fingerprint(data), (reading,), None, pipeline, SIZE), reading


def test_layers_lie_over_what_the_reader_saw_and_networks_that_cannot_tell_say_so():
    assert explanation.explain(*sent("42"))["crop"] == pytest.approx([0.25 - 0.075] * 2 + [0.75 + 0.075] * 2)
    pipeline = FakePipeline()
    pipeline.explain = lambda photo, reading: Explanation(None, None)
    layers = explanation.explain(*sent("42", pipeline))
    assert (layers["note"]["heat"], layers["note"]["1"]) == (explanation.NO_HEAT, explanation.NO_LIGHT)
    assert (layers["heat"], layers["lights"]) == (None, [])
    too_long = explanation.explain(*sent(MANY))
    assert too_long["heat"]
    assert (too_long["lights"], too_long["note"].keys()) == ([], {"heat"})


def test_a_photo_that_is_gone_or_another_is_a_sentence():
    photo, found, reading = sent("42")
    for gone in ((None, found, reading), (photo, None, reading), (photo, found, None), (sent("7")[0], found, reading)):
        assert explanation.explain(*gone)["note"]["heat"] == text.EXPIRED
    broken = PhotoResult(fingerprint(b"no picture"), found.readings, None, found.pipeline, SIZE)
    note = explanation.explain(SentPhoto("a.png", b"no picture"), broken, reading)["note"]
    assert "not a picture" in note["heat"]


def test_heat_is_bright_and_a_digit_is_lit_where_it_was():
    heat, attention = np.zeros((3, 9), np.float32), np.zeros((8, 16), np.float32)
    heat[1, 6] = attention[4, 12] = 1.0
    layer = images.heat_layer(heat)
    assert (layer[1, 6, :2].min() > 200, layer[1, 6, 3]) == (True, layer[..., 3].max())  # yellow
    assert layer[..., 3].sum() == layer[1, 6, 3]
    shade = images.light_layer(attention)[..., 3]
    row, column = np.unravel_index(shade.argmin(), shade.shape)
    assert row / shade.shape[0] == pytest.approx(4.5 / 8, abs=0.03)
    assert column / shade.shape[1] == pytest.approx(12.5 / 16, abs=0.03)
    assert shade.min() == 0


@pytest.mark.parametrize("size", [(47, 104), (3000, 4000), (4000, 30), (8, 900), (20, 20)])
def test_preview_is_cut_around_the_middle(size):
    photo, (y, x) = np.full((*size, 3), 128, np.uint8), np.array(size) // 2
    photo[y - 2 : y + 2, x - 2 : x + 2] = 255
    small, height = images.thumbnail(photo), images.THUMBNAIL_HEIGHT
    assert small.shape == (height, round(height * 1.5), 3)
    assert small[height // 2, round(height * 0.75)].mean() > 128
