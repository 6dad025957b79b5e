from helpers import api_client
from helpers.browser_visit import Visit
from helpers.fake_networks import NEAR, reading_event
from helpers.fake_pipeline import encoded, photo_of
from playwright.sync_api import expect

from demo.components import explanation

DEFAULTS = ("Middle (default)", "Shade (default)")


def choose(visit: Visit, *names: str) -> None:
    visit.unfold("advanced")
    for name in names:
        visit.page.locator("#networks").get_by_label(name, exact=True).check()


def test_all_that_is_shown_follows_the_choice(used_visit, full_page):
    visit = used_visit(full_page.address)
    page, caption = visit.page, visit.page.locator("#stage .caption")
    visit.read("42", "42")
    choose(visit, "Stuck")
    expect(visit.plate).to_have_text("47")
    for part in (page.locator("#stage .box b"), page.locator(".likeliest li").first):
        expect(part).to_contain_text("47")
    expect(page.locator("#evidence table.digits thead b").nth(1)).to_have_text("7")
    visit.view("1").click()
    expect(caption).to_have_text(explanation.NO_LIGHT)
    visit.view("heat").click()
    expect(page.locator("#stage .heat")).to_be_visible()
    page.locator("#threshold").get_by_role("slider").fill("99")
    visit.verdict("check")
    visit.view("photo").click()
    visit.unfold("correct")
    page.locator("#stage .box").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("button", name="Back to the found box")).to_be_visible()
    expect(visit.plate).to_have_text("47")
    choose(visit, "Near")
    expect(page.locator("#correct").get_by_label("Left")).to_have_value(str(NEAR[0]))
    choose(visit, "Blind <b>")
    visit.verdict("none", "No number found")
    visit.view("heat").click()
    expect(caption).to_have_text(explanation.NO_HEAT)
    choose(visit, *DEFAULTS)
    visit.verdict("check")
    expect(visit.plate).to_have_text("42")
    page.locator("#threshold").get_by_label("Reset").click()
    visit.verdict("confident")


def test_the_choice_stays_for_the_next_photo_is_nobody_else_s_and_must_be_offered(new_visit, full_page):
    visit, address = new_visit(full_page.address), full_page.address
    choose(visit, "Stuck")  # before there is a photo
    visit.verdict("idle")
    for _ in range(2):
        expect(visit.read("7").locator(".plate")).to_have_text("47")
    ended, answer = api_client.call(address, "read", api_client.data_url(encoded(photo_of("7"))))
    assert (ended, answer[0]["number"]) == ("complete", "7")
    event = reading_event(full_page.blocks)
    answer = api_client.events(address, event._id, [None, 50, "../fcos", "shade", ""])
    assert "not in the list of choices" in answer
