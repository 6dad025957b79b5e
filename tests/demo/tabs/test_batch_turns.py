"""Batches as they run: progress, stop, turns next to other visitors, what they leave behind, what is refused."""

import io
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor

import gradio as gr
import gradio.routes
import numpy as np
import pytest
from helpers import api_client
from helpers.batch_visit import BatchVisit, photo
from helpers.browser_visit import DESKTOP, Visit
from helpers.fake_pipeline import FakePipeline, encoded, number_in, photo_of
from playwright.sync_api import expect

from demo import config
from demo.batch_export import MAX_PHOTOS
from demo.server import cleanup, options
from demo.tabs import batch
from svhn.reading import Reading

PATIENCE_S = 60


class OneByOne(FakePipeline):
    """Reads a photo only when `go_on` lets it, but "128" at once."""

    def __init__(self) -> None:
        self.waiting, self.go_on = threading.Semaphore(0), threading.Semaphore(0)

    def read_all(self, photo: np.ndarray) -> list[Reading]:
        if number_in(photo) != "128":
            self.waiting.release()
            assert self.go_on.acquire(timeout=PATIENCE_S)
        return super().read_all(photo)


@pytest.fixture
def one_by_one() -> OneByOne:
    return OneByOne()


@pytest.fixture
def slow_page(one_by_one, launch, samples, monkeypatch) -> gr.Blocks:
    """It shows every photo as soon as it is read."""
    monkeypatch.setattr(batch, "TURN_S", 0)
    return launch(one_by_one, samples)


@pytest.fixture
def slow(context, slow_page, one_by_one) -> tuple[BatchVisit, OneByOne]:
    """The tab of that page, and its pipeline, which waits."""
    return BatchVisit(Visit(context, slow_page.local_url)), one_by_one


def test_progress_is_seen_and_stop_keeps_what_was_read(slow, tmp_path):
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
    expect(tab.pictures).to_have_text(["7confidentnext.png"])


@pytest.mark.parametrize("how", ["cancelled", "forgotten"])
def test_stop_gives_the_drop_zone_back_where_nothing_is_read_any_more(how, slow, slow_page, monkeypatch):
    """As after a lost connection, when the page has not heard the end of its batch."""
    (tab, pipeline), blocks = slow, slow_page
    heard, cancel_tasks = threading.Event(), gradio.routes.cancel_tasks

    async def cancel_and_tell(names: set[str]) -> list[str]:
        heard.set()
        return await cancel_tasks(names)

    monkeypatch.setattr(gradio.routes, "cancel_tasks", cancel_and_tell)
    tab.send([photo("a.png"), photo("b.png")])
    assert pipeline.waiting.acquire(timeout=PATIENCE_S)
    expect(tab.status).to_contain_text("0 of 2 read")
    ((name, session),) = blocks.state_holder.session_data.items()
    if how == "cancelled":
        (event,) = blocks._queue.pending_event_ids_session[name]
        (index,) = [i for i, fn in blocks.fns.items() if fn.concurrency_id == "many"]
        body = {"session_hash": name, "fn_index": index, "event_id": event}
        with ThreadPoolExecutor(1) as pool:  # it waits for the photo that is being read, and no other may start
            cancelled = pool.submit(api_client.post, f"{blocks.local_url}gradio_api/cancel", json=body)
            assert heard.wait(PATIENCE_S)
            pipeline.go_on.release()
            cancelled.result().raise_for_status()
        (ended,) = [value for value in session.state_data.values() if isinstance(value, threading.Event)]
        assert ended.wait(PATIENCE_S)
    else:
        blocks.state_holder.session_data.clear()
    tab.page.get_by_role("button", name="Stop").click()
    expect(tab.status).to_contain_text("Nothing is being read any more")
    expect(tab.page.locator("#many-stop")).to_be_hidden()
    expect(tab.page.locator("#many-files")).to_be_visible()
    pipeline.go_on.release(2)


def test_a_mistake_of_ours_gives_the_drop_zone_back(slow, monkeypatch):
    tab, pipeline = slow
    with monkeypatch.context() as patch:
        patch.setattr(batch.BatchView, "add", None)
        pipeline.go_on.release()
        tab.send([photo("a.png")])
        expect(tab.status).to_contain_text("The reader itself failed")
    expect(tab.page.locator("#many-stop")).to_be_hidden()
    pipeline.go_on.release()
    tab.send([photo("a.png")])
    tab.done("All done: 1 file,")


def test_a_single_photo_goes_past_batches(slow, context):
    tab, pipeline = slow
    tabs = [tab, *(BatchVisit(Visit(context, tab.page.url)) for _ in range(config.CONCURRENT_READS - 1))]
    for one in tabs:
        one.send([photo("a.png"), photo("b.png")])
        expect(one.status).to_contain_text("of 2 read")
    assert pipeline.waiting.acquire(timeout=PATIENCE_S)
    other = Visit(context, tab.page.url)
    other.upload("house.png", encoded(photo_of("128")))
    other.verdict("confident", "128")
    pipeline.go_on.release(2 * len(tabs))
    for one in tabs:
        one.done("All done: 2 files")


def test_batches_take_turns_and_mix_nothing(browser, address):
    contexts = [browser.new_context(viewport=DESKTOP) for _ in range(2)]
    tabs = [BatchVisit(Visit(context, address)) for context in contexts]
    for tab, number in zip(tabs, ("7", "128"), strict=True):
        tab.send([photo(f"{number}-{i}.png", number) for i in range(20)])
    for tab, number in zip(tabs, ("7", "128"), strict=True):
        tab.done("All done: 20 files")
        assert {(line["number"], line["file"].split("-")[0]) for line in tab.table()} == {(number, number)}
    for context in contexts:
        context.close()


@pytest.mark.parametrize("goes", [False, True], ids=["done", "visitor gone"])
def test_nothing_stays_behind(goes, context, launch, samples, tmp_path, monkeypatch):
    monkeypatch.setattr(options, "RETENTION_S", 1)
    monkeypatch.setattr(options, "CLEANUP_EVERY_S", 1)
    monkeypatch.setattr(batch, "TURN_S", 0)
    over, sweep = threading.Event(), cleanup.sweep  # nothing goes before the test is through with the batch
    monkeypatch.setattr(cleanup, "sweep", lambda folder, max_age_s: over.is_set() and sweep(folder, max_age_s))
    pipeline = OneByOne()
    tab = BatchVisit(Visit(context, launch(pipeline, samples).local_url))
    tab.send([photo("a.png"), photo("b.png"), ("c.png", b"")])
    pipeline.go_on.release()
    expect(tab.status).to_contain_text("1 of 3 read")
    if goes:
        tab.page.close()
    pipeline.go_on.release()
    if not goes:
        expect(tab.status).to_contain_text("All done: 3 files")
    over.set()
    deadline = time.monotonic() + PATIENCE_S
    while api_client.files(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert api_client.files(tmp_path) == []


def test_the_server_itself_refuses(launch, tmp_path):
    """What a browser of ours does not send."""
    blocks = launch(FakePipeline())
    (index,) = [i for i, fn in blocks.fns.items() if fn.concurrency_id == "many"]
    (path,) = api_client.post(f"{blocks.local_url}gradio_api/upload", files={"files": photo("a.png")}).json()

    def events(*paths: str) -> str:
        files = [{"path": one, "meta": {"_type": "gradio.FileData"}} for one in paths]
        body = {"data": [files], "fn_index": index, "session_hash": "abc"}
        api_client.post(f"{blocks.local_url}gradio_api/queue/join", json=body).raise_for_status()
        return api_client.get(f"{blocks.local_url}gradio_api/queue/data?session_hash=abc").text

    assert "All done: 1 file" in events(path)
    refused = events(*[path] * (MAX_PHOTOS + 1))
    assert "more than 200 files" in refused
    assert "done" not in refused
    secret = tmp_path.parent / "secret.png"
    secret.write_bytes(encoded(photo_of("42")))
    assert "All done" not in events(str(secret))
    assert "URLs are not fetched" in events("http://127.0.0.1/a.png")
