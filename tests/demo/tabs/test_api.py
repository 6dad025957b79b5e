import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anyio
import gradio as gr
import pytest
from helpers import api_client
from helpers.browser_visit import DESKTOP, Visit
from helpers.fake_networks import served
from helpers.fake_pipeline import FakePipeline, encoded, photo_of
from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client
from playwright.sync_api import Page, expect

from demo.tabs import api

LANGUAGES = {"py": "Python", "sh": "curl", "js": "JavaScript"}


def open_tab(page: Page) -> None:
    page.get_by_role("tab", name="API").click()
    expect(page.locator("#read-py code")).to_be_visible()


@pytest.fixture(scope="module")
def snippets(browser, address) -> dict[tuple[str, str], str]:
    """What the copy buttons copy, by endpoint and language."""
    context = browser.new_context(viewport=DESKTOP, permissions=["clipboard-read", "clipboard-write"])
    page = Visit(context, address).page
    open_tab(page)
    copied = {}
    for place, endpoint in enumerate(("read", "read_batch")):
        for suffix, name in LANGUAGES.items():
            page.locator("#programs").get_by_role("tab", name=name).nth(place).click()
            code = page.locator(f"#{endpoint}-{suffix}")
            expect(code).to_contain_text(address)
            code.get_by_role("button").first.click()
            text = page.evaluate("navigator.clipboard.readText()")
            assert text not in copied.values()
            copied[endpoint, suffix] = text
    context.close()
    return copied


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Where the person who copied them has two photos."""
    folder = tmp_path_factory.mktemp("somebody")
    (folder / "house.jpg").write_bytes(encoded(photo_of("42"), "JPEG"))
    (folder / "door.jpg").write_bytes(encoded(photo_of("7"), "JPEG"))
    return folder


def run(command: list[str], folder: Path) -> str:
    quiet = os.environ | {"HF_HUB_DISABLE_TELEMETRY": "1"}  # of gradio_client, on the caller's own machine
    done = subprocess.run(command, cwd=folder, env=quiet, capture_output=True, text=True, timeout=api_client.PATIENCE_S)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_python(snippets, folder):
    both = snippets["read", "py"] + "\n" + snippets["read_batch", "py"]  # one start of Python for the two
    shown = run([sys.executable, "-c", both], folder).splitlines()
    assert [line for line in shown if "Loaded" not in line] == ["42 0.999 None", "house.jpg 42 None", "door.jpg 7 None"]


def test_curl(snippets, folder):
    reading, picture = json.loads(run(["bash", "-c", snippets["read", "sh"]], folder))
    assert (reading["file"], reading["number"]) == ("house.jpg", "42")
    assert picture["url"].startswith("http")
    (readings,) = json.loads(run(["bash", "-c", snippets["read_batch", "sh"]], folder))
    assert [(reading["file"], reading["number"]) for reading in readings] == [("house.jpg", "42"), ("door.jpg", "7")]


def test_javascript(snippets, folder, context, address):
    page = context.new_page()
    page.goto(f"{address}robots.txt")  # an empty page under the same address, which is made one with a file input
    page.set_content("<input type=file multiple>")
    page.locator("input").set_input_files([folder / "house.jpg", folder / "door.jpg"])
    shown: list[str] = []
    page.on("console", lambda message: shown.append(message.text))
    for endpoint in ("read", "read_batch"):
        page.evaluate(f"(async () => {{ {snippets[endpoint, 'js']} }})()")
    assert shown == ["42 0.999", "house.jpg 42 undefined", "door.jpg 7 undefined"]


def test_a_batch_goes_on_past_broken_files(address):
    photos = [("a.png", encoded(photo_of("42"))), ("b.png", b"text"), ("c.png", b""), ("d.png", encoded(photo_of("7")))]
    ended, (readings,) = api_client.call(address, "read_batch", api_client.upload(address, *photos))
    assert ended == "complete"
    assert [reading["file"] for reading in readings] == ["a.png", "b.png", "c.png", "d.png"]
    assert [reading.get("number") for reading in readings] == ["42", None, None, "7"]
    assert readings[1].keys() == readings[2].keys() == {"file", "error"}
    assert "JPEG, PNG" in readings[1]["error"]
    ended, (single, _) = api_client.call(address, "read", api_client.upload(address, photos[0])[0])
    assert {**readings[0], "ms": 0} == {**single, "ms": 0}


def test_a_batch_of_addresses_and_objects(address):
    (path,) = api_client.upload(address, ("7.png", encoded(photo_of("7"))))
    file = {"path": path, "orig_name": "mine.png", "meta": {"_type": "gradio.FileData"}}
    inline = api_client.data_url(encoded(photo_of("42")))
    ended, (readings,) = api_client.call(address, "read_batch", [inline, file, {"url": inline, "orig_name": "x.png"}])
    assert ended == "complete"
    assert [(r["file"], r["number"]) for r in readings] == [(None, "42"), ("mine.png", "7"), ("x.png", "42")]
    assert api_client.call(address, "read_batch", []) == ("complete", [[]])
    ended, answer = api_client.call(address, "read_batch", [inline] * (api.MAX_CALL_PHOTOS + 1))
    assert (ended, f"at most {api.MAX_CALL_PHOTOS}" in answer["error"]) == ("error", True)


@pytest.mark.parametrize(
    ("photo", "shown"),
    [
        ("http://127.0.0.1:9/house.png", "not fetched"),
        ({"path": "http://127.0.0.1:9/house.png", "meta": {"_type": "gradio.FileData"}}, "not fetched"),
        ({"url": "http://127.0.0.1:9/house.png"}, "not fetched"),
        ("/etc/passwd", "not an upload"),
        ({"path": "/etc/passwd"}, "not an upload"),
        ("data:image/png;base64,%%%", "base64"),
    ],
)
@pytest.mark.parametrize("endpoint", ["read", "read_batch"])
def test_nothing_is_fetched_from_anywhere(address, endpoint, photo, shown):
    ended, answer = api_client.call(address, endpoint, [photo] if endpoint == "read_batch" else photo)
    assert ended == "error"
    assert shown in answer["error"]


@pytest.fixture(scope="module")
def with_tools(samples) -> Iterator[gr.Blocks]:
    """A page as it is served where the mcp package is installed."""
    with served(FakePipeline(), samples, mcp=True) as blocks:
        yield blocks


def test_assistants_find_two_tools(with_tools, new_visit):
    """Through a real MCP client, at the address that the page shows."""
    page, address = new_visit(with_tools.local_url).page, f"{with_tools.local_url}gradio_api/mcp/"
    open_tab(page)
    expect(page.locator("#assistants")).to_contain_text(address)

    async def use() -> tuple[list[str], list[str]]:
        async with streamablehttp_client(address) as (read, write, _), ClientSession(read, write) as session:
            await session.initialize()
            tools = (await session.list_tools()).tools
            photos = [api_client.data_url(encoded(photo_of(number))) for number in ("42", "7")]
            asked = [("read", {"photo": photos[0]}), ("read_batch", {"photos": photos})]
            asked += [("read", {"photo": f"{with_tools.local_url}favicon.ico"}), ("read", {"photo": "/etc/passwd"})]
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
