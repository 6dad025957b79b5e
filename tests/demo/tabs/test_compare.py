import threading

import pytest
from helpers.browser_visit import Visit
from helpers.fake_pipeline import NOTHING, PATIENCE_S, encoded, photo_of
from playwright.sync_api import Locator, expect


class Tab:
    def __init__(self, visit: Visit) -> None:
        self.visit, self.page = visit, visit.page
        visit.open_tab("Compare")
        self.summary = self.page.locator("#compare-summary")
        self.cards = self.page.locator("#compare-readings li")
        self.table = self.page.locator("#compare-pairs table")
        self.pairs = self.page.locator("#compare-pairs summary")

    def example(self, name: str) -> Locator:
        return self.page.locator("#compare-examples").get_by_role("button", name=name)

    def upload(self, data: bytes) -> None:
        self.visit.upload("house.png", data, "compare-send")


@pytest.fixture
def tab(used_visit, full_page) -> Tab:
    tab = Tab(used_visit(full_page.address))
    tab.upload(b"")  # nothing is left of the test before
    expect(tab.summary).to_contain_text("empty")
    return tab


def test_a_photo_through_all_networks(tab):
    tab.example("Clear").click()
    expect(tab.summary.get_by_role("heading")).to_have_text("The readers disagree: 42 (2), 47 (1).")
    expect(tab.summary).to_contain_text("2 of 3 right: the true number is 42.")
    expect(tab.page.locator("#compare-places .cards li")).to_have_count(4)
    expect(tab.page.locator("#compare-places .cards li").nth(1)).to_contain_text("IoU 0.83")
    expect(tab.cards.nth(2)).to_contain_text("✗ Wrong")
    expect(tab.cards.nth(2)).not_to_contain_text("Differs")
    expect(tab.table.locator("tbody td")).to_have_count(12)
    expect(tab.table).to_contain_text("47 ✗ wrong")
    expect(tab.page.locator(".roll")).to_be_hidden()
    tab.page.wait_for_function("[...document.images].every(image => image.naturalWidth > 0)")
    tab.page.mouse.move(2, 2)  # it points at nothing, wherever the page is scrolled to
    tab.cards.nth(2).locator('.digits td[tabindex="0"]').focus()  # values are read out on the card they belong to
    expect(tab.cards.locator(".readout").nth(2)).to_contain_text("1st digit is 4: 99.")
    expect(tab.cards.locator(".readout").nth(0)).to_be_empty()


def test_the_crop_of_another_box(tab):
    photo = photo_of("42")
    photo[:20, :24] = photo_of("7")[:20, :24]  # where the third localizer looks, and beyond
    tab.upload(encoded(photo))
    boxes = tab.page.locator("#crop-of").get_by_role("radio")
    expect(boxes).to_have_count(3)  # the fourth finds nothing, and nobody knows the truth
    expect(boxes.first).to_be_checked()
    expect(tab.table.locator("tbody tr").nth(2)).to_contain_text("7 ≠ differs")
    crop = tab.page.locator("#crop img").get_attribute("src")
    tab.page.locator("#crop-of").get_by_label("Corner").check()
    expect(tab.summary.get_by_role("heading")).to_have_text("The readers disagree: 7 (2), 47 (1).")
    expect(tab.cards.first.locator(".brief b")).to_have_text("7")
    expect(tab.page.locator("#crop img")).not_to_have_attribute("src", crop)
    expect(tab.page.locator("#compare-places .cards li")).to_have_count(4)
    tab.example("Clear").click()
    expect(tab.summary).to_contain_text("42 (2)")
    expect(boxes).to_have_count(4)
    tab.page.locator("#crop-of").get_by_label("The true box").check()
    expect(tab.summary).to_contain_text("42 (2)")


def test_a_broken_file_is_a_sentence_and_the_page_goes_on_also_from_one_photo(tab):
    tab.example("Clear").click()
    expect(tab.pairs).to_be_visible()
    tab.upload(b"This is no picture.")
    expect(tab.summary).to_contain_text("not a picture")
    expect(tab.pairs).to_be_hidden()
    tab.visit.open_tab("One photo")
    tab.visit.read(NOTHING, state="none")
    tab.visit.unfold("advanced")
    tab.page.get_by_role("button", name="Compare all models on this photo").click()
    expect(tab.summary).to_contain_text("no number (2), 47 (1)")
    expect(tab.page.get_by_role("tab", name="Compare")).to_have_attribute("aria-selected", "true")


def test_a_forgotten_photo_is_reported_and_nothing_of_one_is_kept_for_the_next(tab, full_page, monkeypatch):
    tab.example("Clear").click()
    expect(tab.pairs).to_be_visible()
    sessions = full_page.blocks.state_holder.session_data
    for session in list(sessions.values()):
        for key in list(session.state_data):
            session.state_data[key] = None
    tab.page.locator("#crop-of").get_by_label("Near").check()
    expect(tab.page.get_by_test_id("toast-body")).to_contain_text("expired")
    finds, go_on = full_page.networks.default.localizer, threading.Semaphore(0)
    locate = finds.locate
    monkeypatch.setattr(finds, "locate", lambda photo: locate(photo) if go_on.acquire(timeout=PATIENCE_S) else None)
    tab.upload(encoded(photo_of("128")))
    expect(tab.summary).to_contain_text("Reading …")
    for part in ("#compare-places", "#compare-readings", "#compare-crop", "#compare-pairs", ".roll"):
        expect(tab.page.locator(part)).to_be_hidden()
    go_on.release()
    expect(tab.summary.get_by_role("heading")).to_have_text("The readers disagree: 128 (2), 47 (1).")
    expect(tab.cards.first).to_contain_text("128")
