"""The page in a real browser, as a person uses it; screenshots stay in tests/output/."""

from __future__ import annotations

import base64
from pathlib import Path

import numpy as np
import pytest
from helpers.browser_visit import DESKTOP, PHONE, Visit, near
from helpers.fake_pipeline import MANY, NOTHING, encoded, photo_of
from playwright.sync_api import Browser, expect

from svhn import draw
from svhn.data.annotations import Sample


def test_one_click_on_an_example(visit: Visit) -> None:
    visit.verdict("idle")
    visit.page.locator("#examples").get_by_role("button", name="Clear").click()
    verdict = visit.verdict("sure", "Almost certain")
    expect(verdict.locator(".plate")).to_have_text("42")
    expect(verdict).to_contain_text(">99 %")
    expect(verdict).to_contain_text("✓ Right: the true number is 42")
    picture = visit.found()
    assert near(picture, draw.FOUND) > 1000
    assert near(picture, draw.TRUE) > 200  # its tag; the found box lies over its lines
    expect(visit.page.locator("#legend")).to_contain_text("dashed red: true")
    expect(visit.page.locator("table.digits thead b")).to_have_text(["4", "2", "–", "–", "–"])
    expect(visit.page.locator("table.digits tbody td")).to_have_count(55)
    expect(visit.page.locator("table.length td.chosen")).to_have_text("94 %")
    expect(visit.page.locator("#evidence figure img")).to_be_visible()
    expect(visit.page.locator("#timing")).to_contain_text("ms")
    visit.keep("desktop")


def test_upload_and_clear(visit: Visit) -> None:
    visit.upload("house.png", encoded(photo_of("30512")))
    verdict = visit.verdict("sure", "30512")
    expect(verdict).not_to_contain_text("true number")
    expect(visit.page.locator("#legend")).not_to_contain_text("true")
    visit.clear()
    visit.verdict("idle")
    expect(visit.page.locator("#found")).to_be_hidden()
    expect(visit.page.locator("#evidence")).to_contain_text("It looks")


def test_truth_of_a_known_photo_under_another_name(visit: Visit, samples: list[Sample]) -> None:
    visit.upload("renamed.png", samples[3].path.read_bytes())
    verdict = visit.verdict("sure", "7")
    expect(verdict).to_contain_text("✗ Wrong: the true number is 1")
    visit.keep("wrong")


def test_real_photos_are_offered_with_their_truth(visit: Visit) -> None:
    visit.page.locator("#real").get_by_role("button", name="Doubtful").click()
    expect(visit.verdict("unsure", "1984")).to_contain_text("✓ Right")


def test_states_of_doubt(visit: Visit) -> None:
    visit.upload("a.png", encoded(photo_of("1984")))
    expect(visit.verdict("unsure", "41 %")).to_contain_text("Check it against the photo")
    visit.clear()
    visit.upload("b.png", encoded(photo_of(NOTHING)))
    visit.verdict("none", "No number found")
    expect(visit.page.locator("#evidence")).to_be_hidden()
    assert near(visit.found(), draw.FOUND) == 0
    visit.clear()
    visit.upload("c.png", encoded(photo_of(MANY)))
    visit.verdict("long", "More than five digits")
    visit.keep("too-long")


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("text.png", b"This is no picture.", "JPEG, PNG"),
        ("empty.png", b"", "empty"),
        (
            "cut.jpg",
            encoded(np.random.default_rng(0).integers(0, 255, (80, 80, 3), np.uint8), "JPEG")[:2000],
            "damaged",
        ),
    ],
    ids=["text", "empty", "truncated"],
)
def test_a_bad_file_is_a_sentence_and_the_page_goes_on(visit: Visit, name: str, data: bytes, said: str) -> None:
    visit.upload(name, data)
    visit.verdict("refused", said)
    expect(visit.page.locator("#found")).to_be_hidden()
    visit.keep("bad-file")
    visit.page.locator("#examples").get_by_role("button", name="Clear").click()
    visit.verdict("sure", "42")


def test_too_large_a_file_is_refused_with_a_sentence(visit: Visit, tmp_path: Path) -> None:
    large = tmp_path / "large.png"
    large.write_bytes(encoded(photo_of("42")) + b"\0" * (20 * 2**20))
    visit.page.locator("#photo input[type=file]").set_input_files(large)
    expect(visit.page.get_by_test_id("toast-body").first).to_contain_text("exceed the maximum allowed size of 20")
    visit.verdict("idle")
    visit.page.locator("#examples").get_by_role("button", name="Clear").click()
    visit.verdict("sure", "42")


def test_webcam_snapshot_is_not_mirrored(visit: Visit) -> None:
    photo = visit.page.locator("#photo")
    photo.get_by_label("Capture from camera").click()
    photo.get_by_text("Click to Access Webcam").click()
    visit.page.wait_for_function("document.querySelector('#photo video')?.currentTime > 0")
    photo.get_by_label("capture photo").click()
    visit.verdict("sure", "128")
    picture = visit.found()
    side = picture.shape[1] // 8
    assert picture[:, :side].mean() > picture[:, -side:].mean() + 60
    visit.keep("webcam")


def test_paste_from_the_clipboard(visit: Visit) -> None:
    content = base64.b64encode(encoded(photo_of("7"))).decode()
    visit.page.evaluate(
        """async content => {
            const bytes = Uint8Array.from(atob(content), c => c.charCodeAt(0));
            await navigator.clipboard.write([new ClipboardItem({'image/png': new Blob([bytes], {type: 'image/png'})})]);
        }""",
        content,
    )
    visit.page.locator("#photo").get_by_label("Paste from clipboard").click()
    visit.verdict("sure", "7")


def test_two_visitors_get_their_own(browser: Browser, address: str) -> None:
    wanted = {"7": "sure", "1984": "unsure"}
    contexts = [browser.new_context(viewport=DESKTOP) for _ in wanted]
    visits = [Visit(context, address) for context in contexts]
    for visit, number in zip(visits, wanted, strict=True):
        visit.upload("house.png", encoded(photo_of(number)))
    for visit, (number, state) in zip(visits, wanted.items(), strict=True):
        expect(visit.verdict(state).locator(".plate")).to_have_text(number)
    for context in contexts:
        context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_phone_without_sideways_scrolling(browser: Browser, address: str, scheme: str) -> None:
    context = browser.new_context(viewport=PHONE, color_scheme=scheme, has_touch=True, is_mobile=True)
    visit = Visit(context, address)
    for name, state in (("Doubtful", "unsure"), ("Clear", "sure")):
        visit.page.locator("#examples").get_by_role("button", name=name).tap()
        visit.verdict(state)
        expect(visit.page.locator("table.digits")).to_be_visible()
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    dark = visit.page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g)[0] < 60")
    assert dark == (scheme == "dark")
    visit.keep(f"phone-{scheme}")
    context.close()


def test_keyboard_alone(visit: Visit) -> None:
    visit.page.locator("#examples button").first.focus()
    visit.page.keyboard.press("Tab")
    visit.page.keyboard.press("Enter")
    visit.verdict("unsure", "1984")


def test_the_api_is_documented_on_the_page(visit: Visit) -> None:
    visit.page.get_by_role("button", name="Use via API").click()
    snippets = visit.page.get_by_text("handle_file('house.jpg')").filter(visible=True)
    expect(snippets.first).to_be_visible()
