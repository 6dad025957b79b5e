"""The tab "One photo": doubt that is decided again, several numbers, and the exact value of every cell."""

from collections.abc import Iterator

import gradio as gr
import pytest
from helpers.browser_visit import DESKTOP, PHONE, Visit
from helpers.fake_pipeline import NOTHING, SIZE, FakePipeline, alone, encoded, photo_of, reading_of, two_numbers
from helpers.waiting_pipeline import PATIENCE_S, Counts
from playwright.sync_api import Locator, expect

from demo import config, ui
from demo.components.inputs import SentPhoto
from demo.ground_truth import TruthIndex, fingerprint
from demo.server.options import launch_options
from demo.session import PhotoResult
from demo.tabs import single


@pytest.fixture(scope="module")
def counts() -> Counts:
    return Counts()


@pytest.fixture(scope="module")
def counted_address(counts, samples) -> Iterator[str]:
    blocks = ui.build(alone(counts), TruthIndex(), samples)
    blocks.launch(prevent_thread_lock=True, quiet=True, **launch_options())
    yield blocks.local_url
    blocks.close(verbose=False)


@pytest.fixture
def counted(counts, counted_address, context) -> Visit:
    """A visit to a page whose readings are counted."""
    counts.begin()
    return Visit(context, counted_address)


def threshold(visit: Visit) -> Locator:
    """The slider with its field, unfolded."""
    part = visit.page.locator("#threshold")
    if not part.is_visible():
        visit.page.locator("#advanced button.label-wrap").click()
    expect(part).to_be_visible()
    return part


def chosen(visit: Visit) -> Locator:
    return visit.page.locator("table.digits td.chosen:not(.past)")


def test_the_threshold_decides_again_without_the_networks(counted, counts):
    counted.upload("a.png", encoded(photo_of("7")))
    counted.verdict("confident", "97 %")
    slider = threshold(counted).get_by_role("slider")
    expect(slider).to_have_value(str(round(FakePipeline.unsure_below * 100)))
    slider.fill("98")
    expect(counted.verdict("check", "97 %").locator(".plate")).to_have_text("7")
    threshold(counted).get_by_role("spinbutton").fill("97")
    counted.verdict("confident", "97 %")
    slider.focus()
    counted.page.keyboard.press("ArrowRight")
    counted.verdict("check", "97 %")
    for typed, state in (("", "confident"), ("500", "check"), ("-3", "confident")):
        threshold(counted).get_by_role("spinbutton").fill(typed)
        counted.verdict(state, "97 %")
    assert (counts.photos, counts.boxes) == (1, 0)


def test_the_threshold_is_kept_for_the_next_photo(counted):
    counted.upload("a.png", encoded(photo_of("1984")))
    counted.verdict("check", "41 %")
    threshold(counted).get_by_role("slider").fill("30")
    counted.verdict("confident", "41 %")
    counted.upload("b.png", encoded(photo_of(NOTHING)))
    counted.verdict("none")
    counted.upload("c.png", encoded(photo_of("1984")))
    counted.verdict("confident", "41 %")
    expect(threshold(counted).get_by_role("slider")).to_have_value("30")
    threshold(counted).get_by_label("Reset").click()
    counted.verdict("check", "41 %")


def test_the_threshold_waits_for_nobody_s_reading(counted, counts):
    counted.upload("a.png", encoded(photo_of("7")))
    counted.verdict("confident", "97 %")
    assert counts.started.acquire(timeout=PATIENCE_S)
    counts.go_on.clear()
    try:
        for other in [Visit(counted.page.context, counted.page.url) for _ in range(config.CONCURRENT_READS)]:
            other.upload("b.png", encoded(photo_of("42")))
            assert counts.started.acquire(timeout=PATIENCE_S)
        threshold(counted).get_by_role("slider").fill("98")
        counted.verdict("check", "97 %")
    finally:
        counts.go_on.set()


def test_the_three_likeliest_readings(visit):
    visit.upload("a.png", encoded(photo_of("30512")))
    visit.verdict("confident", "30512")
    rows = visit.page.locator(".likeliest li")
    expect(rows).to_have_count(3)
    (first, p), *_ = reading_of("30512", photo_of("30512")).likeliest(3)
    expect(rows.first).to_contain_text(first)
    expect(rows.first).to_contain_text(f"{p:.0%}".replace("%", " %"))
    expect(visit.page.locator(".likeliest.quiet")).to_have_count(0)
    visit.example("Clear")
    visit.verdict("confident", ">99 %")
    expect(visit.page.locator(".likeliest.quiet li")).to_have_count(3)
    expect(visit.page.locator(".likeliest.quiet .bar").first).not_to_be_visible()


def test_another_number_of_the_photo_is_looked_at_without_the_networks(counted, counts):
    page = counted.page
    counted.upload("a.png", encoded(two_numbers("42", "128")))
    expect(counted.verdict("confident").locator(".plate")).to_have_text("42")
    expect(page.locator("#stage .legend")).to_contain_text("Other numbers")
    expect(page.locator("#stage .thin")).to_have_count(1)
    other = counted.box("thin")
    assert other == pytest.approx([0.8, 0.3, 0.95, 0.6], abs=0.02)

    page.locator("#stage").get_by_role("button", name="Look at 128").click()
    expect(counted.verdict("confident", "90 %").locator(".plate")).to_have_text("128")
    expect(page.locator("table.digits thead b")).to_have_text(["1", "2", "8", "–", "–"])
    expect(page.locator(".likeliest li").first).to_contain_text("128")
    assert counted.box() == pytest.approx(other, abs=0.02)
    expect(page.locator("#stage img.photo")).to_have_attribute(
        "alt", "Your photo: 128 in a solid green box, 42 in a thin one"
    )
    threshold(counted).get_by_role("slider").fill("95")
    expect(counted.verdict("check", "90 %").locator(".plate")).to_have_text("128")
    page.locator("#verdict").get_by_role("button", name="42").press("Enter")
    expect(counted.verdict("confident", ">99 %").locator(".plate")).to_have_text("42")
    assert (counts.photos, counts.boxes) == (1, 0)


def test_other_numbers_are_named_only_where_there_are_any(visit):
    for number, other, shown in (("42", "128", 1), ("42", "42", 0), ("7", "1984", 1), (NOTHING, "7", 0)):
        visit.upload(f"{number}-{other}.png", encoded(two_numbers(number, other)))
        visit.verdict("none" if number == NOTHING else "confident", number)
        expect(visit.page.locator("#verdict [data-pick]")).to_have_count(shown)
        expect(visit.page.locator("#stage .thin")).to_have_count(shown)


def test_every_cell_has_its_exact_value(visit):
    visit.upload("a.png", encoded(photo_of("42")))
    visit.verdict("confident", "42")
    readout = visit.page.locator("#evidence .readout")
    expect(readout).to_have_text("Hover or tap for exact values.")
    chosen(visit).first.hover()
    expect(readout).to_have_text("2nd digit is 2: 90.0 %")
    visit.page.locator("table.digits tbody tr").nth(3).locator("td").nth(4).hover()
    expect(readout).to_have_text("5th digit is 3: 1.0 %")
    visit.page.locator("table.length td.chosen").hover()
    expect(readout).to_have_text("The number has 2 digits: 94.0 %")
    visit.upload("b.png", encoded(photo_of("7")))
    visit.verdict("confident", "7")
    chosen(visit).hover()
    expect(readout).to_have_text("1st digit is 7: 90.0 %")


def test_the_exact_values_by_keyboard(visit):
    visit.upload("a.png", encoded(photo_of("42")))
    visit.verdict("confident", "42")
    readout = visit.page.locator("#evidence .readout")
    visit.page.locator('table.digits td[tabindex="0"]').focus()
    expect(readout).to_have_text("1st digit is 4: 90.0 %")
    for key, value in (
        ("ArrowUp", "1st digit is 3: 1.0 %"),
        ("ArrowRight", "2nd digit is 3: 1.0 %"),
        ("ArrowLeft", "1st digit is 3: 1.0 %"),
        ("ArrowLeft", "1st digit is 3: 1.0 %"),  # the edge
        ("ArrowDown", "1st digit is 4: 90.0 %"),
        ("Tab", "The number has 2 digits: 94.0 %"),
        ("Shift+Tab", "1st digit is 4: 90.0 %"),
    ):
        visit.page.keyboard.press(key)
        expect(readout).to_have_text(value)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_first_reading_in_one_click_without_scrolling(browser, address, size):
    touch = size is PHONE
    context = browser.new_context(viewport=size, has_touch=touch, is_mobile=touch)
    visit = Visit(context, address)
    example = visit.page.locator("#examples").get_by_role("button", name="Clear")
    expect(example).to_be_in_viewport(ratio=1)
    example.tap() if touch else example.click()
    expect(visit.verdict("confident").locator(".plate")).to_be_in_viewport(ratio=1)
    assert visit.page.evaluate("scrollY") == 0
    cell = chosen(visit).first
    cell.tap() if touch else cell.click()
    expect(visit.page.locator("#evidence .readout")).to_have_text("2nd digit is 2: 90.0 %")
    context.close()


def test_tables_are_tables(visit):
    visit.upload("a.png", encoded(photo_of("42")))
    visit.verdict("confident", "42")
    for name, columns, rows in (("digits", 5, 11), ("length", 7, 0)):
        table = visit.page.locator(f"table.{name}")
        expect(table.locator("caption")).not_to_be_empty()
        expect(table.locator('th[scope="col"]')).to_have_count(columns)
        expect(table.locator('th[scope="row"]')).to_have_count(rows)
    likely = visit.page.get_by_role("table", name="Probability of every digit").get_by_role("cell", name="90 %")
    expect(likely).to_have_count(5)


def test_an_expired_photo_is_a_sentence():
    photo = SentPhoto("a.png", encoded(photo_of("42")))
    result = PhotoResult(fingerprint(photo.data), (reading_of("42", photo_of("42")),), None, FakePipeline(), SIZE)
    other = SentPhoto("b.png", encoded(photo_of("7")))
    box = [24, 16, 72, 48]
    for sent, kept, index in (
        (None, result, 0),
        (photo, None, 0),
        (other, result, 0),
        (photo, result, 5),
        (photo, result, "0"),
    ):
        with pytest.raises(gr.Error, match="expired"):
            single.look_at(sent, 0.5, kept, index)
    for sent, kept in ((None, result), (photo, None), (other, result)):
        with pytest.raises(gr.Error, match="expired"):
            single.read_box(sent, 0.5, kept, box)
    assert 'data-state="confident"' in single.look_at(photo, 0.5, result, 0)[1]
    assert 'data-state="confident"' in single.read_box(photo, 0.5, result, box)[1]
