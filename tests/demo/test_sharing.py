import os
import sys
import webbrowser
from dataclasses import replace

import cv2
import gradio as gr
import numpy as np
from helpers import api_client
from helpers.browser_visit import ON_PHONE, near
from helpers.fake_networks import served
from helpers.fake_pipeline import FakePipeline
from playwright.sync_api import expect

import app
from demo.server import launch as launching
from demo.server.public_link import ShareLink, terminal_code
from svhn.images.decode import open_photo
from svhn.reading import Reading

LINK = "https://0123456789abcdef.gradio.live"
SHARE_SHEET = """navigator.canShare = () => true;
navigator.share = async what => {
    window.shared = {...what, files: what.files?.map(file => [file.name, file.type])};
};"""


def near_tie(photo: np.ndarray) -> list[Reading]:
    """Hardly decides between 42 and 47."""
    reading = FakePipeline().read(photo)
    digits = reading.digit_probs.copy()
    digits[1, 2], digits[1, 7] = 0.46, 0.45
    return [replace(reading, confidence=0.5, digit_probs=digits)]


def decode(picture: np.ndarray) -> str:
    """What the QR code in a picture, uint8 (h, w), says."""
    framed = cv2.copyMakeBorder(picture, *[40] * 4, cv2.BORDER_CONSTANT, value=255)
    return cv2.QRCodeDetector().detectAndDecode(framed)[0]


def test_the_public_link_is_copied_scanned_and_sent_and_of_a_near_tie_the_number_that_is_tapped(samples, new_visit):
    pipeline = FakePipeline()
    pipeline.read_all = near_tie
    with served(pipeline, samples, link=ShareLink(LINK)) as blocks:
        visit = new_visit(blocks.local_url, SHARE_SHEET, **ON_PHONE)
        page, panel = visit.page, visit.page.locator("#share")
        panel.get_by_text("Share").tap()
        expect(panel.get_by_role("link")).to_have_attribute("href", LINK)
        assert decode(open_photo(panel.get_by_label("QR code").screenshot())[..., 0]) == LINK
        panel.get_by_role("button", name="Copy link").tap()
        expect(panel.locator(".done")).to_have_text("Copied.")
        assert page.evaluate("navigator.clipboard.readText()") == f"{LINK}/"
        panel.get_by_role("button", name="Send link").tap()
        assert page.evaluate("shared.url") == f"{LINK}/"
        page.keyboard.press("Escape")
        expect(panel.get_by_role("link")).to_be_hidden()
        visit.example("Clear")
        expect(visit.verdict("check").locator(".doubtful small")).to_have_text("or 7")
        page.get_by_role("button", name="47").tap()
        expect(visit.plate).to_have_text("47")
        page.evaluate("delete window.shared")
        page.get_by_role("button", name="Share", exact=True).tap()
        page.wait_for_function("window.shared")
        shared = page.evaluate("shared")
        assert (shared["text"], shared["url"]) == ("House number 47", f"{LINK}/")
        assert shared["files"] == [["house-number-47.jpg", "image/jpeg"]]
        page.get_by_role("button", name="42").tap()
        expect(visit.plate).to_have_text("42")


def test_anybody_copies_the_address_of_the_page_over_plain_http_too(new_visit, address):
    page = new_visit(address, **ON_PHONE).page
    page.add_init_script("""Object.defineProperty(navigator, 'clipboard', {value: undefined});
        document.addEventListener('paste', event => { window.pasted = event.clipboardData.getData('text'); });""")
    page.goto(f"{address}?__theme=dark")
    page.get_by_role("button", name="Copy link").tap()
    expect(page.get_by_role("button", name="Link copied")).to_be_in_viewport(ratio=1)
    page.keyboard.press("Control+V")
    page.wait_for_function("window.pasted")
    assert page.evaluate("pasted") == address


def test_the_terminal_shows_the_same_code():
    halves = {" ": (0, 0), "▀": (255, 0), "▄": (0, 255), "█": (255, 255)}
    pixels = np.array([[halves[sign] for sign in line] for line in terminal_code(LINK).splitlines()], np.uint8)
    picture = np.concatenate(pixels.transpose(0, 2, 1))  # two rows a line
    assert decode(np.kron(picture, np.ones((8, 8), np.uint8))) == LINK


def test_a_card_shows_the_state_of_its_number_and_the_address(visit):
    page, enamel = visit.page, {}
    page.evaluate("""() => {
        const write = CanvasRenderingContext2D.prototype.fillText;
        CanvasRenderingContext2D.prototype.fillText = function (words, ...where) {
            (window.written ??= []).push(words);
            write.call(this, words, ...where);
        };
    }""")
    for number, state in (("42", "confident"), ("1984", "check")):
        visit.read(number, state=state)
        with page.expect_download() as download:
            page.get_by_role("button", name="Save card").click()
        assert download.value.suggested_filename == f"house-number-{number}.jpg"
        card = open_photo(download.value.path())
        assert card.shape[1] == 1200
        assert card.shape[0] > 900
        enamel[number] = near(card[-276:], (29, 68, 127)) / card[-276:, :, 0].size
    assert enamel["42"] > 0.05 > 0.001 > enamel["1984"]
    written = page.evaluate("written")
    assert written[1] == "Confident · >99 % confidence"
    assert written[3:5] == ["1984", "Check this · 41 % confidence · Compare it with the photo."]
    assert all(visit.address in written[i] for i in (2, 5))


def test_open_shows_the_page_in_the_browser_of_the_machine(tiny_weights, monkeypatch, capsys):
    monkeypatch.setenv("GRADIO_TEMP_DIR", os.environ["GRADIO_TEMP_DIR"])  # put back afterwards
    monkeypatch.setattr(sys, "argv", ["app.py", "--open", "--weights", str(tiny_weights)])
    shown: list[str] = []
    monkeypatch.setattr(webbrowser, "open", shown.append)
    monkeypatch.setattr(gr.Blocks, "block_thread", lambda page: shown.append(api_client.get(shown[0]).text))
    launching.serve(app.flags())
    assert f"The page is at {shown[0]}" in capsys.readouterr().out.splitlines()
    assert "<title>House-number reader</title>" in shown[1]
