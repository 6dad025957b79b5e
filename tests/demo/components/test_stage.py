import re

import pytest
from helpers.browser_visit import DESKTOP, transfer
from helpers.fake_pipeline import NOTHING, encoded, photo_of, two_numbers
from playwright.sync_api import expect

LAPTOP = {"width": 1366, "height": 768}


def test_photo_plate_crop_and_softmax_are_on_one_screen(visit):
    visit.page.set_viewport_size(LAPTOP)
    parts = ["#stage .scene", "#stage .tools", "#verdict .plate", "#verdict .verdict", "#evidence .evidence"]
    shown = ["#evidence figure img", "table.digits", "table.length"]
    for number, state in (("42", "confident"), ("1984", "check"), (NOTHING, "none")):
        visit.read(two_numbers(number, "128") if number else NOTHING, state=state)
        for part in [*parts, *(shown if number else [])]:
            expect(visit.page.locator(part)).to_be_in_viewport(ratio=1)
        assert visit.page.evaluate("scrollY") == 0
    visit.page.set_viewport_size(DESKTOP)


def test_the_last_result_is_kept_until_the_next_is_read_and_a_late_answer_does_not_end_the_wait(watched):
    visit, pipeline = watched
    page = visit.page
    visit.read("42")
    place = page.locator("#stage .scene").bounding_box(), page.locator("#verdict .verdict").bounding_box()
    pipeline.begin()
    pipeline.wait()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Change photo").click()
    chooser.value.set_files({"name": "next.png", "mimeType": "image/png", "buffer": encoded(photo_of("7"))})
    expect(page.locator("#one[data-busy] #stage .waits")).to_have_text("Reading next.png …")
    assert pipeline.has_begun()
    expect(visit.plate).to_have_text("42")
    expect(page.locator("#stage .box b")).to_have_text("42")
    expect(page.locator("#verdict")).to_have_css("opacity", "0.4")
    visit.upload("b.png", encoded(photo_of("1984")))  # while the other is being read
    pipeline.turns.release()
    assert pipeline.has_begun()  # the other has been answered, and the last has its turn
    expect(page.locator("#one[data-busy]")).to_have_count(1)
    pipeline.turns.release()
    visit.verdict("check", "41 %")
    expect(page.locator("#stage .box b")).to_have_text("1984")
    expect(page.locator("#verdict")).to_have_css("opacity", "1")
    assert place[0] == page.locator("#stage .scene").bounding_box()
    assert place[1] == pytest.approx(page.locator("#verdict .verdict").bounding_box(), abs=30)


def test_the_first_photo_is_shown_at_once_if_the_browser_can_show_it(watched):
    visit, pipeline = watched
    scene, coming = visit.page.locator("#stage .scene"), visit.page.locator("#stage .coming")
    for name, kind in (("house.png", "PNG"), ("house.tiff", "TIFF")):
        visit.upload("broken.png", b"no picture")
        visit.verdict("refused")  # and no photo is there
        pipeline.begin()
        pipeline.wait(quick=())
        visit.upload(name, encoded(photo_of("42"), kind))
        assert pipeline.has_begun()
        expect(visit.page.locator("#stage .waits")).to_have_text(f"Reading {name} …")
        if kind == "PNG":
            expect(coming).to_have_css("opacity", "0.4")
            assert coming.evaluate("async image => (await image.decode(), image.naturalWidth)") == 96
            place, address = scene.bounding_box(), coming.get_attribute("src")
        else:
            expect(coming).to_have_count(0)
            expect(scene).to_have_css("border-top-style", "dashed")
        pipeline.open()
        visit.verdict("confident")
        expect(coming).to_have_count(0)
        assert scene.bounding_box() == place
    assert visit.page.evaluate("address => fetch(address).then(() => false, () => true)", address)  # it is revoked


def test_a_photo_is_sent_again_pasted_and_dropped_anywhere(visit):
    for _ in range(2):
        visit.read("42")
    for _ in range(2):
        visit.example("Doubtful")
        visit.verdict("check")
    transfer(visit.page, "paste", "body", ("pasted.png", encoded(photo_of("7"))))
    visit.verdict("confident", "97 %")
    transfer(visit.page, "drop", "footer", ("dropped.png", encoded(photo_of("1984"))))
    visit.verdict("check", "41 %")
    visit.page.get_by_role("tab", name="API").click()
    transfer(visit.page, "drop", "#programs", ("elsewhere.png", encoded(photo_of("42"))))
    visit.verdict("confident", ">99 %")
    expect(visit.plate).to_be_visible()  # the first tab has opened


def test_too_large_a_file_is_named_and_never_sent(visit, tmp_path):
    visit.read("42")
    (tmp_path / "large.png").write_bytes(encoded(photo_of("7")) + b"\0" * (20 * 2**20))
    visit.page.locator("#stage [data-file=choose]").set_input_files(tmp_path / "large.png")
    sentence = "large.png has 20.0 MB; please send a photo of at most 20 MB."
    expect(visit.page.locator("#stage .failed")).to_have_text(sentence)
    visit.verdict("confident")
    expect(visit.plate).to_have_text("42")
    assert sum(bool(re.search(r"/upload(\?|$)", url)) for url in visit.requests) == 1
