import asyncio
import hashlib
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote

import cv2
import httpx
import pytest
from helpers import api_client
from helpers.api_client import unfinished_upload
from helpers.fake_networks import reading_event
from helpers.fake_pipeline import MANY, NOTHING, READINGS, FakePipeline, encoded, photo_of, wait_until
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from demo.config import RETENTION_S
from demo.render import text
from demo.server import limits
from demo.server.launch import NO_STATISTICS


def test_nothing_is_fetched_or_kept_for_others_and_there_is_no_history(address):
    secret = "//127.0.0.1:9/secret.png"
    elsewhere = [f"file=http:{secret}", f"file=HTTP:{secret}", "file=https:/127.0.0.1/secret.png", f"file=ftp:{secret}"]
    for door in (*elsewhere, f"file/http:{secret}", f"proxy=http:{secret}", "deep_link?session_hash=abc"):
        answer = api_client.get(f"{address}gradio_api/{door}")
        assert (answer.status_code, answer.json()) == (403, {"detail": "This page does not offer that."}), door
    for path in ("gradio_api/runs", "docs", "redoc", "openapi.json"):
        answer = api_client.get(f"{address}{path}")
        assert answer.status_code == 404 or "House-number reader" not in answer.text, path
    for path, line in (("queue/data?session_hash=guess", "404: Not Found"), ("call/read/guess", "event: error")):
        with httpx.stream("GET", f"{address}gradio_api/{path}", **api_client.OPTIONS) as events:
            assert line in next(events.iter_lines())  # results of a session that is not there


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


def test_a_request_has_a_size(address):
    content = b'{"data": ["' + b"A" * limits.MAX_BODY + b'"]}'
    for path in ("gradio_api/call/read", "gradio_api/call/upload", "gradio_api/run/upload", "gradio_api/api/upload"):
        response = api_client.post(f"{address}{path}", content=content)
        assert (response.status_code, "at most 40 MB" in response.json()["detail"]) == (413, True)
    call = f"{address}gradio_api/call/read"
    with pytest.raises(httpx.HTTPError):  # one that does not say how much is coming is cut short
        api_client.post(call, content=iter([content])).raise_for_status()
    ended, (reading, _) = api_client.call(address, "read", api_client.data_url(encoded(photo_of("42"))))
    assert (ended, reading["number"]) == ("complete", "42")


def test_uploads_have_room_also_those_that_come_at_once_and_what_was_only_announced_takes_none(
    launch, tmp_path, monkeypatch
):
    address = launch(FakePipeline()).local_url

    def upload(size: int) -> httpx.Response:
        return api_client.post(f"{address}gradio_api/upload", files={"files": ("a.png", bytes(size))})

    with monkeypatch.context() as patch, ExitStack() as senders:
        patch.setattr(limits, "MAX_STORED", 5000)
        patch.setattr(limits, "LOOK_EVERY_S", 0)
        for announced in (5000, 5000, 5000, None, None):
            senders.enter_context(unfinished_upload(address, 10, announced))
        assert upload(300).status_code == 200
        (kept := tmp_path / "door.png").write_bytes(bytes(5001))
        assert (upload(1).status_code, "no room" in upload(1).json()["detail"]) == (507, True)
        kept.unlink()
        assert upload(1).status_code == 200
    monkeypatch.setattr(limits, "MAX_STORED", 500_000)
    with unfinished_upload(address, 300_000):
        wait_until(lambda: sum(file.stat().st_size for file in api_client.files(tmp_path)) > 250_000)
        with unfinished_upload(address, 300_000) as second:
            assert b" 507 " in second.recv(100)
    for file in api_client.files(tmp_path):
        file.unlink()
    with ThreadPoolExecutor(2) as pool:
        assert [answer.status_code for answer in pool.map(upload, (80_000, 80_000))] == [200, 200]


def test_a_sender_who_takes_too_long_is_cut_off(address, monkeypatch):
    for limit in ("IDLE_S", "SENDING_S"):
        with monkeypatch.context() as patch:
            patch.setattr(limits, limit, 0.3)
            with unfinished_upload(address, 10) as line:
                assert b" 408 " in line.recv(100)
    assert api_client.upload(address, ("a.png", b"x"))


def answers(app: limits.RequestLimits, *requests: dict, root: str = "") -> list[httpx.Response]:
    """Of the app, served at the path `root`, to requests that come at the same time."""

    async def send_all() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app, root_path=root)
        async with httpx.AsyncClient(transport=transport, base_url="http://page") as client:
            return await asyncio.gather(*(client.post(**request) for request in requests))

    with ThreadPoolExecutor(1) as pool:  # a thread of its own: the browser's loop runs in this one
        return pool.submit(lambda: asyncio.run(send_all())).result()


async def in_parts(*sizes: int) -> AsyncIterator[bytes]:
    """A body whose size is not announced."""
    for size in sizes:
        yield bytes(size)


async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
    """A page that receives the whole request, takes its time, and refuses it."""
    while (await receive()).get("more_body"):
        pass
    for _ in range(1000):  # all others have had their turn
        await asyncio.sleep(0)
    await JSONResponse({"detail": "wrong"}, status_code=400)(scope, receive, send)


def test_the_longest_upload_is_over_before_its_first_file_is_deleted(monkeypatch):
    clock = SimpleNamespace(now=0)

    async def photos() -> AsyncIterator[bytes]:
        for seconds in range(0, 2 * RETENTION_S, 10):
            clock.now = seconds
            await asyncio.sleep(0)
            yield b"x"

    monkeypatch.setattr(limits, "time", SimpleNamespace(monotonic=lambda: clock.now))
    assert answers(limits.RequestLimits(wrong), {"url": "/upload", "content": photos()})[0].status_code == 408
    assert clock.now + 30 < RETENTION_S  # the page then asks for a reading


@pytest.mark.parametrize(
    ("limit", "url", "status"), [("MAX_BODY", "/config", 413), ("MAX_UPLOAD", "/upload", 413), ("MAX_BODIES", "/", 503)]
)
def test_a_limit_is_the_largest_size_and_the_page_receives_no_more(monkeypatch, limit, url, status):
    monkeypatch.setattr(limits, limit, 1000)
    passed = []

    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        more = True
        while more:
            message = await receive()
            passed.append(len(message.get("body", b"")))
            more = message.get("more_body")
        await JSONResponse({})(scope, receive, send)

    for size, expected in ((1000, 200), (1001, status)):
        for content in (bytes(size), in_parts(400, 400, size - 800, 0, 0)):
            passed.clear()
            app = limits.RequestLimits(page)
            assert answers(app, {"url": url, "content": content})[0].status_code == expected
            assert sum(passed) in ([1000] if size == 1000 else [0, 800])


def test_an_answer_that_has_begun_is_completed(monkeypatch):
    async def early(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200})
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.body", "body": b"all of it"})

    monkeypatch.setattr(limits, "MAX_BODY", 1000)
    (answer,) = answers(limits.RequestLimits(early), {"url": "/config", "content": in_parts(1000, 1000)})
    assert (answer.status_code, answer.content) == (200, b"all of it")


def test_files_are_counted_once_a_second_and_before_an_upload_is_refused(tmp_path, monkeypatch):
    clock, counts, count = SimpleNamespace(now=0.0), [], limits._stored
    monkeypatch.setattr(limits, "MAX_STORED", 100)
    monkeypatch.setattr(limits, "time", SimpleNamespace(monotonic=lambda: clock.now))
    monkeypatch.setattr(limits, "_stored", lambda: counts.append(count()) or counts[-1])
    monkeypatch.delenv("GRADIO_TEMP_DIR")
    files, kept = limits.StoredBytes(), tmp_path / "kept.jpg"

    async def add_all() -> None:
        assert await files.add(40)
        assert await files.add(40)
        assert counts == [0]  # without a folder of its own there is nothing to count
        monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
        kept.write_bytes(bytes(30))
        (tmp_path / "other.jpg").write_bytes(bytes(10))
        clock.now += limits.LOOK_EVERY_S
        assert await files.add(10)
        assert counts == [0, 40]
        assert await files.add(50)
        assert await files.add(50)  # more than there is room for, had what came before been kept
        assert counts == [0, 40, 40]
        assert not await files.add(61)
        kept.unlink()
        assert await files.add(90)
        assert counts == [0, 40, 40, 40, 10]
        assert not await files.add(91)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(add_all())).result()


def test_requests_have_room_in_memory_together(monkeypatch):
    monkeypatch.setattr(limits, "MAX_BODIES", 1000)
    app = limits.RequestLimits(wrong)
    response = answers(app, *[{"url": "/gradio_api/call/read", "content": bytes(400)}] * 5)
    assert sorted(each.status_code for each in response) == [400, 400, 503, 503, 503]
    assert all(int(each.headers["retry-after"]) > 0 for each in response if each.status_code == 503)
    assert [each.status_code for each in answers(app, {"url": "/gradio_api/call/read", "content": bytes(400)})] == [400]


def test_a_mistake_of_the_page_is_the_callers_only_where_it_is_a_call_and_a_full_queue_says_when_to_come_again():
    async def broken(*_: object) -> None:
        raise KeyError("what was sent")

    assert answers(limits.RequestLimits(broken), {"url": "/gradio_api/call/read"})[0].status_code == 400
    with pytest.raises(KeyError):
        answers(limits.RequestLimits(broken), {"url": "/config"})
    full = limits.RequestLimits(JSONResponse({}, status_code=503))
    assert int(answers(full, {"url": "/gradio_api/queue/join"})[0].headers["retry-after"]) > 0


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


def memory_mb() -> float:
    """That this process holds, in MiB."""
    return int(Path("/proc/self/status").read_text().split("VmRSS:")[1].split()[0]) / 1024


def test_photos_are_not_kept_with_sessions_nor_in_memory(page):
    photo = api_client.data_url(encoded(cv2.resize(photo_of("42"), (1500, 1500)), "JPEG"))  # 6.4 MiB once decoded
    event = reading_event(page)
    data = [photo, *[block.value for block in event.inputs[1:]]]
    for visitor in range(40):
        assert "Most likely" in api_client.events(page.local_url, event._id, data, f"visitor{visitor}")
        if visitor == 10:
            before = memory_mb()
    assert memory_mb() - before < 100
    kept = [session.config_values for session in page.state_holder.session_data.values()]
    assert len(kept) >= 40
    assert photo[100:200] not in repr(kept)


def test_eight_at_once_get_their_own(address, page):
    """Over the very requests that the page in the browser makes, each visitor with photos of all kinds in turn."""
    event = reading_event(page)

    def visit(visitor: int) -> None:
        for turn in range(len(READINGS)):
            number, _ = READINGS[(visitor + turn) % len(READINGS)]
            data = [api_client.data_url(encoded(photo_of(number))), *[block.value for block in event.inputs[1:]]]
            plate = {NOTHING: "–", MANY: "…"}.get(number, number)
            assert f">{plate}</p>" in api_client.events(address, event._id, data, f"visitor{visitor}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(visit, range(8)))


@pytest.mark.parametrize("door", ["call/read", "call/nothing", "queue/join", "reset", "cancel", "upload"])
def test_a_malformed_call_is_the_callers_fault(address, door):
    bodies = (b"", b"\xff", b"[]", b"{}", b'{"data": [NaN]}', b'{"data": [1, 2, 3]}', b'{"data": "x", "fn_index": -1}',
              b'{"data": [null], "fn_index": 99999, "session_hash": "a"}')  # fmt: skip
    for body in bodies:
        headers = {"content-type": "application/json", "connection": "close"}
        answer = api_client.post(f"{address}gradio_api/{door}", content=body, headers=headers)
        assert answer.status_code in (200, 400, 404, 422), (body, answer.text)
        assert answer.status_code != 200 or door in ("reset", "call/read")  # a string that is no photo is queued
    nameless = {"files": ("", b"x")}
    assert api_client.post(f"{address}gradio_api/upload", files=nameless).status_code in (400, 422)
