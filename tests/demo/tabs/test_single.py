from concurrent.futures import ThreadPoolExecutor

import gradio as gr
import pytest
from helpers import api_client
from helpers.browser_visit import Visit
from helpers.fake_pipeline import MANY, NOTHING, SIZE, FakePipeline, encoded, photo_of, reading_of, two_numbers
from playwright.sync_api import Locator, expect

from demo import config
from demo.components.inputs import SentPhoto
from demo.ground_truth import fingerprint
from demo.session import PhotoResult
from demo.tabs import single


def threshold(visit: Visit) -> Locator:
    visit.unfold("advanced")
    return visit.page.locator("#threshold")


def test_the_threshold_decides_again_without_the_networks_and_is_kept(watched):
    visit, pipeline = watched
    visit.read("7", "97 %")
    slider, field = (threshold(visit).get_by_role(role) for role in ("slider", "spinbutton"))
    expect(visit.page.locator("#networks")).to_be_hidden()  # there is nothing to choose from
    expect(slider).to_have_value(str(round(FakePipeline.unsure_below * 100)))
    slider.fill("97")
    expect(field).to_have_value("97")  # the page knows it, before a key changes it again
    visit.verdict("confident", "97 %")
    slider.focus()
    visit.page.keyboard.press("ArrowRight")
    expect(visit.verdict("check", "97 %").locator(".plate")).to_have_text("7")
    for typed, state in (("", "confident"), ("500", "check"), ("-3", "confident"), ("30", "confident")):
        field.fill(typed)
        visit.verdict(state, "97 %")
    assert (len(pipeline.photos), pipeline.boxes) == (1, 0)
    visit.read("1984", "41 %")
    expect(slider).to_have_value("30")
    threshold(visit).get_by_label("Reset").click()
    visit.verdict("check", "41 %")


def test_the_threshold_waits_for_nobody_s_reading(watched):
    visit, pipeline = watched
    visit.read("7", "97 %")
    pipeline.begin()
    pipeline.wait()
    photo = api_client.data_url(encoded(photo_of("42")))
    with ThreadPoolExecutor() as pool:
        others = [pool.submit(api_client.call, visit.address, "read", photo) for _ in range(config.CONCURRENT_READS)]
        try:
            for _ in others:
                assert pipeline.has_begun()
            threshold(visit).get_by_role("slider").fill("98")
            visit.verdict("check", "97 %")
        finally:
            pipeline.open()
        assert [other.result()[0] for other in others] == ["complete"] * len(others)
    threshold(visit).get_by_label("Reset").click()
    visit.verdict("confident", "97 %")


def test_another_number_of_the_photo_is_looked_at_without_the_networks(watched):
    visit, pipeline = watched
    page = visit.page
    expect(visit.read(two_numbers("42", "128")).locator(".plate")).to_have_text("42")
    expect(page.locator("#stage .legend")).to_contain_text("Other numbers")
    other = visit.box("thin")
    assert other == pytest.approx([0.8, 0.3, 0.95, 0.6], abs=0.02)
    page.locator("#stage").get_by_role("button", name="Look at 128").click()
    expect(visit.verdict("confident", "90 %").locator(".plate")).to_have_text("128")
    expect(page.locator("table.digits thead b")).to_have_text(["1", "2", "8", "–", "–"])
    expect(page.locator(".likeliest li").first).to_contain_text("128")
    assert visit.box() == pytest.approx(other, abs=0.02)
    threshold(visit).get_by_role("slider").fill("95")
    expect(visit.verdict("check", "90 %").locator(".plate")).to_have_text("128")
    page.locator("#verdict").get_by_role("button", name="42").press("Enter")
    expect(visit.verdict("confident", ">99 %").locator(".plate")).to_have_text("42")
    assert (len(pipeline.photos), pipeline.boxes) == (1, 0)
    threshold(visit).get_by_label("Reset").click()
    visit.read(two_numbers(NOTHING, "7"), state="none")
    expect(page.locator("#verdict [data-pick], #stage .thin")).to_have_count(0)


def test_every_cell_has_its_exact_value_by_mouse_and_keyboard(visit):
    expect(visit.page.get_by_role("tab", name="Compare")).to_have_count(0)  # with a single pair of networks
    visit.read("42", "42")
    readout = visit.page.locator("#evidence .readout")
    for cell, value in (
        (visit.page.locator("table.digits td.chosen:not(.past)").first, "2nd digit is 2: 90.0 %"),
        (visit.page.locator("table.digits tbody tr").nth(3).locator("td").nth(4), "5th digit is 3: 1.0 %"),
        (visit.page.locator("table.length td.chosen"), "The number has 2 digits: 94.0 %"),
    ):
        cell.hover()
        expect(readout).to_have_text(value)
    visit.page.locator('table.digits td[tabindex="0"]').focus()
    first, second, certain = "1st digit is 3: 1.0 %", "2nd digit is 3: 1.0 %", "1st digit is 4: 90.0 %"
    moves = [("Up", first), ("Right", second), ("Left", first), ("Left", first), ("Down", certain)]  # once at the edge
    for key, value in (*((f"Arrow{way}", value) for way, value in moves), ("Tab", "The number has 2 digits: 94.0 %")):
        visit.page.keyboard.press(key)
        expect(readout).to_have_text(value)


def test_an_expired_photo_is_a_sentence():
    photo, other = (SentPhoto(f"{number}.png", encoded(photo_of(number))) for number in ("42", "7"))
    result = PhotoResult(fingerprint(photo.data), (reading_of("42", photo_of("42")),), None, FakePipeline(), SIZE)
    box = [24, 16, 72, 48]
    gone = [(None, result), (photo, None), (other, result)]
    calls = [(single.look_at, photo, result, index) for index in (5, "0")]
    calls += [(look, *pair, which) for pair in gone for look, which in ((single.look_at, 0), (single.read_box, box))]
    for look, sent, kept, which in calls:
        with pytest.raises(gr.Error, match="expired"):
            look(sent, 0.5, kept, which)
    assert 'data-state="confident"' in single.look_at(photo, 0.5, result, 0)[1]
    assert 'data-state="confident"' in single.read_box(photo, 0.5, result, box)[1]


def test_one_click_on_an_example_shows_all_and_other_photos_have_no_truth(new_visit, address):
    visit = new_visit(address)
    visit.verdict("idle")
    visit.example("Clear")
    verdict = visit.verdict("confident", ">99 %")
    expect(visit.plate).to_have_text("42")
    expect(verdict).to_contain_text("✓ Right: the true number is 42")
    assert visit.box() == pytest.approx([0.25, 0.25, 0.75, 0.75], abs=0.01)
    assert visit.box("true") == pytest.approx([0.25, 0.25, 0.75, 0.75], abs=0.02)
    expect(visit.page.locator("#stage .legend li")).to_have_text(["Found", "Ground truth"])
    expect(visit.page.locator("table.digits thead b")).to_have_text(["4", "2", "–", "–", "–"])
    expect(visit.page.locator("#evidence figure img")).to_be_visible()
    expect(visit.page.locator("#evidence .timing")).to_contain_text("ms")
    visit.page.get_by_role("button", name="Copy number").click()
    expect(visit.page.locator("#verdict .done")).to_have_text("Copied.")
    assert visit.page.evaluate("navigator.clipboard.readText()") == "42"
    expect(visit.read("30512", "30512")).not_to_contain_text("true number")
    expect(visit.page.locator("#stage .legend")).not_to_contain_text("Ground truth")
    expect(visit.page.locator("#stage .mark.true")).to_have_count(0)
    visit.read(MANY, "More than five digits", "long")
