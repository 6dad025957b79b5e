from collections.abc import Iterator

import pytest
from helpers import api_client
from helpers.browser_visit import Visit
from helpers.fake_networks import NEAR, fake_networks, served
from helpers.fake_pipeline import encoded, photo_of
from playwright.sync_api import Locator, Page, expect

from demo.components import explanation


@pytest.fixture(scope="module")
def address(samples) -> Iterator[str]:
    """Of a page with several networks."""
    with served(fake_networks(), samples) as blocks:
        yield blocks.local_url


def open_advanced(visit: Visit) -> None:
    if not visit.page.locator("#threshold").is_visible():
        visit.page.locator("#advanced button.label-wrap").click()


def choose(visit: Visit, *names: str) -> None:
    open_advanced(visit)
    for name in names:
        visit.page.locator("#networks").get_by_label(name, exact=True).check()


def view(page: Page, name: str) -> Locator:
    return page.locator(f'#stage .views [data-view="{name}"]')


def test_all_that_is_shown_follows_the_choice(visit):
    page, caption = visit.page, visit.page.locator("#stage .caption")
    visit.read("42")
    expect(visit.plate).to_have_text("42")
    choose(visit, "Stuck")
    expect(visit.plate).to_have_text("47")
    expect(page.locator("#stage .box b")).to_have_text("47")
    expect(page.locator(".likeliest li").first).to_contain_text("47")
    expect(page.locator("#evidence table.digits thead b").nth(1)).to_have_text("7")
    view(page, "1").click()
    expect(caption).to_have_text(explanation.NO_LIGHT)
    view(page, "heat").click()
    expect(page.locator("#stage .heat")).to_be_visible()
    page.locator("#threshold").get_by_role("slider").fill("99")
    visit.verdict("check")
    view(page, "photo").click()
    page.locator("#correct button.label-wrap").click()
    page.locator("#stage .box").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("button", name="Undo box")).to_be_visible()
    expect(visit.plate).to_have_text("47")
    choose(visit, "Near")
    expect(page.locator("#correct").get_by_label("Left")).to_have_value(str(round(NEAR[0] * 96)))
    choose(visit, "Blind <b>")
    visit.verdict("none", "No number found")
    view(page, "heat").click()
    expect(caption).to_have_text(explanation.NO_HEAT)
    choose(visit, "Middle (default)", "Shade (default)")
    visit.verdict("check")
    expect(visit.plate).to_have_text("42")


def test_the_choice_stays_for_the_next_photo_and_is_nobody_else_s(new_visit, address):
    mine, other = new_visit(address), new_visit(address)
    choose(mine, "Stuck")  # before there is a photo
    mine.verdict("idle")
    for visit, name, number in ((mine, "a.png", "47"), (other, "b.png", "7"), (mine, "c.png", "47")):
        visit.upload(name, encoded(photo_of("7")))
        visit.verdict("confident")
        expect(visit.plate).to_have_text(number)
    ended, answer = api_client.call(address, "read", api_client.data_url(encoded(photo_of("7"))))
    assert (ended, answer[0]["number"]) == ("complete", "7")


def test_a_choice_that_is_not_offered_is_refused(address):
    config = api_client.get(f"{address}config").json()
    parts = {part["id"]: part for part in config["components"]}
    event = next(
        each
        for each in config["dependencies"]
        if [parts[i]["type"] for i in each["inputs"]] == ["image", "slider", "radio", "radio", "textbox"]
    )
    answer = api_client.events(address, event["id"], [None, 50, "../fcos", "shade", ""])
    assert "not in the list of choices" in answer
