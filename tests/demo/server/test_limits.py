import asyncio
import hashlib
import json
import re
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote

import cv2
import gradio as gr
import httpx
import pytest
from gradio.blocks import BlockFunction
from helpers import api_client
from helpers.api_client import unfinished_upload
from helpers.browser_visit import DESKTOP
from helpers.fake_pipeline import READINGS, FakePipeline, encoded, photo_of
from helpers.waiting_pipeline import wait_until
from playwright.sync_api import expect
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from demo.components.inputs import PhotoData, PhotoInput
from demo.config import RETENTION_S
from demo.render import text
from demo.server import cleanup, limits
from demo.server.launch import NO_STATISTICS

VISITORS = 8


@pytest.mark.parametrize(
    "door",
    [
        "gradio_api/file=http://127.0.0.1:9/secret.png",
        "gradio_api/file=HTTP://127.0.0.1:9/secret.png",
        "gradio_api/file=https:/127.0.0.1/secret.png",
        "gradio_api/file=ftp://127.0.0.1/secret.png",
        "gradio_api/file/http://127.0.0.1:9/secret.png",
        "gradio_api/proxy=http://127.0.0.1:9/secret.png",
        "gradio_api/deep_link?session_hash=abc",
    ],
)
def test_nothing_is_fetched_or_kept_for_others(address, door):
    answer = api_client.get(f"{address}{door}")
    assert (answer.status_code, answer.json()) == (403, {"detail": "This page does not offer that."})


def test_no_videos_statistics_or_calls_past_the_queue(launch, monkeypatch):
    for name, value in NO_STATISTICS.items():
        monkeypatch.setenv(name, value)
    blocks = launch(FakePipeline())
    address, photo = blocks.local_url, api_client.data_url(encoded(photo_of("42")))
    files = {"video": ("a.mp4", b"x")}
    assert api_client.post(f"{address}gradio_api/process_recording", files=files).status_code == 403
    for path in ("monitoring", "monitoring/summary", "monitoring/guess"):
        assert api_client.get(f"{address}{path}").status_code == 403
    for door in ("run", "api"):
        assert api_client.post(f"{address}gradio_api/{door}/read", json={"data": [photo]}).status_code == 404
    for _ in range(3):
        assert api_client.call(address, "read", photo)[0] == "complete"
    assert len(blocks._queue.event_analytics) == 1
    assert blocks._queue.cached_event_analytics_summary == {"functions": {}}


@pytest.mark.parametrize("path", ["gradio_api/runs", "docs", "redoc", "openapi.json"])
def test_no_history_and_no_pages_of_others(address, path):
    answer = api_client.get(f"{address}{path}")
    assert answer.status_code == 404 or "House-number reader" not in answer.text


def test_a_file_of_another_visitor_cannot_be_guessed(address):
    content = encoded(photo_of("128"))
    (path,) = api_client.upload(address, ("door.png", content))
    assert api_client.get(f"{address}gradio_api/file={path}").content == content  # who has the path has the file
    folder = Path(path).parents[1]
    guesses = [folder, folder / "door.png", folder / hashlib.sha256(content).hexdigest() / "door.png"]
    guesses += [folder / hashlib.sha256().hexdigest() / "door.png", f"{path}/../../", f"{folder}/*/door.png"]
    for guess in guesses:
        assert api_client.get(f"{address}gradio_api/file={quote(str(guess))}").status_code in (403, 404)
        ended, answer = api_client.call(address, "read", str(guess))
        assert (ended, answer["error"]) == ("error", text.EXPIRED)


def test_a_photo_that_was_deleted_is_forgotten(tmp_path):
    photo = PhotoInput()
    photo.GRADIO_CACHE = str(tmp_path)
    with pytest.raises(gr.Error) as forgotten:
        photo.preprocess(PhotoData(path=str(tmp_path / "abc" / "door.png")))
    assert forgotten.value.message == text.EXPIRED
    with pytest.raises(gr.Error, match="not an upload"):
        photo.preprocess(PhotoData(path=str(tmp_path.parent / "door.png")))


def test_results_of_a_session_that_is_not_there(address):
    for path, line in (("queue/data?session_hash=guess", "404: Not Found"), ("call/read/guess", "event: error")):
        with httpx.stream("GET", f"{address}gradio_api/{path}", **api_client.OPTIONS) as events:
            assert line in next(events.iter_lines())


def test_a_request_has_a_size(address):
    def endless() -> Iterator[bytes]:
        yield b'{"data": ["'
        for _ in range(limits.MAX_BODY // 2**20 + 1):
            yield b"A" * 2**20
        yield b'"]}'

    content = b"".join(endless())
    for path in ("gradio_api/call/read", "gradio_api/call/upload", "gradio_api/run/upload", "gradio_api/api/upload"):
        response = api_client.post(f"{address}{path}", content=content)
        assert (response.status_code, "at most 40 MB" in response.json()["detail"]) == (413, True)
    call = f"{address}gradio_api/call/read"
    with pytest.raises(httpx.HTTPError):  # one that does not say how much is coming is cut short
        api_client.post(call, content=endless()).raise_for_status()
    ended, (reading, _) = api_client.call(address, "read", api_client.data_url(encoded(photo_of("42"))))
    assert (ended, reading["number"]) == ("complete", "42")


@pytest.mark.parametrize("says_how_much", [True, False])
def test_an_upload_has_a_size(address, monkeypatch, says_how_much):
    monkeypatch.setattr(limits, "MAX_UPLOAD", 2**20)
    whole = httpx.Request("POST", f"{address}gradio_api/upload", files={"files": ("a.png", bytes(2**20))})
    content, kind = whole.read(), {"content-type": whole.headers["content-type"]}
    sent = content if says_how_much else (content[at : at + 2**16] for at in range(0, len(content), 2**16))
    response = api_client.post(whole.url, content=sent, headers=kind)
    assert (response.status_code, "at most 1 MB" in response.json()["detail"]) == (413, True)
    assert len(api_client.upload(address, ("a.png", b"x"))) == 1


def upload_status(blocks: gr.Blocks, size: int, **options) -> int:
    files = {"files": ("a.png", bytes(size))}
    return api_client.post(f"{blocks.local_url}gradio_api/upload", files=files, **options).status_code


def test_uploads_have_room_and_what_was_only_announced_takes_none(launch, tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "MAX_STORED", 5000)
    monkeypatch.setattr(limits, "LOOK_EVERY_S", 0)
    blocks = launch(FakePipeline())
    with ExitStack() as senders:
        for announced in (5000, 5000, 5000, None, None):
            senders.enter_context(unfinished_upload(blocks.local_url, 10, announced))
        assert upload_status(blocks, 300) == 200
    kept = tmp_path / "of somebody" / "door.png"
    kept.parent.mkdir()
    kept.write_bytes(bytes(5001))
    response = api_client.post(f"{blocks.local_url}gradio_api/upload", files={"files": ("a.png", b"x")})
    assert (response.status_code, "no room" in response.json()["detail"]) == (507, True)
    kept.unlink()
    assert upload_status(blocks, 1) == 200


def test_uploads_that_come_at_once_have_room_together(launch, tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "MAX_STORED", 500_000)
    blocks = launch(FakePipeline())
    with unfinished_upload(blocks.local_url, 300_000):
        wait_until(lambda: sum(file.stat().st_size for file in api_client.files(tmp_path)) > 250_000)
        with unfinished_upload(blocks.local_url, 300_000) as second:
            assert b" 507 " in second.recv(100)
    for file in api_client.files(tmp_path):
        file.unlink()
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda size: upload_status(blocks, size), (80_000, 80_000))) == [200, 200]


@pytest.mark.parametrize("limit", ["IDLE_S", "SENDING_S"])
def test_a_sender_who_takes_too_long_is_cut_off(launch, monkeypatch, limit):
    monkeypatch.setattr(limits, limit, 0.3)
    blocks = launch(FakePipeline())
    with unfinished_upload(blocks.local_url, 10) as line:
        assert b" 408 " in line.recv(100)
    assert upload_status(blocks, 300) == 200


def answers(app: limits.RequestLimits, *requests: dict, root: str = "") -> list[httpx.Response]:
    """Of the app, served at the path `root`, to requests that come at the same time."""

    async def send_all() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app, root_path=root)
        async with httpx.AsyncClient(transport=transport, base_url="http://page") as client:
            return await asyncio.gather(*(client.post(**request) for request in requests))

    with ThreadPoolExecutor(1) as pool:  # a thread of its own: the browser's loop runs in this one
        return pool.submit(lambda: asyncio.run(send_all())).result()


async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
    """A page that receives the whole request, takes its time, and refuses it."""
    while (await receive()).get("more_body"):
        pass
    for _ in range(1000):  # all others have had their turn
        await asyncio.sleep(0)
    await JSONResponse({"detail": "wrong"}, status_code=400)(scope, receive, send)


def test_the_longest_upload_is_over_before_its_first_file_is_deleted(tmp_path, monkeypatch):
    first, clock = tmp_path / "first.jpg", SimpleNamespace(now=0.0)
    first.touch()

    async def photos() -> AsyncIterator[bytes]:
        for _ in range(RETENTION_S // 5):  # one every ten seconds, for twice the time that files are kept
            clock.now += 10
            await asyncio.sleep(0)
            yield b"x"

    monkeypatch.setattr(limits, "time", SimpleNamespace(monotonic=lambda: clock.now))
    assert answers(limits.RequestLimits(wrong), {"url": "/upload", "content": photos()})[0].status_code == 408
    used = first.lstat().st_ctime + clock.now + 30  # the page then asks for a reading
    monkeypatch.setattr(cleanup, "time", SimpleNamespace(time=lambda: used))
    cleanup.sweep(tmp_path, RETENTION_S)
    assert first.exists()


def test_requests_have_room_in_memory_together(monkeypatch):
    monkeypatch.setattr(limits, "MAX_BODIES", 1000)
    app = limits.RequestLimits(wrong)
    response = answers(app, *[{"url": "/gradio_api/call/read", "content": bytes(400)}] * 5)
    assert sorted(each.status_code for each in response) == [400, 400, 503, 503, 503]
    assert all("retry-after" in each.headers for each in response if each.status_code == 503)
    assert [each.status_code for each in answers(app, {"url": "/gradio_api/call/read", "content": bytes(400)})] == [400]


def test_a_mistake_of_the_page_is_the_callers_only_where_it_is_a_call_and_a_full_queue_says_when_to_come_again():
    async def broken(*_: object) -> None:
        raise KeyError("what was sent")

    assert answers(limits.RequestLimits(broken), {"url": "/gradio_api/call/read"})[0].status_code == 400
    with pytest.raises(KeyError):
        answers(limits.RequestLimits(broken), {"url": "/config"})
    full = limits.RequestLimits(JSONResponse({}, status_code=503))
    assert "retry-after" in answers(full, {"url": "/gradio_api/queue/join"})[0].headers


@pytest.mark.parametrize(("root", "url"), [("", "/login"), ("/numbers/", "/numbers/login/")])
def test_wrong_passwords_are_answered_slowly_and_few_at_once(monkeypatch, root, url):
    sleep, delays = asyncio.sleep, []
    monkeypatch.setattr(asyncio, "sleep", lambda seconds: delays.append(seconds) or sleep(0))
    app = limits.RequestLimits(wrong)
    response = answers(app, *[{"url": url, "data": {"password": str(i)}} for i in range(20)], root=root)
    assert sorted(each.status_code for each in response) == [400] * limits.MAX_LOGINS + [429] * (20 - limits.MAX_LOGINS)
    assert all("retry-after" in each.headers for each in response if each.status_code == 429)
    assert delays.count(limits.LOGIN_DELAY_S) == limits.MAX_LOGINS
    assert answers(limits.RequestLimits(JSONResponse({})), {"url": "/login"})[0].status_code == 200  # a right one
    assert delays.count(limits.LOGIN_DELAY_S) == limits.MAX_LOGINS


def reading_event(page: gr.Blocks) -> BlockFunction:
    """What reads a visitor's photo."""
    return next(
        fn
        for fn in page.fns.values()
        if {"photo", "threshold"} <= {block.elem_id for block in fn.inputs} and fn.name == "on_change"
    )


def memory_mb() -> float:
    """That this process holds, in MiB."""
    return int(Path("/proc/self/status").read_text().split("VmRSS:")[1].split()[0]) / 1024


def test_photos_are_not_kept_with_sessions_nor_in_memory(launch):
    blocks = launch(FakePipeline())
    photo = api_client.data_url(encoded(cv2.resize(photo_of("42"), (1500, 1500)), "JPEG"))  # 6.4 MiB once decoded
    event = reading_event(blocks)
    data = [photo, *[block.value for block in event.inputs[1:]]]
    for visitor in range(40):
        assert "Most likely" in api_client.events(blocks.local_url, event._id, data, f"visitor{visitor}")
        if visitor == 10:
            before = memory_mb()
    assert memory_mb() - before < 100
    kept = [session.config_values for session in blocks.state_holder.session_data.values()]
    assert len(kept) >= 40
    assert photo[100:200] not in repr(kept)


def test_eight_at_once_get_their_own(address, page):
    """Over the very requests that the page in the browser makes, each visitor with photos of all kinds in turn."""
    event = reading_event(page)
    verdict = [block.elem_id for block in event.outputs].index("verdict")

    def visit(visitor: int) -> list[bool]:
        right = []
        for turn in range(len(READINGS)):
            number, _ = READINGS[(visitor + turn) % len(READINGS)]
            data = [api_client.data_url(encoded(photo_of(number))), *[block.value for block in event.inputs[1:]]]
            lines = api_client.events(address, event._id, data, f"visitor{visitor}").splitlines()
            done = next(line for line in lines if "process_completed" in line)
            shown = json.loads(done.removeprefix("data: "))["output"]["data"][verdict]
            plate = {"": "–", "123456": "…"}.get(number, number)
            right.append(f">{plate}</p>" in (shown["value"] if isinstance(shown, dict) else shown))
        return right

    with ThreadPoolExecutor(VISITORS) as pool:
        assert list(pool.map(visit, range(VISITORS))) == [[True] * len(READINGS)] * VISITORS


def test_the_browser_keeps_nothing(new_visit, address):
    visit = new_visit(address, viewport=DESKTOP)  # a browser that no other test has used
    visit.read("42", "42")
    assert visit.page.evaluate("indexedDB.databases().then(found => found.map(each => each.name))") == []
    stored = visit.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert not {"house", "data:"} & set(re.findall("house|data:", stored))
    visit.page.reload()
    expect(visit.page.locator('#verdict [data-state="idle"]')).to_be_visible()
    assert visit.page.context.cookies() == []


@pytest.mark.parametrize("door", ["call/read", "call/nothing", "queue/join", "reset", "cancel", "upload"])
def test_a_malformed_call_is_the_callers_fault(address, door):
    bodies = (b"", b"\xff", b"[]", b"{}", b'{"data": [NaN]}', b'{"data": [1, 2, 3]}', b'{"data": "x", "fn_index": -1}',
              b'{"data": [null], "fn_index": 99999, "session_hash": "a"}')  # fmt: skip
    for body in bodies:
        headers = {"content-type": "application/json", "connection": "close"}
        answer = api_client.post(f"{address}gradio_api/{door}", content=body, headers=headers)
        assert answer.status_code in (200, 400, 404, 422), (body, answer.text)
        assert answer.status_code != 200 or door in ("reset", "call/read")  # a string that is no photo is queued


def test_an_upload_without_a_name_is_the_callers_fault(address):
    assert api_client.post(f"{address}gradio_api/upload", files={"files": ("", b"x")}).status_code in (400, 422)
