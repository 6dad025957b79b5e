from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from helpers.browser_visit import DESKTOP, PHONE, TABLET, Visit
from helpers.fake_networks import fake_networks, served
from helpers.fake_pipeline import encoded, photo_of
from playwright.sync_api import Page, expect

TABS = ("One photo", "Live", "Many photos", "Compare", "API")
AT_REST = "() => document.getAnimations().every(each => each.playState !== 'running')"


@pytest.fixture(scope="module")
def address(samples, tmp_path_factory) -> Iterator[str]:
    """Of a page that has all there can be on it: photos of a data set, a folder for corrected photos, and several
    networks."""
    with served(fake_networks(), samples, samples[:2], tmp_path_factory.mktemp("collected"), mcp=True) as blocks:
        yield blocks.local_url


def findings(page: Page, scheme: str) -> list[str]:
    """What axe finds, once nothing moves any more. Of the dark, which has the same parts in other
    colours, only these are looked at."""
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.wait_for_function("dark => document.body.classList.contains('dark') === dark", arg=scheme == "dark")
    page.wait_for_function(AT_REST)
    rules = {"runOnly": ["color-contrast"]} if scheme == "dark" else {}
    axe = Axe("") if page.evaluate("'axe' in window") else Axe()  # half a megabyte of script, once a page
    violations = axe.run(page, options={"resultTypes": ["violations"], **rules}).response["violations"]
    return [
        f"{rule['id']}: {node['target']} {node['html'][:200]} {node['failureSummary']}"
        for rule in violations
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("viewport", [DESKTOP, TABLET, PHONE], ids=["desktop", "tablet", "phone"])
def test_no_finding_and_no_sideways_scrolling(browser, address, viewport):
    phone = viewport is PHONE
    context = browser.new_context(viewport=viewport, permissions=["camera"], has_touch=phone, is_mobile=phone)
    visit = Visit(context, address)
    page, found = visit.page, {}

    def look(where: str) -> None:
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], where
        for scheme in ("light",) if viewport is TABLET else ("light", "dark"):  # a tablet has the desktop's colours
            found[where, scheme] = findings(page, scheme)

    for tab in TABS:
        page.get_by_role("tab", name=tab, exact=True).click()
        look(tab)

    page.get_by_role("tab", name="One photo", exact=True).click()
    visit.example("Hard")
    expect(visit.verdict("confident")).to_contain_text("Wrong")
    page.locator('#stage .views [data-view="heat"]').click()
    expect(page.locator("#stage .heat")).to_be_visible()
    page.get_by_role("button", name="Not right? Correct it").click()
    expect(page.locator("#keep")).to_be_visible()
    page.get_by_role("button", name="Advanced").click()
    expect(page.get_by_role("button", name="Compare all models")).to_be_visible()
    look("a number, with all that can be opened")
    visit.example("Doubtful")
    visit.verdict("check")
    look("a doubtful number")
    visit.example("Empty")
    visit.verdict("none")
    look("no number")
    visit.upload("text.png", b"text")
    visit.verdict("refused")
    look("a broken file")

    page.get_by_role("tab", name="Many photos", exact=True).click()
    photos = {"good.png": encoded(photo_of("42")), "broken.png": b"text"}
    page.locator("#many-files input[type=file]").set_input_files(
        [{"name": name, "mimeType": "image/png", "buffer": data} for name, data in photos.items()]
    )
    expect(page.locator("#many-zip")).to_be_visible()
    look("many photos")

    page.get_by_role("tab", name="Compare", exact=True).click()
    for example, sentence in (("Clear", "the true number is 42"), ("Empty", "no number (2)")):
        page.locator("#compare-examples").get_by_role("button", name=example).click()
        expect(page.locator("#compare-summary")).to_contain_text(sentence)
        page.locator("#compare-pairs summary").click()
        expect(page.locator("#compare-pairs table")).to_be_visible()
        look(f"compare: {example}")

    page.get_by_role("tab", name="Live", exact=True).click()
    page.get_by_role("button", name="Start the camera").click()
    expect(page.locator("#live .plate")).to_have_text("128")
    page.get_by_role("button", name="Stop").locator("visible=true").click()
    look("live")
    context.close()
    assert {where: what for where, what in found.items() if what} == {}
