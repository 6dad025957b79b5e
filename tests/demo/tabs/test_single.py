import threading
from collections.abc import Iterator

import gradio as gr
import pytest
from helpers.browser_visit import Visit
from helpers.fake_networks import served
from helpers.fake_pipeline import NOTHING, SIZE, FakePipeline, encoded, photo_of, reading_of, two_numbers
from helpers.waiting_pipeline import PATIENCE_S, Watched
from playwright.sync_api import Locator, expect

from demo import config
from demo.components.inputs import SentPhoto
from demo.ground_truth import fingerprint
from demo.session import PhotoResult
from demo.tabs import single


@pytest.fixture(scope="module")
def counts() -> Watched:
    return Watched()


@pytest.fixture(scope="module")
def counted_address(counts, samples) -> Iterator[str]:
    with served(counts, samples) as blocks:
        yield blocks.local_url


@pytest.fixture
def counted(counts, counted_address, new_visit) -> Visit:
    """A visit to a page whose readings are counted."""
    counts.begin()
    return new_visit(counted_address)


def threshold(visit: Visit) -> Locator:
    """The slider with its field, unfolded."""
    part = visit.page.locator("#threshold")
    if not part.is_visible():
        visit.page.locator("#advanced button.label-wrap").click()
    expect(part).to_be_visible()
    return part


def chosen(visit: Visit) -> Locator:
    return visit.page.locator("table.digits td.chosen:not(.past)")


def test_the_threshold_decides_again_without_the_networks_and_is_kept(counted, counts):
    counted.read("7", "97 %")
    slider, field = (threshold(counted).get_by_role(role) for role in ("slider", "spinbutton"))
    expect(slider).to_have_value(str(round(FakePipeline.unsure_below * 100)))
    slider.fill("97")
    expect(field).to_have_value("97")  # the page knows it, before a key changes it again
    counted.verdict("confident", "97 %")
    slider.focus()
    counted.page.keyboard.press("ArrowRight")
    expect(counted.verdict("check", "97 %").locator(".plate")).to_have_text("7")
    for typed, state in (("", "confident"), ("500", "check"), ("-3", "confident"), ("30", "confident")):
        field.fill(typed)
        counted.verdict(state, "97 %")
    assert (len(counts.photos), counts.boxes) == (1, 0)
    counted.read("1984", "41 %")
    expect(slider).to_have_value("30")
    threshold(counted).get_by_label("Reset").click()
    counted.verdict("check", "41 %")


def test_the_threshold_waits_for_nobody_s_reading(counted, counts):
    counted.read("7", "97 %")
    assert counts.started.acquire(timeout=PATIENCE_S)
    counts.turns = threading.Semaphore(0)
    try:
        for other in [Visit(counted.page.context, counted.page.url) for _ in range(config.CONCURRENT_READS)]:
            other.upload("b.png", encoded(photo_of("42")))
            assert counts.started.acquire(timeout=PATIENCE_S)
        threshold(counted).get_by_role("slider").fill("98")
        counted.verdict("check", "97 %")
    finally:
        counts.open()


def test_another_number_of_the_photo_is_looked_at_without_the_networks(counted, counts):
    page = counted.page
    expect(counted.read(two_numbers("42", "128")).locator(".plate")).to_have_text("42")
    expect(page.locator("#stage .legend")).to_contain_text("Other numbers")
    other = counted.box("thin")
    assert other == pytest.approx([0.8, 0.3, 0.95, 0.6], abs=0.02)
    page.locator("#stage").get_by_role("button", name="Look at 128").click()
    expect(counted.verdict("confident", "90 %").locator(".plate")).to_have_text("128")
    expect(page.locator("table.digits thead b")).to_have_text(["1", "2", "8", "–", "–"])
    expect(page.locator(".likeliest li").first).to_contain_text("128")
    assert counted.box() == pytest.approx(other, abs=0.02)
    threshold(counted).get_by_role("slider").fill("95")
    expect(counted.verdict("check", "90 %").locator(".plate")).to_have_text("128")
    page.locator("#verdict").get_by_role("button", name="42").press("Enter")
    expect(counted.verdict("confident", ">99 %").locator(".plate")).to_have_text("42")
    assert (len(counts.photos), counts.boxes) == (1, 0)
    counted.read(two_numbers(NOTHING, "7"), state="none")
    expect(page.locator("#verdict [data-pick], #stage .thin")).to_have_count(0)


def test_every_cell_has_its_exact_value_by_mouse_and_keyboard(visit):
    visit.read("42", "42")
    readout = visit.page.locator("#evidence .readout")
    for cell, value in (
        (chosen(visit).first, "2nd digit is 2: 90.0 %"),
        (visit.page.locator("table.digits tbody tr").nth(3).locator("td").nth(4), "5th digit is 3: 1.0 %"),
        (visit.page.locator("table.length td.chosen"), "The number has 2 digits: 94.0 %"),
    ):
        cell.hover()
        expect(readout).to_have_text(value)
    visit.page.locator('table.digits td[tabindex="0"]').focus()
    for key, value in (
        ("ArrowUp", "1st digit is 3: 1.0 %"),
        ("ArrowRight", "2nd digit is 3: 1.0 %"),
        ("ArrowLeft", "1st digit is 3: 1.0 %"),
        ("ArrowLeft", "1st digit is 3: 1.0 %"),  # the edge
        ("ArrowDown", "1st digit is 4: 90.0 %"),
        ("Tab", "The number has 2 digits: 94.0 %"),
    ):
        visit.page.keyboard.press(key)
        expect(readout).to_have_text(value)


def test_an_expired_photo_is_a_sentence():
    photo, other = (SentPhoto(f"{number}.png", encoded(photo_of(number))) for number in ("42", "7"))
    result = PhotoResult(fingerprint(photo.data), (reading_of("42", photo_of("42")),), None, FakePipeline(), SIZE)
    box = [24, 16, 72, 48]
    gone = [(None, result), (photo, None), (other, result)]
    for look, *arguments in (
        *[(single.look_at, *pair, 0) for pair in gone],
        *[(single.look_at, photo, result, index) for index in (5, "0")],
        *[(single.read_box, *pair, box) for pair in gone],
    ):
        sent, kept, which = arguments
        with pytest.raises(gr.Error, match="expired"):
            look(sent, 0.5, kept, which)
    assert 'data-state="confident"' in single.look_at(photo, 0.5, result, 0)[1]
    assert 'data-state="confident"' in single.read_box(photo, 0.5, result, box)[1]
