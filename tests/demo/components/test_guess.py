import pytest
from helpers.fake_pipeline import NOTHING, FakePipeline, photo_of
from playwright.sync_api import expect

from svhn.reading import Reading


def test_the_closest_guess_is_shown_where_it_is_and_every_box_has_its_own_crop(watched, monkeypatch):
    visit, pipeline = watched  # which is never certain enough to report a number that it has found by itself
    monkeypatch.setattr(pipeline, "read_all", lambda photo: [Reading.nothing({}, guess=FakePipeline().read(photo))])
    page, crop = visit.page, visit.page.locator("#evidence figure img")
    guess, undo = page.get_by_role("button", name="Look at 1984?"), page.get_by_role("button", name="Remove the box")
    photo = photo_of("1984")
    photo[:, 60:, 0] = photo_of(NOTHING)[:, 60:, 0]
    expect(visit.read(photo, state="none")).to_contain_text("Closest guess: 1984 (41 %)")
    expect(crop).to_have_count(0)
    guess.click()
    visit.verdict("check", "41 %")
    assert visit.box() == pytest.approx([0.25, 0.25, 0.75, 0.75], abs=0.01)
    expect(page.locator("table.digits td.chosen:not(.past)")).to_have_count(4)
    crops = [crop.get_attribute("src")]
    visit.unfold("correct")
    for left, state in (("30", "check"), ("58", "none")):  # in the second the reader sees no number
        page.locator("#correct").get_by_label("Left").fill(left)
        visit.verdict(state)
        expect(crop).not_to_have_attribute("src", crops[-1])
        crops.append(crop.get_attribute("src"))
    expect(page.locator("table.digits td.chosen:not(.past)")).to_have_count(0)
    undo.click()
    visit.verdict("none", "Closest guess")
    expect(guess).to_be_visible()
    expect(crop).to_have_count(0)
