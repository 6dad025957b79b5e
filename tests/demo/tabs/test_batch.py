import asyncio
import csv
import io
import re
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor

import gradio as gr
import gradio.routes
import pytest
from helpers import api_client
from helpers.batch_visit import BatchVisit, photo
from helpers.browser_visit import near, transfer
from helpers.fake_pipeline import MANY, NOTHING, PATIENCE_S, Watched, encoded, photo_of, wait_until
from playwright.sync_api import expect

from demo import config
from demo.batch_export import MAX_PHOTOS
from demo.tabs import batch
from svhn.images import draw
from svhn.images.decode import MAX_BYTES, open_photo

MIXED = [
    *(photo("clear.png"), photo("doubtful.png", "1984"), photo("empty.png", NOTHING), photo("long.png", MANY)),
    *(("broken.jpg", b"This is no picture."), photo("=1+1.png", "7"), photo("clear.png", "128")),
]


@pytest.fixture
def tab(visit) -> BatchVisit:
    return BatchVisit(visit)


def test_every_file_is_read_shown_counted_and_taken_away(tab):
    tab.send(MIXED)
    tab.done("All done: 7 files")
    chips = ["7 all", "3 confident", "1 check", "1 no number", "1 more than five digits", "1 error"]
    expect(tab.status.locator(".chips label")).to_have_text(chips)
    tiles = ["1984checkdoubtful.png", "42confidentclear.png", "–no numberempty.png", "…more than five digitslong.png"]
    expect(tab.pictures).to_have_text([*tiles, "7confident=1+1.png", "128confidentclear-2.png"])
    image = tab.page.request.get(tab.page.url + tab.pictures.locator("img").nth(1).get_attribute("src")).body()
    assert near(open_photo(image), draw.FOUND) > 1000
    cells = ["clear.png", "42", "✓ confident", ">99 %", "", "24, 16, 72, 48", re.compile(r"\d+")]
    expect(tab.line("clear.png")).to_have_text(cells)
    expect(tab.line("doubtful.png").nth(2)).to_have_text("? check")
    expect(tab.line("broken.jpg").nth(4)).to_contain_text("not a picture we can open")
    lines, (name, table) = tab.table(), tab.download("csv")
    assert re.fullmatch(r"house-numbers-.*\.csv", name)
    files = ["clear.png", "doubtful.png", "empty.png", "long.png", "broken.jpg", "'=1+1.png", "clear-2.png"]
    assert [line["file"] for line in lines] == files
    assert [line["number"] for line in lines] == ["42", "1984", "", "", "", "7", "128"]
    with zipfile.ZipFile(io.BytesIO(tab.download("zip")[1])) as archive:
        names = archive.namelist()
        assert archive.read(names[-1]) == table
        assert near(open_photo(archive.read("clear.jpg")), draw.FOUND) > 1000
    assert names[:-1] == ["clear.jpg", "doubtful.jpg", "empty.jpg", "long.jpg", "=1+1.jpg", "clear-2.jpg"]
    tab.status.get_by_text("confident").click()
    expect(tab.pictures.locator("visible=true")).to_have_count(3)
    tab.status.get_by_text("error").click()
    expect(tab.pictures.locator("visible=true")).to_have_count(0)
    expect(tab.page.locator("#many-results tbody tr:visible th")).to_have_text("broken.jpg")
    tab.status.get_by_text("check").click()
    tab.pictures.locator("visible=true").click()  # opens in the first tab
    tab.visit.verdict("check", "41 %")
    expect(tab.page.locator("#stage .box b")).to_have_text("1984")
    expect(tab.page.locator("#stage")).to_be_visible()


def test_more_than_200_are_refused_before_they_are_sent(tab):
    tab.send([photo(f"{i}.png") for i in range(MAX_PHOTOS + 1)])
    expect(tab.status).to_contain_text("more than 200 files; please send at most 200 at a time. None of them was read.")
    assert not [url for url in tab.visit.requests if "/upload" in url]
    tab.send([photo("a.png")])
    tab.done("All done: 1 file,")


def test_a_file_that_is_too_large_does_not_keep_the_others_back(tab, tmp_path):
    large, small = tmp_path / "large.png", tmp_path / "small.png"
    large.write_bytes(b"\0" * (MAX_BYTES + 2**20))
    small.write_bytes(encoded(photo_of("42")))
    tab.ready()
    tab.page.locator("#many-files input[type=file]").set_input_files([large, small])
    tab.done("All done: 2 files")
    refused, read = tab.table()
    assert (refused["file"], read["file"], read["number"], read["error"]) == ("large.png", "small.png", "42", "")
    assert refused["error"] == "The file has 21.0 MB; please send one of at most 20 MB."


def test_a_folder_is_chosen_or_files_are_dropped(tab, tmp_path):
    (tmp_path / "street" / "left").mkdir(parents=True)
    (tmp_path / "empty").mkdir()
    for name in ("street/house.png", "street/left/house.png", "street/.hidden", "street/Thumbs.db", "empty/Thumbs.db"):
        (tmp_path / name).write_bytes(encoded(photo_of("42")))
    for folder in ("empty", "street"):
        tab.ready()
        with tab.page.expect_file_chooser() as chooser:
            tab.page.get_by_role("button", name="Choose a folder").click()
        chooser.value.set_files(tmp_path / folder)
        if folder == "empty":
            expect(tab.status).to_contain_text("There is no photo among these")
    tab.done("All done: 2 files")
    assert sorted(line["file"] for line in tab.table()) == ["house-2.png", "house.png"]
    tab.ready()
    transfer(tab.page, "drop", "#many-files button", photo("a.png"), ("notes.txt", b"No house number."), photo("c.png"))
    tab.done("All done: 3 files")
    assert [line["state"] for line in tab.table()] == ["confident", "error", "confident"]


def test_what_cannot_be_opened_in_a_folder_is_left_out(tab):
    """With entries as browsers give them for a dropped folder."""
    tab.ready()
    tab.page.evaluate("""() => {
        const left = [
            {isFile: true, file: (done, failed) => failed(new DOMException('', 'NotReadableError'))},
            {isDirectory: true, createReader: () => ({readEntries: (done, failed) => failed('no')})},
            {isFile: true, file: done => done(new File(['x'], 'a.png'))},
        ];
        const entry = {isDirectory: true, createReader: () => ({readEntries: done => done(left.splice(0, 1))})};
        const event = new DragEvent('drop', {bubbles: true, cancelable: true});
        const dataTransfer = {types: ['Files'], files: [], items: [{webkitGetAsEntry: () => entry}]};
        Object.defineProperty(event, 'dataTransfer', {value: dataTransfer});
        document.querySelector('#many-files button').dispatchEvent(event);
    }""")
    tab.done("All done: 1 file,")


@pytest.fixture
def slow(watched, monkeypatch) -> tuple[BatchVisit, Watched]:
    """The tab of a page that shows every photo as soon as it is read, and its pipeline, which waits."""
    visit, pipeline = watched
    monkeypatch.setattr(batch, "TURN_S", 0)
    pipeline.wait()
    return BatchVisit(visit), pipeline


def test_progress_is_seen_and_stop_keeps_what_was_read(slow, uploads):
    tab, pipeline = slow
    tab.send([photo(f"slow-{i}.png") for i in range(5)])
    expect(tab.status.locator("progress")).to_have_attribute("max", "5")
    expect(tab.page.locator("#many-files")).to_have_count(0)
    expect(tab.page.get_by_role("button", name="Choose a folder")).to_be_hidden()
    (last,) = uploads.rglob("slow-4.png")
    sent_at = last.stat().st_ctime_ns
    pipeline.turns.release(2)
    expect(tab.status).to_have_text("2 of 5 read")  # too few for an estimate of the time
    assert last.stat().st_ctime_ns > sent_at  # it is not deleted for its age while it waits
    expect(tab.status.locator("progress")).to_have_attribute("value", "2")
    expect(tab.pictures).to_have_count(2)
    tab.page.get_by_role("button", name="Stop").click()
    expect(tab.page.get_by_role("button", name="Stopping …")).to_be_disabled()
    pipeline.turns.release()  # the photo that was being read
    tab.done("Stopped after 3 of 5 files")
    expect(tab.page.locator("#many-stop")).to_be_hidden()
    assert [line["file"] for line in tab.table()] == ["slow-0.png", "slow-1.png", "slow-2.png"]
    with zipfile.ZipFile(io.BytesIO(tab.download("zip")[1])) as archive:
        assert archive.namelist()[:-1] == ["slow-0.jpg", "slow-1.jpg", "slow-2.jpg"]
    pipeline.turns.release()
    tab.send([photo("next.png", "7")])
    tab.done("All done: 1 file,")
    expect(tab.pictures).to_have_text(["7confidentnext.png"])


def test_stop_gives_the_drop_zone_back_where_nothing_is_read_any_more(slow, watched_page, monkeypatch):
    """As after a lost connection, when the page has not heard the end of its batch, or the server has forgotten it."""
    (tab, pipeline), (blocks, _) = slow, watched_page
    cancel_tasks, sessions = gradio.routes.cancel_tasks, blocks.state_holder.session_data

    async def cancel_and_go_on(names: set[str]) -> list[str]:
        """It waits for the photo that is being read, and no other may start."""
        asyncio.get_running_loop().call_soon(pipeline.turns.release)
        return await cancel_tasks(names)

    monkeypatch.setattr(gradio.routes, "cancel_tasks", cancel_and_go_on)
    for how in ("cancelled", "forgotten"):
        tab.send([photo("a.png"), photo("b.png")])
        assert pipeline.has_begun()
        expect(tab.status).to_contain_text("0 of 2 read")
        if how == "cancelled":
            ((name, (event,)),) = [(name, ids) for name, ids in blocks._queue.pending_event_ids_session.items() if ids]
            (index,) = [i for i, fn in blocks.fns.items() if fn.concurrency_id == "many"]
            body = {"session_hash": name, "fn_index": index, "event_id": event}
            api_client.post(f"{blocks.local_url}gradio_api/cancel", json=body).raise_for_status()
            (ended,) = [each for each in sessions[name].state_data.values() if isinstance(each, threading.Event)]
            assert ended.wait(PATIENCE_S)
        else:
            sessions.clear()
        tab.page.get_by_role("button", name="Stop").click()
        expect(tab.status).to_contain_text("Nothing is being read any more")
        expect(tab.page.locator("#many-stop")).to_be_hidden()
        expect(tab.page.locator("#many-files")).to_be_visible()
    pipeline.open()
    tab.done("All done: 2 files")


def test_a_mistake_of_ours_gives_the_drop_zone_back(tab, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(batch.BatchView, "add", None)
        tab.send([photo("a.png")])
        expect(tab.status).to_contain_text("The reader itself failed")
    expect(tab.page.locator("#many-stop")).to_be_hidden()
    tab.send([photo("a.png")])
    tab.done("All done: 1 file,")


def send_batch(blocks: gr.Blocks, paths: list[str], visitor: str = "visitor") -> str:
    """What the server sends to a visitor about a batch of these files."""
    (index,) = [i for i, fn in blocks.fns.items() if fn.concurrency_id == "many"]
    files = [{"path": path, "meta": {"_type": "gradio.FileData"}} for path in paths]
    return api_client.events(blocks.local_url, index, [files], visitor)


def test_a_single_photo_goes_past_batches_which_take_turns_and_mix_nothing(watched, watched_page, monkeypatch):
    (visit, pipeline), (blocks, _) = watched, watched_page
    monkeypatch.setattr(batch, "TURN_S", 0)
    pipeline.wait()

    def send(number: str) -> list[dict[str, str]]:
        files = [photo(f"{number}-{i}.png", number) for i in range(8)]
        sent = send_batch(blocks, api_client.upload(blocks.local_url, *files), number)
        (table,) = set(re.findall(r'"path": ?"([^"]+\.csv)"', sent))
        content = api_client.get(f"{blocks.local_url}gradio_api/file={table}").content
        return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))

    numbers = ("7", "42", "1984", "30512")[: config.CONCURRENT_READS]
    with ThreadPoolExecutor() as pool:
        batches = [pool.submit(send, number) for number in numbers]
        try:
            wait_until(lambda: sum(job is not None for job in blocks._queue.active_jobs) == len(batches))
            assert pipeline.has_begun()
            visit.read("128", "128")
        finally:
            pipeline.open()
        for number, lines in zip(numbers, (done.result() for done in batches), strict=True):
            assert [line["file"] for line in lines] == [f"{number}-{i}.png" for i in range(8)]
            assert {line["number"] for line in lines} == {number}


def test_the_server_itself_refuses(page, uploads):
    """What a browser of ours does not send."""
    (path,) = api_client.upload(page.local_url, photo("a.png"))
    assert "All done: 1 file" in send_batch(page, [path])
    refused = send_batch(page, [path] * (MAX_PHOTOS + 1))
    assert "more than 200 files" in refused
    assert "done" not in refused
    secret = uploads.parent / "secret.png"
    secret.write_bytes(encoded(photo_of("42")))
    assert "All done" not in send_batch(page, [str(secret)])
    assert "URLs are not fetched" in send_batch(page, ["http://127.0.0.1/a.png"])
