from dataclasses import replace

import pytest
from helpers.browser_visit import ON_PHONE, Visit, near, touch
from helpers.fake_pipeline import NOTHING, SIZE, FakePipeline, photo_of, reading_of
from playwright.sync_api import expect

from svhn.images.decode import open_photo
from svhn.images.draw import FOUND

SMALL, OTHER = (40, 24, 50, 30), (60, 50, 63, 58)  # of a photo of 96 × 64 pixels


def shares(box: tuple[float, ...]) -> list[float]:
    return [side / SIZE[i % 2] for i, side in enumerate(box)]


def test_small_boxes_lie_where_they_are_and_nothing_lies_over_their_numbers(launch, samples, new_visit):
    pipeline, found = FakePipeline(), (("42", SMALL), ("7", OTHER))
    pipeline.read_all = lambda photo: [replace(reading_of(number, photo), box=box) for number, box in found]
    visit = new_visit(launch(pipeline, samples).local_url, **ON_PHONE)
    page, handles = visit.page, visit.page.locator("#stage .box s:visible")
    visit.read("42")
    for kind, box in (("box", SMALL), ("thin", OTHER)):
        assert visit.box(kind) == pytest.approx(shares(box), abs=0.005)
    expect(handles).to_have_count(4)
    inside = page.locator("#stage .box").bounding_box()
    assert near(open_photo(page.screenshot(clip=inside))[1:-1, 1:-1], FOUND) == 0
    visit.view("heat").click()
    expect(page.locator("#stage .heat")).to_be_visible()
    expect(handles).to_have_count(0)
    visit.view("1").click()
    light = page.locator('#stage [data-light="1"]')
    expect(light).to_be_in_viewport(ratio=1)
    assert light.bounding_box()["width"] > page.locator("#stage .scene").bounding_box()["width"] / 2
    expect(page.locator("#stage .mark:visible")).to_have_count(0)
    framed = """() => [...document.querySelectorAll('table.digits *')]
        .filter(each => getComputedStyle(each, '::after').content !== 'none').map(each => each.innerText)"""
    for digit, head in (("1", "2nd"), ("0", "1st")):
        visit.view(digit).click()
        expect(page.locator(f'#stage [data-light="{digit}"]')).to_be_visible()
        assert [words.split()[0] for words in page.evaluate(framed)] == [head]


def draw(visit: Visit, start: tuple[int, int], end: tuple[int, int], finger: bool) -> None:
    """From one pixel of the photo to another."""
    frame = visit.page.locator("#stage .frame").bounding_box()
    scale = frame["width"] / SIZE[0]
    points = [(frame["x"] + x * scale, frame["y"] + y * scale) for x, y in (start, end)]
    if finger:
        return touch(visit.page, *points)
    visit.page.mouse.move(*points[0])
    visit.page.mouse.down()
    visit.page.mouse.move(*points[1], steps=4)
    visit.page.mouse.up()


@pytest.mark.parametrize("options", [{}, ON_PHONE], ids=["mouse", "finger"])
def test_a_box_is_drawn_on_the_photo_and_read_when_it_is_complete(watched_page, new_visit, options):
    blocks, pipeline = watched_page
    visit, finger = new_visit(blocks.local_url, **options), bool(options)
    photo = photo_of(NOTHING)
    photo[:, 60:] = photo_of("7")[:, 60:]
    visit.read(photo, state="none")
    pipeline.begin()
    before = visit.page.evaluate("scrollY")
    pen = visit.page.get_by_role("button", name="Draw a box")
    pen.click()
    expect(pen).to_have_attribute("aria-pressed", "true")
    assert visit.box() is None
    draw(visit, (70, 20), (70, 20), finger)  # a tap is no box
    draw(visit, (90, 50), (62, 10), finger)
    expect(visit.plate).to_have_text("7")
    assert visit.box() == pytest.approx(shares((62, 10, 90, 50)), abs=0.01)
    assert (pipeline.boxes, visit.page.evaluate("scrollY")) == (1, before)
    if not finger:
        expect(visit.page.locator("#stage .legend")).to_have_text("Your box")
    visit.page.get_by_role("button", name="Remove the box").click()
    visit.verdict("none")
    assert visit.box() is None
    expect(pen).to_have_attribute("aria-pressed", "false")
