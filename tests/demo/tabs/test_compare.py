import threading
from collections.abc import Iterator

import numpy as np
import pytest
from helpers.browser_visit import Visit
from helpers.fake_networks import fake_networks, served
from helpers.fake_pipeline import NOTHING, encoded, photo_of
from helpers.waiting_pipeline import PATIENCE_S
from playwright.sync_api import Locator, expect


@pytest.fixture(scope="module")
def address(samples) -> Iterator[str]:
    """Of a page with several networks."""
    with served(fake_networks(), samples) as blocks:
        yield blocks.local_url


class Tab:
    """The tab as a visitor uses it."""

    def __init__(self, visit: Visit) -> None:
        self.visit, self.page = visit, visit.page
        self.page.get_by_role("tab", name="Compare").click()
        self.summary = self.page.locator("#compare-summary")
        self.cards = self.page.locator("#compare-readings li")
        self.table = self.page.locator("#compare-pairs table")
        self.pairs = self.page.locator("#compare-pairs summary")

    def example(self, name: str) -> Locator:
        return self.page.locator("#compare-examples").get_by_role("button", name=name)

    def upload(self, data: bytes) -> None:
        file = {"name": "house.png", "mimeType": "image/png", "buffer": data}
        self.page.locator("#compare-send [data-file=choose]").set_input_files(file)


@pytest.fixture
def tab(visit) -> Tab:
    return Tab(visit)


def test_a_photo_through_all_networks(tab):
    expect(tab.page.locator(".roll")).to_contain_text("the default")
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
    tab.page.get_by_label("Corner").check()
    expect(tab.summary.get_by_role("heading")).to_have_text("The readers disagree: 7 (2), 47 (1).")
    expect(tab.cards.first.locator(".brief b")).to_have_text("7")
    expect(tab.page.locator("#crop img")).not_to_have_attribute("src", crop)
    expect(tab.page.locator("#compare-places .cards li")).to_have_count(4)
    tab.example("Clear").click()
    expect(tab.summary).to_contain_text("42 (2)")
    expect(boxes).to_have_count(4)
    tab.page.get_by_label("The true box").check()
    expect(tab.summary).to_contain_text("42 (2)")


def test_a_broken_file_is_a_sentence_and_the_page_goes_on(tab):
    tab.example("Clear").click()
    expect(tab.pairs).to_be_visible()
    for data, sentence in (
        (b"This is no picture.", "not a picture"),
        (encoded(np.zeros((9000, 5000, 3), np.uint8)), "at most 40 megapixels"),
    ):
        tab.upload(data)
        expect(tab.summary).to_contain_text(sentence)
        expect(tab.pairs).to_be_hidden()
    tab.upload(encoded(photo_of(NOTHING)))
    expect(tab.summary).to_contain_text("no number (2), 47 (1)")


def test_on_from_one_photo(visit):
    page = visit.page
    visit.read("128", "128")
    page.get_by_role("button", name="Advanced").click()
    page.get_by_role("button", name="Compare all models on this photo").click()
    expect(page.locator("#compare-summary")).to_contain_text("128 (2), 47 (1)")
    expect(page.get_by_role("tab", name="Compare")).to_have_attribute("aria-selected", "true")


def test_nothing_to_compare_with_a_single_pair(page, new_visit):
    visit = new_visit(page.local_url)
    expect(visit.page.get_by_role("tab", name="API")).to_be_visible()
    expect(visit.page.get_by_role("tab", name="Compare")).to_have_count(0)
    visit.page.get_by_role("button", name="Advanced").click()
    expect(visit.page.locator("#threshold")).to_be_visible()
    expect(visit.page.locator("#networks")).to_be_hidden()


def test_a_forgotten_photo_is_reported(launch, new_visit, samples):
    blocks = launch(fake_networks(), samples)
    tab = Tab(new_visit(blocks.local_url))
    tab.example("Clear").click()
    expect(tab.pairs).to_be_visible()
    for session in list(blocks.state_holder.session_data.values()):
        for key in list(session.state_data):
            session.state_data[key] = None
    tab.page.get_by_label("Near").check()
    expect(tab.page.get_by_test_id("toast-body")).to_contain_text("expired")


def test_nothing_of_a_photo_is_kept_for_the_next(launch, new_visit, samples):
    networks, go_on = fake_networks(), threading.Semaphore(0)
    finds = networks.default.localizer
    locate = finds.locate
    finds.locate = lambda photo: locate(photo) if go_on.acquire(timeout=PATIENCE_S) else None
    tab = Tab(new_visit(launch(networks, samples).local_url))
    go_on.release()
    tab.example("Clear").click()
    expect(tab.pairs).to_be_visible()
    tab.upload(encoded(photo_of("128")))
    expect(tab.summary).to_contain_text("Reading …")
    for part in ("#compare-places", "#compare-readings", "#compare-crop", "#compare-pairs", ".roll"):
        expect(tab.page.locator(part)).to_be_hidden()
    go_on.release()
    expect(tab.summary.get_by_role("heading")).to_have_text("The readers disagree: 128 (2), 47 (1).")
    expect(tab.cards.first).to_contain_text("128")
