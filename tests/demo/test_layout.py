from collections.abc import Iterator

import numpy as np
import pytest
from helpers.browser_visit import ON_PHONE
from helpers.fake_networks import served
from helpers.fake_pipeline import NOTHING, FakePipeline, photo_of
from playwright.sync_api import expect

from demo import ui
from svhn.data.annotations import read_labels

LAPTOP = {"viewport": {"width": 1366, "height": 768}}
MOST_SHIFT, MOST_BYTES = 0.02, 450_000
RECORD_SHIFTS = """() => {
    window.shifts = [];
    const place = ({node, previousRect: was, currentRect: now}) =>
        [node?.id || node?.className, was.x, was.y, now.x, now.y, now.width, now.height];
    new PerformanceObserver(list => window.shifts.push(...list.getEntries().filter(each => !each.hadRecentInput)
        .map(each => ({value: each.value, moved: each.sources.map(place)}))))
        .observe({type: "layout-shift", buffered: true});
}"""
WEIGHT = """() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
    .reduce((sum, each) => sum + each.encodedBodySize, 0)"""
HAS_LOADED = """() => {
    const seen = window.seen ??= {count: -1, since: 0}, count = performance.getEntriesByType('resource').length;
    if (count !== seen.count) Object.assign(seen, {count, since: performance.now()});
    return performance.now() - seen.since > 1000;
}"""  # a connection of Gradio's is open for as long as the page: the network is never idle
COUNT_FRAMES = """(() => {
    const next = window.requestAnimationFrame;
    window.frames_asked = 0;
    window.requestAnimationFrame = callback => (window.frames_asked += 1, next(callback));
})()"""
IS_IDLE = "() => { const before = window.before; return before === (window.before = window.frames_asked); }"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Of a page with the examples of this project."""
    with served(FakePipeline(), read_labels(ui.EXAMPLES)) as blocks:
        yield blocks.local_url


WIDE_AND_HIGH = [  # photos and the states in which they are read
    *[(photo_of("42"), "confident"), (np.rot90(photo_of("1984")), "check")],
    *[(photo_of(NOTHING)[:20], "none"), (np.rot90(photo_of("30512")[:, :24]), "confident")],
]


@pytest.mark.parametrize("options", [ON_PHONE, LAPTOP], ids=["phone", "laptop"])
def test_the_page_is_light_and_idle_and_nothing_jumps(new_visit, address, options):
    visit = new_visit(address, COUNT_FRAMES, **options)
    visit.page.wait_for_function(HAS_LOADED)
    visit.page.wait_for_function(IS_IDLE, polling=300)
    assert visit.page.evaluate(WEIGHT) <= MOST_BYTES
    visit.page.evaluate(RECORD_SHIFTS)
    for photo, state in WIDE_AND_HIGH:
        visit.read(np.ascontiguousarray(photo), state=state)
        visit.page.wait_for_function("document.querySelector('#stage img.photo').complete")
        visit.view("heat").click()
        expect(visit.page.locator("#stage .heat")).to_be_visible()
    shifts = visit.page.evaluate("shifts")
    assert sum(shift["value"] for shift in shifts) <= MOST_SHIFT, "\n".join(map(str, shifts))
