import os
import sys
import threading
from argparse import Namespace
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import httpx
import pytest
import yaml
from gradio_client import Client, handle_file
from helpers import api_client
from helpers.api_client import PATIENCE_S
from helpers.fake_pipeline import encoded, photo_of, wait_until
from playwright.sync_api import expect

import app
from demo import config, ui
from demo.render.images import SERVED
from demo.server import launch as launching
from demo.server import pictures
from demo.server.public_link import ShareLink, terminal_code
from svhn.pipeline import Pipeline

ROOT = Path(app.__file__).parent


def flags(monkeypatch: pytest.MonkeyPatch, *arguments: str, **variables: str) -> dict:
    monkeypatch.delenv(app.AUTH_VARIABLE, raising=False)
    for name, value in {"GRADIO_SERVER_NAME": "", "GRADIO_SERVER_PORT": "", **variables}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["app.py", *arguments])
    return vars(app.flags())


SPACE = {"GRADIO_SERVER_NAME": "0.0.0.0", "GRADIO_SERVER_PORT": "7861"}


@pytest.mark.parametrize(
    ("arguments", "variables", "expected"),
    [
        ([], {}, {"host": "127.0.0.1", "port": None, "auth": None}),
        ([], SPACE, {"host": "0.0.0.0", "port": 7861}),
        (["--host", "127.0.0.2", "--port", "7862"], SPACE, {"host": "127.0.0.2", "port": 7862}),
        (["--auth", "ann:a:b "], {}, {"auth": ("ann", "a:b ")}),
        ([], {app.AUTH_VARIABLE: "ann:secret"}, {"auth": ("ann", "secret")}),
    ],
)
def test_flags_come_before_variables(arguments, variables, expected, monkeypatch):
    assert flags(monkeypatch, *arguments, **variables).items() >= expected.items()


@pytest.mark.parametrize(
    ("arguments", "variables", "message"),
    [
        *[([f"--auth={text}"], {}, "USER:PASSWORD") for text in ("secret", ":secret", "secret:", "")],
        *[([], {app.AUTH_VARIABLE: text}, "USER:PASSWORD") for text in ("secret", ":secret", "secret:", "")],
        *[([f"--queue={length}"], {}, "is not a length") for length in ("0", "-1", "many", "10001", "")],
        *[([f"--port={port}"], {}, "is not a port") for port in ("0", "65536", "-1", "http", "80.5", "")],
        ([], {"GRADIO_SERVER_PORT": "http"}, "is not a port"),
    ],
)
def test_wrong_flags_and_variables_are_refused(arguments, variables, message, monkeypatch, capsys):
    with pytest.raises(SystemExit, match="2"):
        flags(monkeypatch, *arguments, **variables)
    error = capsys.readouterr().err.splitlines()[-1]
    assert message in error
    assert "secret" not in error


@pytest.fixture(scope="module")
def guarded(tiny_weights) -> Iterator[str]:
    """The address of a page that is served as in a Space, with a password in the environment."""
    port, ready, stop = api_client.free_port(), threading.Event(), threading.Event()
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(1) as pool:
        for name in ("GRADIO_TEMP_DIR", *launching.NO_STATISTICS):
            patch.setenv(name, os.environ.get(name, ""))  # put back afterwards
        patch.setattr(gr.Blocks, "block_thread", lambda self: ready.set() or stop.wait())
        with pytest.MonkeyPatch.context() as space:
            variables = SPACE | {"GRADIO_SERVER_PORT": str(port), app.AUTH_VARIABLE: "ann:secret"}
            given = flags(space, "--weights", str(tiny_weights), "--queue", "1", **variables)
        served = pool.submit(launching.serve, Namespace(**given))
        wait_until(lambda: ready.is_set() or served.done())
        yield f"http://127.0.0.1:{port}/"
        stop.set()
        served.result()


@pytest.fixture
def visitor(guarded) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=guarded, timeout=PATIENCE_S) as client:
        yield client


def log_in(visitor: httpx.Client, password: str = "secret") -> int:
    return visitor.post("login", data={"username": "ann", "password": password}).status_code


def test_nobody_is_let_in_without_a_password_but_sees_the_card_of_a_link(visitor):
    def found(*paths: str) -> list[int]:
        return [visitor.get(path).status_code for path in paths]

    thumbnail = SERVED.publish(encoded(photo_of("42"), "JPEG"), "jpg")
    assert found("config", "gradio_api/info", thumbnail, "pictures/none.jpg") == [401] * 4
    assert visitor.post("gradio_api/upload", files={"files": ("a.png", b"x")}).status_code == 401
    assert visitor.post("gradio_api/call/read", json={"data": [None]}).status_code == 401
    assert found("gradio_api/mcp/schema", pictures.CARD) == [404, 200]  # tools would ask for no password
    assert log_in(visitor, "guess") == 400
    assert log_in(visitor) == 200
    assert found(thumbnail, "pictures/none.jpg") == [200, 404]


def test_a_program_and_a_person_give_name_and_password(guarded, browser):
    client = Client(guarded, auth=("ann", "secret"), verbose=False, httpx_kwargs={"timeout": PATIENCE_S})
    assert client.predict(handle_file(ui.EXAMPLES / "plate-42.jpg"), api_name="/read")[0]["file"] == "plate-42.jpg"
    page, asked = browser.new_page(), []
    page.set_default_timeout(60_000)  # the machine may be busy
    page.on("request", lambda request: asked.append(request.url))
    page.goto(guarded)
    page.get_by_label("Username").fill("ann")
    page.get_by_label("Password").fill("secret")
    page.get_by_role("button", name="Login").click()
    expect(page.locator("#examples button").first).to_be_visible()
    page.get_by_role("tab", name="API").click()
    expect(page.locator("#programs-intro")).to_contain_text("with the name and the password that you gave")
    assert [url for url in asked if not url.startswith((guarded, "data:", "blob:"))] == []
    page.close()


def test_the_queue_is_as_long_as_was_said(visitor, monkeypatch):
    """Two are read, one may wait, and the others come too many."""
    go_on, read_all = threading.Event(), Pipeline.read_all
    monkeypatch.setattr(Pipeline, "read_all", lambda self, photo: go_on.wait(PATIENCE_S) and read_all(self, photo))
    photo = api_client.data_url(encoded(photo_of("42")))
    log_in(visitor)
    *_, last = answers = [visitor.post("gradio_api/call/read", json={"data": [photo]}) for _ in range(12)]
    go_on.set()
    assert 1 <= [answer.status_code for answer in answers].count(200) <= config.CONCURRENT_READS + 1
    assert (last.status_code, "queue is full" in last.json()["detail"].lower()) == (503, True)


def test_a_public_link_changes_nothing_on_the_page(page, monkeypatch):
    """With a stand-in for the tunnel. Gradio's own way would load the page's program from elsewhere."""
    opened = {}
    monkeypatch.setattr("gradio.networking.setup_tunnel", lambda **how: opened.update(how) or "http://abc.gradio.live")
    assert launching.public_link(page) == "https://abc.gradio.live"
    assert (opened["local_host"], opened["local_port"]) == ("127.0.0.1", page.server_port)
    assert "amazonaws" not in api_client.get(page.local_url).text


def test_the_readme_begins_as_a_space_s():
    _, matter, _ = (ROOT / "README.md").read_text().split("---\n", 2)
    space, pinned = yaml.safe_load(matter), (ROOT / "requirements.txt").read_text().replace("gradio[mcp]", "gradio")
    assert f"\ngradio=={space['sdk_version']}" in pinned
    assert (space["sdk"], ROOT / space["app_file"]) == ("gradio", Path(app.__file__))
    assert space["python_version"] in ("3.10", "3.11", "3.12")  # as texts: 3.10 the number is 3.1
    assert {"title", "emoji", "colorFrom", "colorTo", "license"} <= space.keys()
    assert len(space["short_description"]) <= 60


def test_the_link_is_printed_last_and_shown_with_its_code(monkeypatch, capsys):
    link, known = "https://0123456789abcdef.gradio.live/?a=<b>", ShareLink()
    monkeypatch.setattr(launching, "public_link", lambda page: link)
    assert known.panel() == ""
    launching.share(SimpleNamespace(), known)
    printed, panel = capsys.readouterr().out, known.panel()
    assert printed.splitlines()[-1].endswith(link)
    assert terminal_code(link) in printed
    assert ("<svg" in panel, "?a=&lt;b&gt;" in panel, "<b>" in panel) == (True, True, False)
