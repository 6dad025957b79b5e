import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import httpx
import numpy as np
import pytest
import yaml
from gradio_client import Client, handle_file
from helpers import api_client
from helpers.api_client import PATIENCE_S
from helpers.fake_pipeline import encoded
from playwright.sync_api import expect

import app
from demo import ui
from demo.server import launch as launching
from demo.server.public_link import ShareLink, terminal_code

ROOT = Path(app.__file__).parent
LINK = "https://0123456789abcdef.gradio.live"


def flags(monkeypatch: pytest.MonkeyPatch, *arguments: str, **variables: str) -> dict:
    for name in ("GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT", app.AUTH_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["app.py", *arguments])
    return vars(app.flags())


def test_a_hosted_space_sets_the_address(monkeypatch):
    assert flags(monkeypatch)["host"] == "127.0.0.1"
    assert flags(monkeypatch)["port"] is None
    space = {"GRADIO_SERVER_NAME": "0.0.0.0", "GRADIO_SERVER_PORT": "7861"}
    given = flags(monkeypatch, **space)
    assert (given["host"], given["port"]) == ("0.0.0.0", 7861)
    given = flags(monkeypatch, "--host", "127.0.0.2", "--port", "7862", **space)
    assert (given["host"], given["port"]) == ("127.0.0.2", 7862)
    assert flags(monkeypatch, GRADIO_SERVER_NAME="", GRADIO_SERVER_PORT="")["host"] == "127.0.0.1"


def test_name_and_password(monkeypatch):
    assert flags(monkeypatch)["auth"] is None
    assert flags(monkeypatch, "--auth", "ann:a:b ")["auth"] == ("ann", "a:b ")
    assert flags(monkeypatch, HOUSE_NUMBERS_AUTH="ann:secret")["auth"] == ("ann", "secret")


CREDENTIALS = [
    (arguments, variables, "USER:PASSWORD")
    for text in ("secret", ":secret", "secret:", "")
    for arguments, variables in ((["--auth", text], {}), ([], {app.AUTH_VARIABLE: text}))
]


@pytest.mark.parametrize(
    ("arguments", "variables", "message"),
    [
        *CREDENTIALS,
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
def guarded(tiny_weights, tmp_path_factory) -> Iterator[str]:
    """The address of an app that was started as a Space does it, with a password in the environment."""
    port = api_client.free_port()
    variables = {"GRADIO_SERVER_NAME": "0.0.0.0", "GRADIO_SERVER_PORT": str(port), app.AUTH_VARIABLE: "ann:secret"}
    process = subprocess.Popen(
        [sys.executable, ROOT / "app.py", "--weights", tiny_weights, "--queue", "1"],
        cwd=tmp_path_factory.mktemp("guarded"),
        env=os.environ | variables,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert next(line for line in process.stdout if "The page is at" in line).split()[-1].endswith(f":{port}/")
    yield f"http://127.0.0.1:{port}/"
    process.send_signal(signal.SIGTERM)
    process.wait(PATIENCE_S)


def test_nobody_is_let_in_without_a_password(guarded):
    assert api_client.get(f"{guarded}config").status_code == 401
    assert api_client.get(f"{guarded}gradio_api/info").status_code == 401
    assert api_client.post(f"{guarded}gradio_api/upload", files={"files": ("a.png", b"x")}).status_code == 401
    assert api_client.post(f"{guarded}gradio_api/call/read", json={"data": [None]}).status_code == 401
    assert api_client.get(f"{guarded}gradio_api/mcp/schema").status_code == 404  # its tools would ask for no password
    assert api_client.post(f"{guarded}login", data={"username": "ann", "password": "guess"}).status_code == 400


def test_a_program_and_a_person_give_name_and_password(guarded, context):
    client = Client(guarded, auth=("ann", "secret"), verbose=False, httpx_kwargs={"timeout": PATIENCE_S})
    assert client.predict(handle_file(ui.EXAMPLES / "plate-42.jpg"), api_name="/read")[0]["file"] == "plate-42.jpg"
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(guarded)
    page.get_by_label("Username").fill("ann")
    page.get_by_label("Password").fill("secret")
    page.get_by_role("button", name="Login").click()
    expect(page.locator("#examples button").first).to_be_visible()
    page.get_by_role("tab", name="API").click()
    expect(page.locator("#programs-intro")).to_contain_text("with the name and the password that you gave")
    assert [url for url in asked if not url.startswith((guarded, "data:", "blob:"))] == []


def test_the_queue_is_as_long_as_was_said(guarded):
    """Two are read, one may wait, and nine come too many."""
    large = encoded(np.zeros((3000, 3000, 3), np.uint8), "JPEG")
    with httpx.Client(base_url=guarded, timeout=PATIENCE_S) as visitor, ThreadPoolExecutor(12) as pool:
        visitor.post("login", data={"username": "ann", "password": "secret"}).raise_for_status()
        data = visitor.post("gradio_api/upload", files={"files": ("house.jpg", large)}).json()
        asked = pool.map(lambda _: visitor.post("gradio_api/call/read", json={"data": data}), range(12))
        answers = {answer.status_code: answer for answer in asked}
    assert answers.keys() == {200, 503}
    assert "queue is full" in answers[503].json()["detail"].lower()


def test_a_public_link_changes_nothing_on_the_page_and_none_is_no_crash(page, monkeypatch):
    """With a stand-in for the tunnel. Gradio's own way would load the page's program from elsewhere."""
    opened = {}
    monkeypatch.setattr("gradio.networking.setup_tunnel", lambda **how: opened.update(how) or "http://abc.gradio.live")
    assert launching.public_link(page) == "https://abc.gradio.live"
    assert (opened["local_host"], opened["local_port"]) == ("127.0.0.1", page.server_port)
    assert "amazonaws" not in api_client.get(page.local_url).text

    def no_way_out(**_: object) -> str:
        raise RuntimeError("Could not get share link from Gradio API Server.")

    monkeypatch.setattr("gradio.networking.setup_tunnel", no_way_out)
    assert launching.public_link(page) is None


def test_the_readme_begins_as_a_space_s():
    _, matter, _ = (ROOT / "README.md").read_text().split("---\n", 2)
    space = yaml.safe_load(matter)
    assert f"\ngradio=={space['sdk_version']}" in (ROOT / "requirements.txt").read_text().replace(
        "gradio[mcp]", "gradio"
    )
    assert (space["sdk"], ROOT / space["app_file"]) == ("gradio", Path(app.__file__))
    assert space["python_version"] in ("3.10", "3.11", "3.12")  # as texts: 3.10 the number is 3.1
    assert {"title", "emoji", "colorFrom", "colorTo", "license"} <= space.keys()
    assert len(space["short_description"]) <= 60


def test_the_panel_has_the_link_and_its_code():
    assert ShareLink().panel() == ""
    panel = ShareLink(f"{LINK}/?a=<b>").panel()
    assert "<svg" in panel
    assert "?a=&lt;b&gt;" in panel
    assert "<b>" not in panel


@pytest.mark.parametrize("link", [LINK, None])
def test_the_link_is_printed_last(link, monkeypatch, capsys):
    monkeypatch.setattr(launching, "public_link", lambda page: link)
    known = ShareLink()
    launching.share(SimpleNamespace(), known)
    printed = capsys.readouterr()
    assert known.address == link
    if link:
        assert printed.out.splitlines()[-1].endswith(LINK)
        assert terminal_code(link) in printed.out
    else:
        assert "No public link could be made" in printed.err
