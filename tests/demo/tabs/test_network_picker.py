"""Which networks: a visitor's own choice, which all that is said of the photo follows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from helpers import api_client
from helpers.browser_visit import Visit
from helpers.fake_networks import MIDDLE, NEAR, served
from helpers.fake_pipeline import NOTHING, encoded, photo_of
from playwright.sync_api import Browser, expect

from svhn.data.annotations import Sample


@pytest.fixture(scope="module")
def address(samples: list[Sample]) -> Iterator[str]:
    """Of a page with several networks."""
    with served(samples) as url:
        yield url


def choose(visit: Visit, *names: str) -> None:
    section = visit.page.locator("#networks")
    if not section.get_by_role("radio").first.is_visible():
        section.locator("button.label-wrap").click()
    for name in names:
        section.get_by_label(name, exact=True).check()


def test_all_that_is_said_follows_the_choice(visit: Visit) -> None:
    page = visit.page
    visit.upload("house.png", encoded(photo_of("42")))
    visit.verdict("sure", "42")
    page.get_by_role("button", name="Why this number?").click()
    expect(page.locator("#because .digits figure")).to_have_count(2)
    choose(visit, "Stuck")
    visit.verdict("sure", "47")
    expect(page.locator("#because")).to_contain_text("of a kind that cannot tell what it read them from")
    expect(page.locator("#because .heat > img")).to_be_visible()
    expect(page.locator("#likeliest li").first).to_contain_text("47")
    expect(page.locator("#chosen-reading b")).to_have_text("47")
    expect(page.locator("table.digits thead b").nth(1)).to_have_text("7")
    expect(page.locator("#networks .label-wrap")).to_contain_text("Middle finds, Stuck reads")
    page.locator("#threshold").get_by_role("slider").fill("99")
    expect(visit.verdict("unsure").locator(".plate")).to_have_text("47")
    expect(page.locator("#chosen-reading .unsure b")).to_have_text("47")
    page.get_by_role("button", name="Not right? Correct it").click()
    page.locator("#box .box").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#outcome .unsure b")).to_have_text("47")
    for percent, state in (("0", "sure"), ("99", "unsure")):
        page.locator("#threshold").get_by_role("slider").fill(percent)
        for part in ("#verdict", "#chosen-reading", "#outcome"):
            expect(page.locator(f"{part} .{state}")).to_contain_text("47")
    visit.keep("choice")
    choose(visit, "Blind <b>")
    visit.verdict("none", "No number found")
    expect(page.locator("#chosen-reading")).to_contain_text("no number")
    expect(page.locator("#because")).to_contain_text("of a kind that cannot tell where it looked")
    choose(visit, "Middle (default)", "Shade (default)")
    expect(visit.verdict("unsure").locator(".plate")).to_have_text("42")
    expect(page.locator("#networks .label-wrap")).not_to_contain_text("reads")


def test_another_localizer_finds_another_box(visit: Visit) -> None:
    visit.upload("house.png", encoded(photo_of("42")))
    visit.verdict("sure", "42")
    section = visit.page.locator("#correct")
    for name, place in (("Middle (default)", MIDDLE), ("Near", NEAR)):
        choose(visit, name)
        expect(section.locator(".box")).to_be_hidden()  # it has closed by itself, if it was open
        section.get_by_role("button", name="Correct it").click()
        expect(section.get_by_label("Left")).to_have_value(str(round(place[0] * 96)))


def test_the_choice_stays_for_the_next_photo_and_is_nobody_else_s(browser: Browser, address: str) -> None:
    contexts = [browser.new_context() for _ in range(2)]
    mine, other = (Visit(context, address) for context in contexts)
    choose(mine, "Stuck")
    for visit, number in ((mine, "47"), (other, "7"), (mine, "47")):
        visit.upload("house.png", encoded(photo_of("7")))
        expect(visit.verdict("sure").locator(".plate")).to_have_text(number)
        visit.clear()
        visit.verdict("idle")
    ended, answer = api_client.call(address, "read", api_client.data_url(encoded(photo_of("7"))))
    assert (ended, answer[0]["number"]) == ("complete", "7")
    for context in contexts:
        context.close()


def test_the_choice_can_be_made_before_there_is_a_photo(visit: Visit) -> None:
    choose(visit, "Stuck")
    visit.verdict("idle")
    expect(visit.page.get_by_role("button", name="Compare them all")).to_be_hidden()
    visit.upload("house.png", encoded(photo_of(NOTHING)))
    expect(visit.verdict("sure").locator(".plate")).to_have_text("47")


def test_by_keyboard(visit: Visit) -> None:
    visit.upload("house.png", encoded(photo_of("42")))
    visit.verdict("sure", "42")
    section = visit.page.locator("#networks")
    section.locator("button.label-wrap").focus()
    visit.page.keyboard.press("Enter")
    section.get_by_label("Stuck", exact=True).focus()
    visit.page.keyboard.press("Space")
    expect(visit.verdict("sure").locator(".plate")).to_have_text("47")


def test_a_choice_that_is_not_offered_is_refused(address: str) -> None:
    config = api_client.get(f"{address}config").json()
    parts = {part["id"]: part for part in config["components"]}
    event = next(
        each
        for each in config["dependencies"]
        if [parts[i]["type"] for i in each["inputs"]] == ["image", "slider", "radio", "radio", "textbox"]
    )
    join = {"data": [None, 50, "../fcos", "shade", ""], "session_hash": "visitor", "fn_index": event["id"]}
    api_client.post(f"{address}gradio_api/queue/join", json=join).raise_for_status()
    told = api_client.get(f"{address}gradio_api/queue/data", params={"session_hash": "visitor"}).text
    assert "not in the list of choices" in told
