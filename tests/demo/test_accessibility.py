from axe_playwright_python.sync_playwright import Axe
from helpers.batch_visit import BatchVisit, photo
from helpers.browser_visit import DESKTOP, PHONE, TABLET
from playwright.sync_api import Page, expect

AT_REST = "() => document.getAnimations().every(each => each.playState !== 'running')"


def findings(page: Page, scheme: str) -> list[str]:
    """What axe finds, once nothing moves any more. Of the dark, which has the same parts in other
    colours, only these are looked at."""
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.wait_for_function("dark => document.body.classList.contains('dark') === dark", arg=scheme == "dark")
    page.wait_for_function(AT_REST)
    rules = {"runOnly": ["color-contrast"]} if scheme == "dark" else {}
    axe = Axe("") if page.evaluate("'axe' in window") else Axe()  # half a megabyte of script, once a page
    violations = axe.run(page, options={"resultTypes": ["violations"], **rules}).response["violations"]
    found = [(rule["id"], node) for rule in violations for node in rule["nodes"]]
    return [f"{rule}: {node['target']} {node['html'][:200]} {node['failureSummary']}" for rule, node in found]


def test_no_finding_and_no_sideways_scrolling(new_visit, full_page):
    visit = new_visit(full_page.address)
    page, found = visit.page, {}

    def look(where: str, *also: dict[str, int], dark: bool = True) -> None:
        """At what a desktop shows, also in the dark, and at other widths; they all show it without scrolling."""
        for viewport in (PHONE, TABLET, DESKTOP):
            page.set_viewport_size(viewport)
            visit.settle()
            page.wait_for_function("width => document.documentElement.scrollWidth <= width", arg=viewport["width"])
            if viewport is DESKTOP or viewport in also:
                found[where, viewport["width"]] = findings(page, "light")
        if dark:
            found[where, "dark"] = findings(page, "dark")

    for tab in ("One photo", "Live", "API"):  # the others are looked at when they are full
        visit.open_tab(tab)
        look(tab, dark=tab == "API")

    visit.open_tab("One photo")
    visit.example("Hard")
    expect(visit.verdict("confident")).to_contain_text("Wrong")
    visit.view("heat").click()
    expect(page.locator("#stage .heat")).to_be_visible()
    visit.unfold("correct")
    expect(page.locator("#keep")).to_be_visible()
    visit.unfold("advanced")
    expect(page.get_by_role("button", name="Compare all models")).to_be_visible()
    look("a number, with all that can be opened", PHONE, TABLET)
    visit.example("Doubtful")
    visit.verdict("check")
    look("a doubtful number")
    visit.example("Empty")
    visit.verdict("none")
    look("no number")
    visit.upload("text.png", b"text")
    visit.verdict("refused")
    look("a broken file")

    BatchVisit(visit).send([photo("good.png"), ("broken.png", b"text")])
    expect(page.locator("#many-zip")).to_be_visible()
    look("many photos", PHONE)

    visit.open_tab("Compare")
    for example, sentence in (("Clear", "the true number is 42"), ("Empty", "no number (2)")):
        page.locator("#compare-examples").get_by_role("button", name=example).click()
        expect(page.locator("#compare-summary")).to_contain_text(sentence)
        page.locator("#compare-pairs summary").click()
        expect(page.locator("#compare-pairs table")).to_be_visible()
        look(f"compare: {example}", PHONE)

    visit.open_tab("Live")
    page.get_by_role("button", name="Start the camera").click()
    expect(page.locator("#live .plate")).to_have_text("128")
    page.get_by_role("button", name="Stop").locator("visible=true").click()
    look("live")
    assert {where: what for where, what in found.items() if what} == {}
