"""The page in a real browser, as a person uses it; screenshots stay in tests/output/."""

import numpy as np
import pytest
from helpers.browser_visit import DESKTOP, PHONE, Visit
from helpers.fake_pipeline import MANY, NOTHING, encoded, photo_of
from playwright.sync_api import expect

from svhn.images.decode import open_photo


def test_one_click_on_an_example(visit):
    visit.verdict("idle")
    visit.example("Clear")
    verdict = visit.verdict("confident", "Confident")
    expect(verdict.locator(".plate")).to_have_text("42")
    expect(verdict).to_contain_text(">99 %")
    expect(verdict).to_contain_text("✓ Right: the true number is 42")
    assert visit.box() == pytest.approx([0.25, 0.25, 0.75, 0.75], abs=0.01)
    assert visit.box("true") == pytest.approx([0.25, 0.25, 0.75, 0.75], abs=0.02)
    expect(visit.page.locator("#stage .mark.true")).to_have_css("border-top-style", "dashed")
    expect(visit.page.locator("#stage .legend li")).to_have_text(["Found", "Ground truth"])
    expect(visit.page.locator("table.digits thead b")).to_have_text(["4", "2", "–", "–", "–"])
    expect(visit.page.locator("table.digits tbody td")).to_have_count(55)
    expect(visit.page.locator("table.length td.chosen")).to_have_text("94 %")
    expect(visit.page.locator("#evidence figure img")).to_be_visible()
    expect(visit.page.locator("#evidence .timing")).to_contain_text("ms")
    visit.keep("desktop")


def test_an_uploaded_photo_has_no_truth(visit):
    visit.upload("house.png", encoded(photo_of("30512")))
    verdict = visit.verdict("confident", "30512")
    expect(verdict).not_to_contain_text("true number")
    expect(visit.page.locator("#stage .legend")).not_to_contain_text("Ground truth")
    expect(visit.page.locator("#stage .mark.true")).to_have_count(0)


def test_truth_of_a_known_photo_under_another_name(visit, samples):
    visit.upload("renamed.png", samples[3].path.read_bytes())
    verdict = visit.verdict("confident", "7")
    expect(verdict).to_contain_text("✗ Wrong: the true number is 1")
    visit.keep("wrong")


def test_real_photos_are_offered_with_their_truth(visit):
    visit.page.locator("#real").get_by_role("button", name="Doubtful").click()
    expect(visit.verdict("check", "1984")).to_contain_text("✓ Right")


def test_three_honest_states(visit):
    visit.upload("a.png", encoded(photo_of("1984")))
    visit.verdict("check", "Check this")
    visit.upload("b.png", encoded(photo_of(NOTHING)))
    visit.verdict("none", "No number found")
    expect(visit.page.locator("#evidence table")).to_have_count(0)
    expect(visit.page.locator("#stage .box")).to_have_count(0)
    expect(visit.page.locator("#evidence")).to_contain_text("Go closer")
    visit.upload("c.png", encoded(photo_of(MANY)))
    visit.verdict("long", "More than five digits")
    visit.keep("too-long")


def test_the_number_is_copied_and_saved_as_a_card(visit):
    visit.example("Clear")
    visit.verdict("confident")
    visit.page.get_by_role("button", name="Copy number").click()
    expect(visit.page.locator("#verdict .done")).to_have_text("Copied.")
    assert visit.page.evaluate("navigator.clipboard.readText()") == "42"
    with visit.page.expect_download() as download:
        visit.page.get_by_role("button", name="Save card").click()
    assert download.value.suggested_filename == "house-number-42.jpg"
    card = open_photo(download.value.path())
    assert card.shape[1] == 1200
    assert card.shape[0] > 900
    foot = card[-160:, 400:800].reshape(-1, 3).astype(int)
    assert (np.abs(foot - (29, 68, 127)).max(-1) < 30).mean() > 0.2  # the plate's blue


def test_the_whole_page_is_light(browser, address):
    context = browser.new_context(viewport=DESKTOP)
    visit = Visit(context, address)
    visit.page.wait_for_function(  # a connection of Gradio's is open for as long as the page: the network is never idle
        """() => {
            const seen = window.seen ??= {count: -1, since: 0}, count = performance.getEntriesByType('resource').length;
            if (count !== seen.count) Object.assign(seen, {count, since: performance.now()});
            return performance.now() - seen.since > 1000;
        }"""
    )
    size = visit.page.evaluate(
        """() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
            .reduce((sum, each) => sum + each.encodedBodySize, 0)"""
    )
    assert size <= 450_000
    context.close()


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("text.png", b"This is no picture.", "JPEG, PNG"),
        ("empty.png", b"", "empty"),
        (
            "cut.jpg",
            encoded(np.random.default_rng(0).integers(0, 255, (80, 80, 3), np.uint8), "JPEG")[:2000],
            "damaged",
        ),
    ],
    ids=["text", "empty", "truncated"],
)
def test_a_bad_file_is_a_sentence_and_the_page_goes_on(visit, name, data, sentence):
    visit.upload(name, data)
    visit.verdict("refused", sentence)
    expect(visit.page.locator("#stage .zone")).to_be_visible()
    visit.keep("bad-file")
    visit.example("Clear")
    visit.verdict("confident", "42")


def test_two_visitors_get_their_own(browser, address):
    wanted = {"7": "confident", "1984": "check"}
    contexts = [browser.new_context(viewport=DESKTOP) for _ in wanted]
    visits = [Visit(context, address) for context in contexts]
    for visit, number in zip(visits, wanted, strict=True):
        visit.upload("house.png", encoded(photo_of(number)))
    for visit, (number, state) in zip(visits, wanted.items(), strict=True):
        expect(visit.verdict(state)).to_have_attribute("data-number", number)
    for context in contexts:
        context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_phone_without_sideways_scrolling(browser, address, scheme):
    context = browser.new_context(viewport=PHONE, color_scheme=scheme, has_touch=True, is_mobile=True)
    visit = Visit(context, address)
    for name, state in (("Doubtful", "check"), ("Clear", "confident")):
        visit.page.locator("#examples").get_by_role("button", name=name).tap()
        visit.verdict(state)
        expect(visit.page.locator("table.digits")).to_be_visible()
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    dark = visit.page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g)[0] < 60")
    assert dark == (scheme == "dark")
    visit.keep(f"phone-{scheme}")
    context.close()


def test_keyboard_alone(visit):
    visit.page.locator("#examples button").first.focus()
    visit.page.keyboard.press("Tab")
    visit.page.keyboard.press("Enter")
    expect(visit.verdict("check").locator(".plate")).to_contain_text("1984")


def test_the_api_is_documented_on_the_page(visit):
    visit.page.get_by_role("button", name="Use via API").click()
    snippets = visit.page.get_by_text("handle_file('house.jpg')").filter(visible=True)
    expect(snippets.first).to_be_visible()
