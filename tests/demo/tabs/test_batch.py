"""Many photos at once: gallery, table, CSV and ZIP, from files, a drop or a folder; what is broken or too much."""

import csv
import io
import re
import zipfile

import numpy as np
import pytest
from helpers.batch_visit import BatchVisit, photo
from helpers.browser_visit import PHONE, Visit, near
from helpers.fake_pipeline import MANY, NOTHING, encoded, photo_of
from PIL import Image
from playwright.sync_api import expect

from demo import batch_export
from svhn.images import draw
from svhn.images.decode import MAX_BYTES

MIXED = [
    *(photo("clear.png"), photo("doubtful.png", "1984"), photo("empty.png", NOTHING), photo("long.png", MANY)),
    *(("broken.jpg", b"This is no picture."), photo("=1+1.png", "7"), photo("clear.png", "128")),
]


@pytest.fixture
def tab(visit) -> BatchVisit:
    return BatchVisit(visit)


def test_every_file_is_read_shown_and_counted(tab):
    tab.send(MIXED)
    tab.done("All done: 7 files")
    chips = ["7 all", "3 confident", "1 check", "1 no number", "1 more than five digits", "1 error"]
    expect(tab.status.locator(".chips label")).to_have_text(chips)
    expect(tab.pictures).to_have_text(
        [
            *("1984checkdoubtful.png", "42confidentclear.png", "–no numberempty.png", "…more than five digitslong.png"),
            *("7confident=1+1.png", "128confidentclear-2.png"),
        ]
    )
    content = tab.page.request.get(tab.page.url + tab.pictures.locator("img").nth(1).get_attribute("src")).body()
    assert near(np.asarray(Image.open(io.BytesIO(content))), draw.FOUND) > 1000
    expect(tab.line("clear.png")).to_have_text(
        ["clear.png", "42", "✓ confident", ">99 %", "", "24, 16, 72, 48", re.compile(r"\d+")]
    )
    expect(tab.line("doubtful.png").nth(2)).to_have_text("? check")
    expect(tab.line("empty.png").nth(1)).to_have_text("")
    expect(tab.line("broken.jpg").nth(4)).to_contain_text("not a picture we can open")
    tab.visit.keep("many")


def test_chips_filter_and_a_tile_opens_in_the_first_tab(tab):
    tab.send(MIXED)
    tab.done("All done")
    tab.status.get_by_text("confident").click()
    expect(tab.pictures.locator("visible=true")).to_have_count(3)
    tab.status.get_by_text("error").click()
    expect(tab.pictures.locator("visible=true")).to_have_count(0)
    expect(tab.page.locator("#many-results tbody tr:visible th")).to_have_text("broken.jpg")
    tab.status.get_by_text("check").click()
    tab.pictures.locator("visible=true").click()
    tab.visit.verdict("check", "41 %")
    expect(tab.page.locator("#stage .box b")).to_have_text("1984")
    expect(tab.page.locator("#stage")).to_be_visible()


def test_what_can_be_taken_away(tab):
    tab.send(MIXED)
    tab.done("All done")
    name, table = tab.download("csv")
    assert name.startswith("house-numbers-")
    assert name.endswith(".csv")
    lines = list(csv.DictReader(io.StringIO(table.decode("utf-8-sig"), newline="")))
    assert [line["file"] for line in lines] == [
        *("clear.png", "doubtful.png", "empty.png", "long.png", "broken.jpg", "'=1+1.png", "clear-2.png")
    ]
    assert [line["number"] for line in lines] == ["42", "1984", "", "", "", "7", "128"]
    assert "not a picture" in lines[4]["error"]
    name, content = tab.download("zip")
    assert name.endswith(".zip")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        assert archive.read(names[-1]) == table
        assert near(np.asarray(Image.open(archive.open("clear.jpg"))), draw.FOUND) > 1000
    assert names[:-1] == ["clear.jpg", "doubtful.jpg", "empty.jpg", "long.jpg", "=1+1.jpg", "clear-2.jpg"]


def test_more_than_200_are_refused_before_they_are_sent(tab):
    tab.send([photo(f"{i}.png") for i in range(batch_export.MAX_PHOTOS + 1)])
    expect(tab.status).to_contain_text("more than 200 files; please send at most 200 at a time. None of them was read.")
    assert not [url for url in tab.visit.requests if "/upload" in url]
    tab.send([photo("a.png")])
    tab.done("All done: 1 file,")


def test_a_file_that_is_too_large_does_not_keep_the_others_back(tab, tmp_path):
    large, small = tmp_path / "large.png", tmp_path / "small.png"
    large.write_bytes(b"\0" * (MAX_BYTES + 2**20))
    small.write_bytes(encoded(photo_of("42")))
    tab.page.locator("#many-files input[type=file]").set_input_files([large, small])
    tab.done("All done: 2 files")
    assert [(line["file"], line["number"], line["error"]) for line in tab.table()] == [
        ("large.png", "", "The file has 21.0 MB; please send one of at most 20 MB."),
        ("small.png", "42", ""),
    ]


def test_files_are_dropped(tab):
    tab.drop([photo("a.png"), ("notes.txt", b"These are no house numbers.")])
    tab.done("All done: 2 files")
    assert [line["state"] for line in tab.table()] == ["confident", "error"]


def test_a_folder_is_chosen(tab, tmp_path):
    (tmp_path / "street" / "left").mkdir(parents=True)
    for name in ("street/house.png", "street/left/house.png", "street/.hidden", "street/Thumbs.db"):
        (tmp_path / name).write_bytes(encoded(photo_of("42")))
    with tab.page.expect_file_chooser() as chooser:
        tab.page.get_by_role("button", name="Choose a folder").click()
    chooser.value.set_files(tmp_path / "street")
    tab.done("All done: 2 files")
    assert sorted(line["file"] for line in tab.table()) == ["house-2.png", "house.png"]


def test_nothing_to_send_is_reported(tab, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "Thumbs.db").write_bytes(b"x")
    with tab.page.expect_file_chooser() as chooser:
        tab.page.get_by_role("button", name="Choose a folder").click()
    chooser.value.set_files(tmp_path / "empty")
    expect(tab.status).to_contain_text("There is no photo among these")


def test_what_cannot_be_opened_in_a_folder_is_left_out(tab):
    """With entries as browsers give them for a dropped folder."""
    for files, sentence in (("fails, file", "All done: 1 file,"), ("fails", "There is no photo among these")):
        tab.ready()
        tab.page.evaluate(
            """files => {
                const folder = inside => ({isDirectory: true, createReader: () => {
                    const left = [inside];
                    return {readEntries: done => done(left.pop() ?? [])};
                }});
                const fails = {isFile: true, file: (done, failed) => failed(new DOMException('', 'NotReadableError'))};
                const closed = {isDirectory: true, createReader: () => ({readEntries: (done, failed) => failed('no')})};
                const file = {isFile: true, file: done => done(new File(['x'], 'a.png'))};
                const entry = folder(files.includes('file') ? [fails, closed, file] : [fails, closed]);
                const event = new DragEvent('drop', {bubbles: true, cancelable: true});
                const dataTransfer = {types: ['Files'], files: [], items: [{webkitGetAsEntry: () => entry}]};
                Object.defineProperty(event, 'dataTransfer', {value: dataTransfer});
                document.querySelector('#many-files button').dispatchEvent(event);
            }""",
            files,
        )
        expect(tab.status).to_contain_text(sentence)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_phone_without_sideways_scrolling(browser, address, scheme):
    context = browser.new_context(viewport=PHONE, color_scheme=scheme, has_touch=True, is_mobile=True)
    tab = BatchVisit(Visit(context, address))
    tab.send([*MIXED, photo("a-very-long-name-of-a-photo-as-some-cameras-write-them-20260712-183022.png")])
    tab.done("All done: 8 files")
    expect(tab.pictures).to_have_count(7)
    expect(tab.line("broken.jpg").first).to_be_visible()
    assert tab.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    tab.visit.keep(f"many-phone-{scheme}")
    context.close()
