"""The tab "One photo": doubt that is re-decided, several numbers, and the figures of every cell."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator

import gradio as gr
import numpy as np
import pytest
from helpers.browser_visit import DESKTOP, PHONE, Visit, near
from helpers.fake_pipeline import NOTHING, FakePipeline, alone, encoded, photo_of, reading_of, two_numbers
from playwright.sync_api import Browser, BrowserContext, Locator, expect

from demo import config, ui
from demo.components.inputs import SentPhoto
from demo.ground_truth import TruthIndex, fingerprint
from demo.server.options import launch_options
from demo.session import PhotoResult
from demo.tabs import single
from svhn import draw
from svhn.boxes import Box
from svhn.data.annotations import Sample
from svhn.reading import Reading

PATIENCE_S = 60
Launch = Callable[..., gr.Blocks]


class Counts(FakePipeline):
    """Counts what the networks would have been run for, and may be told to wait before it reads."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.begin()

    def begin(self) -> None:
        self.photos = self.boxes = 0
        self.started = threading.Semaphore(0)
        self.go_on.set()

    def read_all(self, photo: np.ndarray) -> list[Reading]:
        self.photos += 1
        self.started.release()
        assert self.go_on.wait(PATIENCE_S)
        return super().read_all(photo)

    def read_boxes(self, photo: np.ndarray, boxes: list[Box]) -> list[Reading]:
        self.boxes += 1
        return super().read_boxes(photo, boxes)


class Turns(FakePipeline):
    """Reads a photo only when it is told to."""

    def __init__(self) -> None:
        self.started, self.go_on = threading.Semaphore(0), threading.Semaphore(0)

    def read_all(self, photo: np.ndarray) -> list[Reading]:
        self.started.release()
        assert self.go_on.acquire(timeout=PATIENCE_S)
        return super().read_all(photo)


@pytest.fixture
def turns(launch: Launch, samples: list[Sample], context: BrowserContext) -> tuple[Visit, Turns]:
    """A visit to a page that reads when it is told to, and its pipeline."""
    pipeline = Turns()
    return Visit(context, launch(pipeline, samples).local_url), pipeline


@pytest.fixture(scope="module")
def counts() -> Counts:
    return Counts()


@pytest.fixture(scope="module")
def counted_address(counts: Counts, samples: list[Sample]) -> Iterator[str]:
    blocks = ui.build(alone(counts), TruthIndex(), samples)
    blocks.launch(prevent_thread_lock=True, quiet=True, **launch_options())
    yield blocks.local_url
    blocks.close(verbose=False)


@pytest.fixture
def counted(counts: Counts, counted_address: str, context: BrowserContext) -> Visit:
    """A visit to a page whose readings are counted."""
    counts.begin()
    return Visit(context, counted_address)


def chosen(page: Locator) -> Locator:
    return page.locator("table.digits td.chosen:not(.past)")


def test_the_threshold_decides_again_without_the_networks(counted: Visit, counts: Counts) -> None:
    threshold = counted.page.locator("#threshold")
    expect(threshold).to_be_hidden()
    counted.upload("a.png", encoded(photo_of("7")))
    counted.verdict("sure", "97 %")
    expect(threshold.get_by_role("slider")).to_have_value(str(round(FakePipeline.unsure_below * 100)))
    threshold.get_by_role("slider").fill("98")
    expect(counted.verdict("unsure", "97 %").locator(".plate")).to_have_text("7")
    threshold.get_by_role("spinbutton").fill("97")
    counted.verdict("sure", "97 %")
    threshold.get_by_role("slider").focus()
    counted.page.keyboard.press("ArrowRight")
    counted.verdict("unsure", "97 %")
    for typed, state in (("", "sure"), ("500", "unsure"), ("-3", "sure")):
        threshold.get_by_role("spinbutton").fill(typed)
        counted.verdict(state, "97 %")
    assert (counts.photos, counts.boxes) == (1, 0)


def test_the_threshold_stays_for_the_next_photo(counted: Visit) -> None:
    counted.upload("a.png", encoded(photo_of("1984")))
    counted.verdict("unsure", "41 %")
    counted.page.locator("#threshold").get_by_role("slider").fill("30")
    counted.verdict("sure", "41 %")
    counted.clear()
    counted.verdict("idle")
    counted.upload("b.png", encoded(photo_of(NOTHING)))
    counted.verdict("none")
    expect(counted.page.locator("#threshold")).to_be_hidden()
    counted.clear()
    counted.upload("c.png", encoded(photo_of("1984")))
    counted.verdict("sure", "41 %")
    expect(counted.page.locator("#threshold").get_by_role("slider")).to_have_value("30")
    counted.page.locator("#threshold").get_by_label("Reset").click()
    counted.verdict("unsure", "41 %")


def test_the_threshold_waits_for_nobody_s_reading(counted: Visit, counts: Counts) -> None:
    counted.upload("a.png", encoded(photo_of("7")))
    counted.verdict("sure", "97 %")
    assert counts.started.acquire(timeout=PATIENCE_S)
    counts.go_on.clear()
    try:
        for other in [Visit(counted.page.context, counted.page.url) for _ in range(config.CONCURRENT_READS)]:
            other.upload("b.png", encoded(photo_of("42")))
            assert counts.started.acquire(timeout=PATIENCE_S)
        counted.page.locator("#threshold").get_by_role("slider").fill("98")
        counted.verdict("unsure", "97 %")
    finally:
        counts.go_on.set()


def test_the_three_likeliest_readings(visit: Visit) -> None:
    visit.upload("a.png", encoded(photo_of("30512")))
    visit.verdict("sure", "30512")
    rows = visit.page.locator("#likeliest li")
    expect(rows).to_have_count(3)
    (first, p), *_ = reading_of("30512", photo_of("30512")).likeliest(3)
    expect(rows.first).to_contain_text(first)
    expect(rows.first).to_contain_text(f"{p:.0%}".replace("%", " %"))
    expect(visit.page.locator("#likeliest .quiet")).to_have_count(0)
    visit.page.locator("#examples").get_by_role("button", name="Clear").click()
    visit.verdict("sure", ">99 %")
    expect(visit.page.locator("#likeliest .quiet li")).to_have_count(3)
    expect(visit.page.locator("#likeliest .quiet .bar").first).not_to_be_visible()


def test_another_number_of_the_photo_is_looked_at_without_the_networks(counted: Visit, counts: Counts) -> None:
    counted.upload("a.png", encoded(two_numbers("42", "128")))
    counted.verdict("sure", "42")
    which = counted.page.locator("#which")
    expect(which.get_by_role("radio")).to_have_count(2)
    expect(which.get_by_role("radio", name="42")).to_be_checked()
    expect(counted.page.locator("#legend")).to_contain_text("thin green: other numbers")
    picture, source = counted.found(), counted.page.locator("#found img").get_attribute("src")
    crop = counted.page.locator("#evidence figure img").get_attribute("src")
    right = slice(round(picture.shape[1] * 0.79), None)  # where the other number is
    thin = near(picture[:, right], draw.FOUND)
    assert thin > 100

    which.get_by_role("radio", name="128").check()
    counted.verdict("sure", "90 %")
    expect(counted.page.locator("#verdict .plate")).to_have_text("128")
    expect(counted.page.locator("table.digits thead b")).to_have_text(["1", "2", "8", "–", "–"])
    expect(counted.page.locator("#likeliest li").first).to_contain_text("128")
    expect(counted.page.locator("#found img")).not_to_have_attribute("src", source)
    expect(counted.page.locator("#found img")).to_have_attribute(
        "alt", "Your photo: 128 in a solid green box, 42 in a thin one"
    )
    expect(counted.page.locator("#evidence figure img")).to_have_attribute("src", crop)  # the stand-in's is the same
    assert near(counted.found()[:, right], draw.FOUND) > 1.5 * thin

    counted.page.locator("#threshold").get_by_role("slider").fill("95")
    expect(counted.verdict("unsure", "90 %").locator(".plate")).to_have_text("128")
    which.get_by_role("radio", name="42").focus()
    counted.page.keyboard.press("Space")
    expect(counted.verdict("sure", ">99 %").locator(".plate")).to_have_text("42")
    assert (counts.photos, counts.boxes) == (1, 0)


def test_the_choice_is_there_only_for_several_numbers(visit: Visit) -> None:
    which = visit.page.locator("#which")
    for number, other, shown in (("42", "128", True), ("42", "42", False), ("7", "1984", True), (NOTHING, "7", False)):
        visit.upload("a.png", encoded(two_numbers(number, other)))
        visit.verdict("none" if number == NOTHING else "sure", number)
        expect(which).to_be_visible(visible=shown)
        if shown:
            expect(which.get_by_role("radio")).to_have_count(2)
            expect(which.get_by_role("radio", name=number, exact=True)).to_be_checked()
            which.get_by_role("radio", name=other).check()  # the next photo begins with its own first number
            visit.verdict("unsure" if other == "1984" else "sure", other)
        visit.clear()
        visit.verdict("idle")
        expect(which).to_be_hidden()


def nothing_of_a_photo_is_seen(visit: Visit) -> None:
    for part in ("found", "legend", "timing", "which", "why", "correct", "threshold"):
        expect(visit.page.locator(f"#{part}")).to_be_hidden()
    expect(visit.page.locator(".likeliest, .evidence, #because > *")).to_have_count(0)


def test_nothing_of_a_photo_stays_beside_the_next(turns: tuple[Visit, Turns]) -> None:
    visit, pipeline = turns
    visit.upload("a.png", encoded(photo_of("7")))
    visit.verdict("reading", "Reading …")
    visit.clear()  # while it waits
    visit.verdict("idle")
    pipeline.go_on.release(2)
    visit.upload("a.png", encoded(two_numbers("42", "128")))
    visit.verdict("sure", "42")
    visit.page.get_by_role("button", name="Why this number?").click()
    expect(visit.page.locator("#because .heat > img")).to_be_visible()
    visit.page.locator("#examples").get_by_role("button", name="Doubtful").click()
    visit.verdict("reading", "Reading …")
    nothing_of_a_photo_is_seen(visit)
    visit.clear()
    visit.verdict("idle")
    nothing_of_a_photo_is_seen(visit)
    pipeline.go_on.release()
    visit.page.locator("#examples").get_by_role("button", name="Clear").click()
    visit.verdict("reading")
    pipeline.go_on.release()
    expect(visit.verdict("sure").locator(".plate")).to_have_text("42")
    expect(visit.page.locator("#correct")).to_be_visible()


def test_what_was_read_too_late_does_not_stay_beside_the_next(turns: tuple[Visit, Turns]) -> None:
    visit, pipeline = turns
    visit.upload("a.png", encoded(photo_of("42")))
    assert pipeline.started.acquire(timeout=PATIENCE_S)
    visit.page.locator("#examples").get_by_role("button", name="Doubtful").click()  # while the first is being read
    expect(visit.page.locator("#photo img")).to_have_attribute("src", re.compile("doubtful"))
    pipeline.go_on.release()
    assert pipeline.started.acquire(timeout=PATIENCE_S)  # the first has been answered, and the next has its turn
    visit.verdict("reading")
    visit.page.wait_for_timeout(1000)  # for what follows an answer
    visit.verdict("reading")
    nothing_of_a_photo_is_seen(visit)
    pipeline.go_on.release()
    expect(visit.verdict("unsure").locator(".plate")).to_have_text("1984")
    expect(visit.page.locator("#correct")).to_be_visible()


def test_every_cell_tells_its_figures(visit: Visit) -> None:
    visit.upload("a.png", encoded(photo_of("42")))
    visit.verdict("sure", "42")
    readout = visit.page.locator("#evidence .readout")
    expect(readout).to_contain_text("Point at a cell")
    chosen(visit.page).first.hover()
    expect(readout).to_have_text("2nd digit is 2: 90.0 %")
    visit.page.locator("table.digits tbody tr").nth(3).locator("td").nth(4).hover()
    expect(readout).to_have_text("5th digit is 3: 1.0 %")
    visit.page.locator("table.length td.chosen").hover()
    expect(readout).to_have_text("The number has 2 digits: 94.0 %")
    visit.clear()
    visit.upload("b.png", encoded(photo_of("7")))
    visit.verdict("sure", "7")
    expect(readout).to_contain_text("Point at a cell")
    chosen(visit.page).hover()
    expect(readout).to_have_text("1st digit is 7: 90.0 %")


def test_the_figures_by_keyboard(visit: Visit) -> None:
    visit.upload("a.png", encoded(photo_of("42")))
    visit.verdict("sure", "42")
    readout = visit.page.locator("#evidence .readout")
    visit.page.locator('table.digits td[tabindex="0"]').focus()
    expect(readout).to_have_text("1st digit is 4: 90.0 %")
    for key, said in (
        ("ArrowUp", "1st digit is 3: 1.0 %"),
        ("ArrowRight", "2nd digit is 3: 1.0 %"),
        ("ArrowLeft", "1st digit is 3: 1.0 %"),
        ("ArrowLeft", "1st digit is 3: 1.0 %"),  # the edge
        ("ArrowDown", "1st digit is 4: 90.0 %"),
        ("Tab", "The number has 2 digits: 94.0 %"),
        ("Shift+Tab", "1st digit is 4: 90.0 %"),
    ):
        visit.page.keyboard.press(key)
        expect(readout).to_have_text(said)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_first_reading_in_one_click_without_scrolling(browser: Browser, address: str, size: dict) -> None:
    touch = size is PHONE
    context = browser.new_context(viewport=size, has_touch=touch, is_mobile=touch)
    visit = Visit(context, address)
    example = visit.page.locator("#examples").get_by_role("button", name="Clear")
    expect(example).to_be_in_viewport(ratio=1)
    example.tap() if touch else example.click()
    expect(visit.verdict("sure").locator(".plate")).to_be_in_viewport(ratio=1)
    assert visit.page.evaluate("scrollY") == 0
    cell = chosen(visit.page).first
    cell.tap() if touch else cell.click()
    expect(visit.page.locator("#evidence .readout")).to_have_text("2nd digit is 2: 90.0 %")
    expect(visit.page.locator("#evidence .readout")).to_be_in_viewport(ratio=1)
    context.close()


def test_tables_stay_tables(visit: Visit) -> None:
    visit.upload("a.png", encoded(photo_of("42")))
    visit.verdict("sure", "42")
    for name, columns, rows in (("digits", 5, 11), ("length", 7, 0)):
        table = visit.page.locator(f"table.{name}")
        expect(table.locator("caption")).not_to_be_empty()
        expect(table.locator('th[scope="col"]')).to_have_count(columns)
        expect(table.locator('th[scope="row"]')).to_have_count(rows)
    figures = visit.page.get_by_role("table", name="Probability of every digit").get_by_role("cell", name="90 %")
    expect(figures).to_have_count(5)


def test_what_was_forgotten_is_told() -> None:
    photo = SentPhoto("a.png", encoded(photo_of("42")))
    findings = PhotoResult(fingerprint(photo.data), (reading_of("42", photo_of("42")),), None, FakePipeline())
    with pytest.raises(gr.Error, match="forgotten"):
        single.decide(0.5, None, None)
    with pytest.raises(gr.Error, match="forgotten"):
        single.look_at(None, 0.5, findings, 0)
    with pytest.raises(gr.Error, match="forgotten"):
        single.look_at(photo, 0.5, None, 0)
    with pytest.raises(gr.Error, match="forgotten"):  # boxes of one photo on another
        single.look_at(SentPhoto("b.png", encoded(photo_of("7"))), 0.5, findings, 0)
    assert 'data-state="sure"' in single.look_at(photo, 0.5, findings, 0)[0]
