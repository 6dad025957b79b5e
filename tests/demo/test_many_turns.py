"""Batches as they run: progress, stop, turns beside other visitors, what they leave behind, what is refused."""

from __future__ import annotations

import io
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import gradio as gr
import httpx
import numpy as np
import pytest
from many_visit import ManyVisit, photo
from playwright.sync_api import Browser, BrowserContext, expect
from stand_in import StandIn, encoded, photo_of
from visit import DESKTOP, Visit

from demo import batch, parts, ui
from demo.tabs import many
from svhn.data.truth import Sample
from svhn.reading import Reading

PATIENCE_S = 60
Launch = Callable[..., gr.Blocks]


class OneByOne(StandIn):
    """Reads a photo of a batch only when it is told to."""

    def __init__(self) -> None:
        self.waiting, self.go_on = threading.Semaphore(0), threading.Semaphore(0)

    def read(self, photo: np.ndarray) -> Reading:
        self.waiting.release()
        assert self.go_on.acquire(timeout=PATIENCE_S)
        return super().read(photo)


def left(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.fixture
def slow(context: BrowserContext, launch: Launch, samples: list[Sample], monkeypatch: pytest.MonkeyPatch):
    """The tab of a page that shows every photo as soon as it is read, and its pipeline, which waits to be told."""
    monkeypatch.setattr(many, "TURN_S", 0)
    pipeline = OneByOne()
    return ManyVisit(Visit(context, launch(pipeline, samples).local_url)), pipeline


def test_progress_is_seen_and_stop_keeps_what_was_read(slow: tuple[ManyVisit, OneByOne], tmp_path: Path) -> None:
    tab, pipeline = slow
    tab.send([photo(f"{i}.png") for i in range(5)])
    expect(tab.status.locator("progress")).to_have_attribute("max", "5")
    expect(tab.page.locator("#many-files")).to_have_count(0)
    expect(tab.page.get_by_role("button", name="Choose a folder")).to_be_hidden()
    (last,) = tmp_path.rglob("4.png")
    sent_at = last.stat().st_ctime_ns
    pipeline.go_on.release(2)
    expect(tab.status).to_contain_text("2 of 5 read")
    assert last.stat().st_ctime_ns > sent_at  # it is not deleted for its age while it waits
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
