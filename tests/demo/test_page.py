import numpy as np
import pytest
from helpers.fake_pipeline import MANY
from playwright.sync_api import expect

from svhn.images.decode import open_photo


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
    with visit.page.expect_download() as download:
        visit.page.get_by_role("button", name="Save card").click()
    assert download.value.suggested_filename == "house-number-42.jpg"
    card = open_photo(download.value.path())
    assert card.shape[1] == 1200
    assert card.shape[0] > 900
    foot = card[-160:, 400:800].reshape(-1, 3).astype(int)
    assert (np.abs(foot - (29, 68, 127)).max(-1) < 30).mean() > 0.2  # the plate's blue
    expect(visit.read("30512", "30512")).not_to_contain_text("true number")
    expect(visit.page.locator("#stage .legend")).not_to_contain_text("Ground truth")
    expect(visit.page.locator("#stage .mark.true")).to_have_count(0)
    visit.read(MANY, "More than five digits", "long")
