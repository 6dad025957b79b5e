import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import gradio as gr
import httpx
import pytest
from helpers import api_client
from helpers.batch_visit import BatchVisit, photo
from helpers.fake_networks import served
from helpers.fake_pipeline import Watched, encoded, photo_of, two_numbers, wait_until
from playwright.sync_api import expect

from demo import config, ui
from demo.render import text
from demo.server import cleanup, gradio_options, limits
from demo.tabs import batch
from svhn.reading import Reading


def test_who_leaves_is_forgotten_and_files_go_away_of_batches_too(launch, samples, new_visit, tmp_path, monkeypatch):
    monkeypatch.setattr(gradio_options, "RETENTION_S", 1)
    monkeypatch.setattr(gradio_options, "CLEANUP_EVERY_S", 0.1)
    monkeypatch.setattr(batch, "TURN_S", 0)
    over, sweep = threading.Event(), cleanup.sweep  # nothing goes before the visitor does
    monkeypatch.setattr(cleanup, "sweep", lambda folder, max_age_s: over.is_set() and sweep(folder, max_age_s))
    blocks = launch(pipeline := Watched(), samples)
    visit = new_visit(blocks.local_url)
    visit.example("Clear")
    visit.verdict("confident")
    (session,) = blocks.state_holder.session_data.values()
    assert any(isinstance(value, Reading) for value in session.state_data.values())
    (path,) = api_client.upload(blocks.local_url, ("house.png", encoded(photo_of("42"))))
    assert Path(path).is_relative_to(tmp_path)
    assert read(blocks, "42") == "42"  # leaves the picture with the box
    tab = BatchVisit(visit)
    for goes in (False, True):
        pipeline.wait()
        tab.send([photo("a.png"), photo("b.png"), ("c.png", b"")])
        pipeline.turns.release()
        expect(tab.status).to_contain_text("1 of 3 read")
        if goes:
            visit.page.close()
        pipeline.open()
        if not goes:
            tab.done("All done: 3 files")
    over.set()
    wait_until(lambda: not (blocks.state_holder.session_data or blocks.state_holder.time_last_used))
    wait_until(lambda: not api_client.files(tmp_path))


@pytest.fixture(scope="module")
def narrow_page(samples) -> Iterator[tuple[gr.Blocks, Watched]]:
    """A page that keeps few sessions, and looks often whether they are closed, and whose queue is short."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gradio_options, "CLEANUP_EVERY_S", 0.1)
        patch.setattr(gradio_options, "MAX_SESSIONS", 3)
        patch.setattr(ui, "QUEUE_SIZE", 1)
        patch.setitem(config.READ_QUEUE, "concurrency_limit", 1)
        with served(pipeline := Watched(), samples) as blocks:
            yield blocks, pipeline


def test_who_was_away_goes_on_and_who_is_forgotten_gets_a_sentence(narrow_page, used_visit, monkeypatch):
    sweeps, drop = [], cleanup.drop_closed_sessions
    monkeypatch.setattr(cleanup, "drop_closed_sessions", lambda *given: sweeps.append(drop(*given)))
    blocks, _ = narrow_page
    address, sessions, visit = blocks.local_url, blocks.state_holder.session_data, used_visit(blocks.local_url)
    visit.read(two_numbers("42", "128"), "42")

    def look_at(number: str) -> None:
        visit.page.locator("#verdict").get_by_role("button", name=number).click()
        expect(visit.plate).to_have_text(number)

    ((name, session),) = sessions.items()
    with httpx.stream("GET", f"{address}gradio_api/heartbeat/{name}", **api_client.OPTIONS) as heart:
        next(heart.iter_lines())
    wait_until(lambda: session.is_closed)
    before = len(sweeps)
    wait_until(lambda: len(sweeps) > before + 3)
    look_at("128")
    for _ in range(4):  # calls do not take the places of visitors
        assert read(blocks, "7") == "7"
        broken, photo = (api_client.data_url(content) for content in (b"no picture", encoded(photo_of("7"))))
        assert api_client.call(address, "read", broken)[0] == "complete"
        assert api_client.call(address, "read_batch", [photo])[0] == "complete"
    look_at("42")
    sessions.clear()
    visit.page.locator("#verdict").get_by_role("button", name="128").click()
    expect(visit.page.get_by_test_id("toast-body")).to_contain_text(text.EXPIRED)


def read(blocks: gr.Blocks, number: str) -> str:
    """`/read` over HTTP -> the number, or why there is none."""
    ended, answer = api_client.call(blocks.local_url, "read", api_client.data_url(encoded(photo_of(number))))
    return answer[0]["number"] if ended == "complete" else str(answer)


def test_a_full_queue_is_reported_and_harms_nobody(narrow_page, used_visit, monkeypatch):
    blocks, pipeline = narrow_page
    visit = used_visit(blocks.local_url)
    pipeline.begin()
    pipeline.wait(quick=())
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(read, blocks, "42")
        assert pipeline.has_begun()
        second = pool.submit(read, blocks, "7")
        wait_until(lambda: len(blocks._queue) == 1)
        assert "queue is full" in read(blocks, "128").lower()
        monkeypatch.setattr(limits, "RETRY_S", 0.01)
        visit.upload("house.png", encoded(photo_of("128")))
        visit.verdict("refused", "Not read")  # after many tries
        monkeypatch.setattr(limits, "RETRY_S", 1)
        visit.upload("house.png", encoded(photo_of("128")))
        expect(visit.page.locator("#busy")).to_contain_text("Many people")
        pipeline.open()
        visit.verdict("confident", "128")  # by itself
        expect(visit.page.locator("#busy")).to_be_hidden()
        assert [first.result(), second.result()] == ["42", "7"]
