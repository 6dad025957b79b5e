"""Sharing the page: flags and variables, a password, and the layout that a hosted Space expects."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pytest
import yaml
from gradio_client import Client, handle_file
from helpers import api_client
from helpers.fake_pipeline import encoded
from playwright.sync_api import expect

import app
from demo import ui
from demo.server import launch as launching

ROOT = Path(app.__file__).parent
PATIENCE_S = 120


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


@pytest.mark.parametrize("text", ["secret", ":secret", "secret:", " :secret", ""])
def test_credentials_of_another_form_are_refused(text, monkeypatch, capsys):
    for arguments, variables in ((("--auth", text), {}), ((), {app.AUTH_VARIABLE: text})):
        with pytest.raises(SystemExit):
            flags(monkeypatch, *arguments, **variables)
        message = capsys.readouterr().err.splitlines()[-1]
        assert "USER:PASSWORD" in message
        assert "secret" not in message


@pytest.mark.parametrize("text", ["0", "-1", "many", "10001", "1.5", ""])
def test_queue_lengths_out_of_range_are_refused(text, monkeypatch, capsys):
    with pytest.raises(SystemExit):
        flags(monkeypatch, f"--queue={text}")
    assert "is not a length" in capsys.readouterr().err


def test_wrong_port_in_the_environment(monkeypatch, capsys):
    with pytest.raises(SystemExit):
        flags(monkeypatch, GRADIO_SERVER_PORT="http")
    assert "is not a port" in capsys.readouterr().err


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


def test_a_program_gives_name_and_password(guarded):
    client = Client(guarded, auth=("ann", "secret"), verbose=False, httpx_kwargs={"timeout": PATIENCE_S})
    reading, _ = client.predict(handle_file(ui.EXAMPLES / "plate-42.jpg"), api_name="/read")
    assert reading["file"] == "plate-42.jpg"
    assert reading["ms"] > 0


def test_a_person_logs_in(guarded, browser):
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(guarded)
    page.get_by_label("Username").fill("ann")
    page.get_by_label("Password").fill("secret")
    page.get_by_role("button", name="Login").click()
    expect(page.locator("#examples button").first).to_be_visible()
    page.get_by_role("tab", name="API").click()
    expect(page.locator("#programs-intro")).to_contain_text("with the name and the password that you gave")
    expect(page.locator("#programs-intro")).not_to_contain_text("no key")
    assert [url for url in asked if not url.startswith((guarded, "data:", "blob:"))] == []
    page.close()


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


def test_a_public_link_changes_nothing_on_the_page(page, monkeypatch):
    """With a stand-in for the tunnel. Gradio's own way would load the page's program from elsewhere."""
    opened = {}

    def tunnel(**options: object) -> str:
        opened.update(options)
        return "http://abc.gradio.live"

    monkeypatch.setattr("gradio.networking.setup_tunnel", tunnel)
    assert launching.public_link(page) == "https://abc.gradio.live"
    assert (opened["local_host"], opened["local_port"]) == ("127.0.0.1", page.server_port)
    assert "amazonaws" not in api_client.get(page.local_url).text


def test_no_public_link_is_no_crash(page, monkeypatch):
    def no_way_out(**_: object) -> str:
        raise RuntimeError("Could not get share link from Gradio API Server.")

    monkeypatch.setattr("gradio.networking.setup_tunnel", no_way_out)
    assert launching.public_link(page) is None


def pins() -> dict[str, str]:
    """What requirements.txt asks for, in its newest form."""
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    return dict(re.findall(r"^([\w.-]+)==([\w.]+)", "\n".join(reversed(lines)), re.MULTILINE))


def test_the_readme_begins_as_a_space_s():
    _, matter, text = (ROOT / "README.md").read_text().split("---\n", 2)
    space = yaml.safe_load(matter)
    assert (space["sdk"], space["sdk_version"]) == ("gradio", pins()["gradio"])
    assert (ROOT / space["app_file"]) == Path(app.__file__)
    assert space["python_version"] in ("3.10", "3.11", "3.12")  # as texts: 3.10 the number is 3.1
    assert {"title", "emoji", "colorFrom", "colorTo", "license"} <= space.keys()
    assert len(space["short_description"]) <= 60
    assert space["pinned"] is False
    assert "MIT" in (ROOT / "LICENSE").read_text()
    assert text.lstrip().startswith("# ")
