"""Many photos at once: progress, gallery, table, CSV and ZIP; what is broken, too much, stopped, or left behind."""

from __future__ import annotations

import csv
import io
import threading
import time
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import gradio as gr
import httpx
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Locator, expect
from stand_in import MANY, NOTHING, StandIn, encoded, photo_of
from visit import DESKTOP, PHONE, Visit, near

from demo import batch, draw, parts, ui
from demo.tabs import many
from svhn.data.truth import Sample
from svhn.photos import MAX_BYTES
from svhn.reading import Reading

PATIENCE_S = 60
Launch = Callable[..., gr.Blocks]
File = tuple[str, bytes]


def photo(name: str, number: str = "42") -> File:
    return name, encoded(photo_of(number))


MIXED = [
    *(photo("clear.png"), photo("doubtful.png", "1984"), photo("empty.png", NOTHING), photo("long.png", MANY)),
    *(("broken.jpg", b"This is no picture."), photo("=1+1.png", "7"), photo("clear.png", "128")),
]


class OneByOne(StandIn):
    """Reads a photo of a batch only when it is told to."""

    def __init__(self) -> None:
        self.waiting, self.go_on = threading.Semaphore(0), threading.Semaphore(0)

    def read(self, photo: np.ndarray) -> Reading:
        self.waiting.release()
        assert self.go_on.acquire(timeout=PATIENCE_S)
        return super().read(photo)


class ManyVisit:
    """The tab as a visitor uses it."""

    def __init__(self, visit: Visit) -> None:
        self.visit, self.page = visit, visit.page
        self.page.get_by_role("tab", name="Many photos").click()
        self.status = self.page.locator("#many-status")
        self.pictures = self.page.locator("#many-gallery .gallery-item")

    def send(self, files: Sequence[File]) -> None:
        content = [{"name": name, "mimeType": "image/png", "buffer": data} for name, data in files]
        self.page.locator("#many-files input[type=file]").set_input_files(content)

    def done(self, words: str) -> None:
        """Waits for it."""
        expect(self.status).to_contain_text(words)
        expect(self.page.locator("#many-zip")).to_be_visible()

    def line(self, file: str) -> Locator:
        """The cells of the table's line about it."""
        cell = self.page.get_by_role("gridcell", name=file, exact=True)
        return self.page.locator("#many-table").get_by_role("row").filter(has=cell).get_by_role("gridcell")

    def download(self, which: str) -> tuple[str, bytes]:
        with self.page.expect_download() as started:
            self.page.locator(f"#many-{which}").click()
        return started.value.suggested_filename, Path(started.value.path()).read_bytes()

    def table(self) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(self.download("csv")[1].decode("utf-8-sig"), newline="")))

    def drop(self, files: Sequence[File]) -> None:
        content = [(name, list(data)) for name, data in files]
        self.page.evaluate(
            """files => {
                const dataTransfer = new DataTransfer();
                for (const [name, data] of files) dataTransfer.items.add(new File([Uint8Array.from(data)], name));
                const zone = document.querySelector('#many-files button');
                for (const type of ['dragenter', 'drop'])
                    zone.dispatchEvent(new DragEvent(type, {dataTransfer, bubbles: true, cancelable: true}));
            }""",
            content,
        )


@pytest.fixture
def tab(visit: Visit) -> ManyVisit:
    return ManyVisit(visit)


def left(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_every_file_is_read_shown_and_counted(tab: ManyVisit) -> None:
    tab.send(MIXED)
    tab.done("All done: 7 files")
    expect(tab.status.locator("li")).to_have_text(
        [
            "3 sure",
            "1 unsure: compare these with the photos",
            "1 without a number",
            "1 with more than five digits",
            "1 could not be read; the table says why",
        ]
    )
    expect(tab.pictures.locator(".caption-label")).to_have_text(
        [
            *("42\nclear.png", "1984\nunsure · doubtful.png", "no number\nempty.png", "> 5 digits\nlong.png"),
            *("7\n=1+1.png", "128\nclear-2.png"),
        ]
    )
    expect(tab.pictures.first.get_by_role("button")).to_have_accessible_name("42 clear.png")
    image = tab.pictures.locator("img").first
    content = tab.page.request.get(image.get_attribute("src")).body()
    assert near(np.asarray(Image.open(io.BytesIO(content))), draw.FOUND) > 1000
    expect(tab.line("clear.png")).to_contain_text(["clear.png", "42", "✓ sure", "99.9", "24, 16, 72, 48"])
    expect(tab.line("doubtful.png")).to_contain_text(["doubtful.png", "1984", "? unsure", "41"])
    expect(tab.line("empty.png")).to_contain_text(["empty.png", "", "– none"])
    broken = tab.line("broken.jpg")
    expect(broken.nth(2)).to_have_text("✗ error")
    expect(broken.nth(6)).to_contain_text("not a picture we can open")
    tab.visit.keep("many")


def test_what_can_be_taken_away(tab: ManyVisit) -> None:
    tab.send(MIXED)
    tab.done("All done")
    name, table = tab.download("csv")
    assert name.startswith("house-numbers-")
    assert name.endswith(".csv")
    lines = list(csv.DictReader(io.StringIO(table.decode("utf-8-sig"), newline="")))
    assert [line["file"] for line in lines] == [
        *("clear.png", "doubtful.png", "empty.png", "long.png", "broken.jpg", "'=1+1.png", "clear-2.png"),
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


def test_more_than_200_are_refused_before_they_are_sent(tab: ManyVisit) -> None:
    tab.send([photo(f"{i}.png") for i in range(batch.MAX_PHOTOS + 1)])
    expect(tab.status).to_contain_text("more than 200 files; please send at most 200 at a time. None of them was read.")
    assert not [url for url in tab.visit.requests if "/upload" in url]
    tab.send([photo("a.png")])
    tab.done("All done: 1 file,")


def test_a_file_that_is_too_large_does_not_keep_the_others_back(tab: ManyVisit, tmp_path: Path) -> None:
    large, small = tmp_path / "large.png", tmp_path / "small.png"
    large.write_bytes(b"\0" * (MAX_BYTES + 2**20))
    small.write_bytes(encoded(photo_of("42")))
    tab.page.locator("#many-files input[type=file]").set_input_files([large, small])
    tab.done("All done: 2 files")
    assert [(line["file"], line["number"], line["error"]) for line in tab.table()] == [
        ("large.png", "", "The file has 21.0 MB; please send one of at most 20 MB."),
        ("small.png", "42", ""),
    ]


def test_files_are_dropped(tab: ManyVisit) -> None:
    tab.drop([photo("a.png"), ("notes.txt", b"These are no house numbers.")])
    tab.done("All done: 2 files")
    assert [line["state"] for line in tab.table()] == ["sure", "error"]


def test_a_folder_is_chosen(tab: ManyVisit, tmp_path: Path) -> None:
    (tmp_path / "street" / "left").mkdir(parents=True)
    for name in ("street/house.png", "street/left/house.png", "street/.hidden", "street/Thumbs.db"):
        (tmp_path / name).write_bytes(encoded(photo_of("42")))
    with tab.page.expect_file_chooser() as chooser:
        tab.page.get_by_role("button", name="Choose a folder").click()
    chooser.value.set_files(tmp_path / "street")
    tab.done("All done: 2 files")
    assert sorted(line["file"] for line in tab.table()) == ["house-2.png", "house.png"]


@pytest.fixture
def slow(context: BrowserContext, launch: Launch, samples: list[Sample], monkeypatch: pytest.MonkeyPatch):
    """The tab of a page that shows every photo as soon as it is read, and its pipeline, which waits to be told."""
    monkeypatch.setattr(many, "TURN_S", 0)
    pipeline = OneByOne()
    return ManyVisit(Visit(context, launch(pipeline, samples).local_url)), pipeline


def test_progress_is_seen_and_stop_keeps_what_was_read(slow: tuple[ManyVisit, OneByOne]) -> None:
    tab, pipeline = slow
    tab.send([photo(f"{i}.png") for i in range(5)])
    expect(tab.status.locator("progress")).to_have_attribute("max", "5")
    expect(tab.page.locator("#many-files")).to_have_count(0)
    expect(tab.page.get_by_role("button", name="Choose a folder")).to_be_hidden()
    pipeline.go_on.release(2)
    expect(tab.status).to_contain_text("2 of 5 read")
    expect(tab.status.locator("progress")).to_have_attribute("value", "2")
    expect(tab.pictures).to_have_count(2)
    tab.visit.keep("many-reading")
    tab.page.get_by_role("button", name="Stop").click()
    expect(tab.page.get_by_role("button", name="Stopping …")).to_be_disabled()
    pipeline.go_on.release()  # the photo that was being read
    tab.done("Stopped after 3 of 5 files")
    expect(tab.page.locator("#many-stop")).to_be_hidden()
    assert [line["file"] for line in tab.table()] == ["0.png", "1.png", "2.png"]
    with zipfile.ZipFile(io.BytesIO(tab.download("zip")[1])) as archive:
        assert archive.namelist()[:-1] == ["0.jpg", "1.jpg", "2.jpg"]
    pipeline.go_on.release()
    tab.send([photo("next.png", "7")])
    tab.done("All done: 1 file,")
    expect(tab.pictures.locator(".caption-label")).to_have_text(["7\nnext.png"])


def test_a_single_photo_goes_past_batches(slow: tuple[ManyVisit, OneByOne], context: BrowserContext) -> None:
    tab, pipeline = slow
    tabs = [tab, *(ManyVisit(Visit(context, tab.page.url)) for _ in range(parts.AT_ONCE - 1))]
    for one in tabs:
        one.send([photo("a.png"), photo("b.png")])
        expect(one.status).to_contain_text("of 2 read")
    assert pipeline.waiting.acquire(timeout=PATIENCE_S)
    other = Visit(context, tab.page.url)
    other.upload("house.png", encoded(photo_of("128")))
    other.verdict("sure", "128")
    pipeline.go_on.release(2 * len(tabs))
    for one in tabs:
        one.done("All done: 2 files")


def test_batches_take_turns_and_mix_nothing(browser: Browser, address: str) -> None:
    contexts = [browser.new_context(viewport=DESKTOP) for _ in range(2)]
    tabs = [ManyVisit(Visit(context, address)) for context in contexts]
    for tab, number in zip(tabs, ("7", "128"), strict=True):
        tab.send([photo(f"{number}-{i}.png", number) for i in range(20)])
    for tab, number in zip(tabs, ("7", "128"), strict=True):
        tab.done("All done: 20 files")
        assert {(line["number"], line["file"].split("-")[0]) for line in tab.table()} == {(number, number)}
    for context in contexts:
        context.close()


@pytest.mark.parametrize("goes", [False, True], ids=["done", "visitor gone"])
def test_nothing_stays_behind(
    goes: bool, context: BrowserContext, launch: Launch, samples: list[Sample], tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(ui, "KEPT_S", 1)
    monkeypatch.setattr(ui, "CHECKED_EVERY_S", 1)
    monkeypatch.setattr(many, "TURN_S", 0)
    pipeline = OneByOne()
    tab = ManyVisit(Visit(context, launch(pipeline, samples).local_url))
    tab.send([photo("a.png"), photo("b.png"), ("c.png", b"")])
    pipeline.go_on.release()
    expect(tab.status).to_contain_text("1 of 3 read")
    if goes:
        tab.page.close()
    pipeline.go_on.release()
    if not goes:
        expect(tab.status).to_contain_text("All done: 3 files")
    deadline = time.monotonic() + PATIENCE_S
    while left(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left(tmp_path) == []


def test_the_server_itself_refuses(launch: Launch, tmp_path: Path) -> None:
    """What a browser of ours does not send."""
    blocks = launch(StandIn())
    (index,) = [i for i, fn in blocks.fns.items() if fn.concurrency_id == "many"]
    (path,) = httpx.post(f"{blocks.local_url}gradio_api/upload", files={"files": photo("a.png")}).json()

    def told(*paths: str) -> str:
        files = [{"path": one, "meta": {"_type": "gradio.FileData"}} for one in paths]
        body = {"data": [files], "fn_index": index, "session_hash": "abc"}
        httpx.post(f"{blocks.local_url}gradio_api/queue/join", json=body).raise_for_status()
        return httpx.get(f"{blocks.local_url}gradio_api/queue/data?session_hash=abc", timeout=PATIENCE_S).text

    assert "All done: 1 file" in told(path)
    refused = told(*[path] * (batch.MAX_PHOTOS + 1))
    assert "more than 200 files" in refused
    assert "done" not in refused
    secret = tmp_path.parent / "secret.png"
    secret.write_bytes(encoded(photo_of("42")))
    assert "All done" not in told(str(secret))
    assert "addresses are not fetched" in told("http://127.0.0.1/a.png")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_phone_without_sideways_scrolling(browser: Browser, address: str, scheme: str) -> None:
    context = browser.new_context(viewport=PHONE, color_scheme=scheme, has_touch=True, is_mobile=True)
    tab = ManyVisit(Visit(context, address))
    tab.send([*MIXED, photo("a-very-long-name-of-a-photo-as-some-cameras-write-them-20260712-183022.png")])
    tab.done("All done: 8 files")
    expect(tab.pictures).to_have_count(7)
    expect(tab.line("broken.jpg").first).to_be_visible()
    assert tab.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    tab.visit.keep(f"many-phone-{scheme}")
    context.close()
