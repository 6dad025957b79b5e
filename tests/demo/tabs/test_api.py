import json
import re
import resource
import subprocess
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anyio
import pytest
from helpers import api_client
from helpers.fake_pipeline import encoded, photo_of
from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client
from playwright.sync_api import Page, expect

from benchmarks.helpers.bomb_files import png_chunk, png_of_chunks
from demo.tabs import api

ELSEWHERE, LOCAL, FILE = "http://127.0.0.1:9/house.png", "/etc/passwd", {"_type": "gradio.FileData"}
LANGUAGES = {"py": "Python", "sh": "curl", "js": "JavaScript"}


@pytest.fixture
def tab(used_visit, full_page) -> Page:
    """The tab, on a page that serves tools as well."""
    visit = used_visit(full_page.address)
    visit.open_tab("API")
    expect(visit.page.locator("#programs code").first).to_be_attached()
    return visit.page


@pytest.fixture
def snippets(tab, full_page) -> dict[tuple[str, str], str]:
    """What the copy buttons copy, by endpoint and language."""
    copied = {}
    for place, endpoint in enumerate(("read", "read_batch")):
        for suffix, name in LANGUAGES.items():
            tab.locator("#programs").get_by_role("tab", name=name).nth(place).click()
            code = tab.locator(f"#{endpoint}-{suffix}")
            expect(code).to_contain_text(full_page.address)
            code.get_by_role("button").first.click()
            text = tab.evaluate("navigator.clipboard.readText()")
            assert text not in copied.values()
            copied[endpoint, suffix] = text
    return copied


def shell(command: str, folder: Path) -> list:
    done = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, timeout=api_client.PATIENCE_S)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_copied_programs_run(snippets, shared_context, full_page, tmp_path, monkeypatch, capsys):
    for name, number in (("house.jpg", "42"), ("door.jpg", "7")):
        (tmp_path / name).write_bytes(encoded(photo_of(number), "JPEG"))
    monkeypatch.chdir(tmp_path)
    for endpoint in ("read", "read_batch"):
        exec(snippets[endpoint, "py"], {})
    shown = [line for line in capsys.readouterr().out.splitlines() if "Loaded" not in line]
    assert [re.sub(r"0\.\d+", "p", line) for line in shown] == ["42 p None", "house.jpg 42 None", "door.jpg 7 None"]

    reading, picture = shell(snippets["read", "sh"], tmp_path)
    assert (reading["file"], reading["number"]) == ("house.jpg", "42")
    assert picture["url"].startswith("http")
    (readings,) = shell(snippets["read_batch", "sh"], tmp_path)
    assert [(reading["file"], reading["number"]) for reading in readings] == [("house.jpg", "42"), ("door.jpg", "7")]

    page = shared_context.new_page()
    page.goto(f"{full_page.address}robots.txt")  # an empty page under the same address, made one with a file input
    page.set_content("<input type=file multiple>")
    page.locator("input").set_input_files([tmp_path / "house.jpg", tmp_path / "door.jpg"])
    shown.clear()
    page.on("console", lambda message: shown.append(re.sub(r"0\.\d+", "p", message.text)))
    for endpoint in ("read", "read_batch"):
        page.evaluate(f"(async () => {{ {snippets[endpoint, 'js']} }})()")
    assert shown == ["42 p", "house.jpg 42 undefined", "door.jpg 7 undefined"]
    page.close()


def test_a_batch_of_all_that_can_be_sent_goes_on_past_broken_files(address):
    sent = ("7.png", encoded(photo_of("7"))), ("b.png", b"text"), ("c.png", b"")
    seven, text, nothing = api_client.upload(address, *sent)
    file = {"path": seven, "orig_name": "mine.png", "meta": FILE}
    inline = api_client.data_url(encoded(photo_of("42")))
    photos = [seven, text, nothing, inline, file, {"url": inline, "orig_name": "x.png"}]
    ended, (readings,) = api_client.call(address, "read_batch", photos)
    assert ended == "complete"
    assert [reading["file"] for reading in readings] == ["7.png", "b.png", "c.png", None, "mine.png", "x.png"]
    assert [reading.get("number") for reading in readings] == ["7", None, None, "42", "7", "42"]
    assert readings[1].keys() == readings[2].keys() == {"file", "error"}
    assert "JPEG, PNG" in readings[1]["error"]
    ended, (single, _) = api_client.call(address, "read", seven)
    assert {**readings[0], "ms": 0} == {**single, "ms": 0}
    assert api_client.call(address, "read_batch", []) == ("complete", [[]])
    ended, answer = api_client.call(address, "read_batch", [inline] * (api.MAX_CALL_PHOTOS + 1))
    assert (ended, f"at most {api.MAX_CALL_PHOTOS}" in answer["error"]) == ("error", True)


@pytest.mark.parametrize(
    ("photo", "shown"),
    [
        *[(place, "not fetched") for place in (ELSEWHERE, {"path": ELSEWHERE, "meta": FILE}, {"url": ELSEWHERE})],
        *[(place, "not an upload") for place in (LOCAL, {"path": LOCAL})],
        ("data:image/png;base64,%%%", "base64"),
    ],
)
def test_nothing_is_fetched_from_anywhere(address, photo, shown):
    for endpoint, sent in (("read", photo), ("read_batch", [photo])):
        ended, answer = api_client.call(address, endpoint, sent)
        assert (ended, shown in answer["error"]) == ("error", True)


def test_assistants_find_two_tools(tab, full_page):
    """Through a real MCP client, at the address that the page shows."""
    address = f"{full_page.address}gradio_api/mcp/"
    expect(tab.locator("#assistants")).to_contain_text(address)

    async def use() -> tuple[list[str], list[str]]:
        async with streamablehttp_client(address) as (read, write, _), ClientSession(read, write) as session:
            await session.initialize()
            tools = (await session.list_tools()).tools
            photos = [api_client.data_url(encoded(photo_of(number))) for number in ("42", "7")]
            asked = [("read", {"photo": photos[0]}), ("read_batch", {"photos": photos})]
            asked += [("read", {"photo": f"{full_page.address}favicon.ico"}), ("read", {"photo": "/etc/passwd"})]
            answers = [await session.call_tool(name, arguments) for name, arguments in asked]
            assert [answer.isError for answer in answers] == [False, False, True, True]
            return [tool.name for tool in tools], [answer.content[0].text for answer in answers]

    with ThreadPoolExecutor(1) as pool:  # Playwright has a loop of its own in this thread
        tools, (one, batch, fetched, local) = pool.submit(anyio.run, use).result()
    assert tools == ["read", "read_batch"]
    assert "'number': '42'" in one
    assert batch.index("'number': '42'") < batch.index("'number': '7'")
    assert "not fetched" in fetched
    assert "not an upload" in local


@pytest.mark.parametrize("chunk", [b"IDAT", b"zTXt", b"iCCP"])
def test_a_small_file_that_inflates_to_300_mb_takes_no_such_memory(address, chunk):
    head, packer = b"" if chunk == b"IDAT" else b"a\0\0", zlib.compressobj(1)
    packed = b"".join(packer.compress(bytes(2**20)) for _ in range(300)) + packer.flush()
    (sent,) = api_client.upload(address, ("house.png", png_of_chunks(png_chunk(chunk, head + packed))))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # in KiB; the page is served from this process
    ended, (reading, _) = api_client.call(address, "read", sent)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 2**10
    assert (ended, reading["file"]) == ("complete", "house.png")
    assert ("error" in reading) == (chunk != b"IDAT")  # of the pixels those that it does not announce are left out
