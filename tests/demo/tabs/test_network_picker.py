"""Models: a visitor's own choice of networks, which all that is shown of the photo follows."""

from collections.abc import Iterator

import pytest
from helpers import api_client
from helpers.browser_visit import Visit
from helpers.fake_networks import MIDDLE, NEAR, served
from helpers.fake_pipeline import NOTHING, encoded, photo_of
from playwright.sync_api import expect

from demo.tabs import explain


@pytest.fixture(scope="module")
def address(samples) -> Iterator[str]:
    """Of a page with several networks."""
    with served(samples) as url:
        yield url


def open_advanced(visit: Visit) -> None:
    if not visit.page.locator("#threshold").is_visible():
        visit.page.locator("#advanced button.label-wrap").click()


def choose(visit: Visit, *names: str) -> None:
    open_advanced(visit)
    for name in names:
        visit.page.locator("#networks").get_by_label(name, exact=True).check()


def plate(visit: Visit, number: str) -> None:
    expect(visit.page.locator("#verdict .plate")).to_have_text(number)


def test_all_that_is_shown_follows_the_choice(visit):
    page, caption = visit.page, visit.page.locator("#stage .caption")
    visit.upload("house.png", encoded(photo_of("42")))
    visit.verdict("confident")
    plate(visit, "42")
    choose(visit, "Stuck")
    plate(visit, "47")
    expect(page.locator("#stage .box b")).to_have_text("47")
    expect(page.locator(".likeliest li").first).to_contain_text("47")
    expect(page.locator("#evidence table.digits thead b").nth(1)).to_have_text("7")
    page.locator('#stage .views [data-view="1"]').click()
    expect(caption).to_have_text(explain.NO_LIGHT)
    page.locator('#stage .views [data-view="heat"]').click()
    expect(page.locator("#stage .heat")).to_be_visible()
    page.locator("#threshold").get_by_role("slider").fill("99")
    visit.verdict("check")
    page.locator('#stage .views [data-view="photo"]').click()
    page.locator("#stage .box").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("button", name="Undo box")).to_be_visible()
    plate(visit, "47")
    choose(visit, "Blind <b>")
    visit.verdict("none", "No number found")
    page.locator('#stage .views [data-view="heat"]').click()
    expect(caption).to_have_text(explain.NO_HEAT)
    choose(visit, "Middle (default)", "Shade (default)")
    visit.verdict("check")
    plate(visit, "42")


def test_another_localizer_finds_another_box(visit):
    visit.upload("house.png", encoded(photo_of("42")))
    visit.verdict("confident")
    visit.page.locator("#correct button.label-wrap").click()
    for name, place in (("Near", NEAR), ("Middle (default)", MIDDLE)):
        choose(visit, name)
        expect(visit.page.locator("#correct").get_by_label("Left")).to_have_value(str(round(place[0] * 96)))


def test_the_choice_stays_for_the_next_photo_and_is_nobody_else_s(browser, address):
    contexts = [browser.new_context() for _ in range(2)]
    mine, other = (Visit(context, address) for context in contexts)
    choose(mine, "Stuck")
    for visit, name, number in ((mine, "a.png", "47"), (other, "b.png", "7"), (mine, "c.png", "47")):
        visit.upload(name, encoded(photo_of("7")))
        visit.verdict("confident")
        plate(visit, number)
    ended, answer = api_client.call(address, "read", api_client.data_url(encoded(photo_of("7"))))
    assert (ended, answer[0]["number"]) == ("complete", "7")
    for context in contexts:
        context.close()


def test_the_choice_can_be_made_before_there_is_a_photo(visit):
    choose(visit, "Stuck")
    visit.verdict("idle")
    expect(visit.page.get_by_role("button", name="Compare all models")).to_be_hidden()
    visit.upload("house.png", encoded(photo_of(NOTHING)))
    visit.verdict("confident")
    plate(visit, "47")


def test_by_keyboard(visit):
    visit.upload("house.png", encoded(photo_of("42")))
    visit.verdict("confident", "Confident")
    visit.page.locator("#advanced button.label-wrap").focus()
    visit.page.keyboard.press("Enter")
    visit.page.locator("#networks").get_by_label("Stuck", exact=True).focus()
    visit.page.keyboard.press("Space")
    plate(visit, "47")


def test_a_choice_that_is_not_offered_is_refused(address):
    config = api_client.get(f"{address}config").json()
    parts = {part["id"]: part for part in config["components"]}
    event = next(
        each
        for each in config["dependencies"]
        if [parts[i]["type"] for i in each["inputs"]] == ["image", "slider", "radio", "radio", "textbox"]
    )
    join = {"data": [None, 50, "../fcos", "shade", ""], "session_hash": "visitor", "fn_index": event["id"]}
    api_client.post(f"{address}gradio_api/queue/join", json=join).raise_for_status()
    answer = api_client.get(f"{address}gradio_api/queue/data", params={"session_hash": "visitor"}).text
    assert "not in the list of choices" in answer
