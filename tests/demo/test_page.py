import numpy as np
import pytest
from helpers.fake_pipeline import MANY, NOTHING
from playwright.sync_api import expect

from svhn.images.decode import open_photo


def test_one_click_on_an_example_and_the_number_is_copied_and_saved_as_a_card(visit):
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
    with visit.page.expect_download() as download:
        visit.page.get_by_role("button", name="Save card").click()
    assert download.value.suggested_filename == "house-number-42.jpg"
    card = open_photo(download.value.path())
    assert card.shape[1] == 1200
    assert card.shape[0] > 900
    foot = card[-160:, 400:800].reshape(-1, 3).astype(int)
    assert (np.abs(foot - (29, 68, 127)).max(-1) < 30).mean() > 0.2  # the plate's blue


def test_truth_of_known_photos_and_honest_states(visit, samples):
    expect(visit.read("30512", "30512")).not_to_contain_text("true number")
    expect(visit.page.locator("#stage .legend")).not_to_contain_text("Ground truth")
    expect(visit.page.locator("#stage .mark.true")).to_have_count(0)
    visit.upload("renamed.png", samples[3].path.read_bytes())
    expect(visit.verdict("confident", "7")).to_contain_text("✗ Wrong: the true number is 1")
    visit.page.locator("#real").get_by_role("button", name="Doubtful").click()
    expect(visit.verdict("check", "1984")).to_contain_text("✓ Right")
    visit.read(NOTHING, "No number found", "none")
    expect(visit.page.locator("#evidence table, #stage .box")).to_have_count(0)
    visit.read(MANY, "More than five digits", "long")


def test_the_whole_page_is_light(visit):
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
