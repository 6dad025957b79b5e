"""`app.py` as it is started: from the outside, over HTTP, through gradio_client, and with wrong flags."""

import dataclasses
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from gradio_client import Client, handle_file
from helpers import api_client, official
from helpers.fake_pipeline import encoded
from playwright.sync_api import expect

import app
from demo import ui
from svhn import weights
from svhn.images.decode import open_photo
from svhn.models import build
from svhn.pipeline import Pipeline

APP = Path(app.__file__)
EXAMPLE = ui.EXAMPLES / "plate-42.jpg"
PATIENCE_S = 120
IMAGE_FILE = {"meta": {"_type": "gradio.FileData"}}


@dataclasses.dataclass(frozen=True)
class Served:
    """A running app: where it is, its process, where its temporary files go, and its data set."""

    address: str
    process: subprocess.Popen
    temporary: Path
    entries: list[official.Entry]

    def call(self, photo: dict | None) -> tuple[str, list | dict]:
        """`/read` over plain HTTP -> how it ended ("complete" or "error"), and what it gave."""
        return api_client.call(self.address, "read", photo)


def tiny_weights(folder: Path) -> Path:
    """Weights that nobody trained: they find little, but always the same."""
    torch.manual_seed(0)
    networks = {name: build(name) for name in ("fcos", "compact")}
    entries = {n: {"config": dataclasses.asdict(net.config), "temperature": 1.0} for n, net in networks.items()}
    manifest = {"networks": entries, "localizer": "fcos", "reader": "compact", "unsure_below": 0.5}
    weights.save(folder, networks, manifest)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tiny_weights(tmp_path_factory.mktemp("app") / "weights").parent


@pytest.fixture(scope="module")
def served(folder) -> Iterator[Served]:
    """The app on a free port, with a small data set, asked to share where there is no network."""
    entries = official.write_split(folder / "data", "train", 5)
    temporary = folder / "temporary"
    temporary.mkdir()
    port = api_client.free_port()
    command = [sys.executable, str(APP), "--port", str(port), "--share"]
    command += ["--weights", str(folder / "weights"), "--data", str(folder / "data")]
    nowhere = "http://127.0.0.1:9"  # a proxy that refuses everything imitates a machine without a network
    environment = os.environ | {"HTTPS_PROXY": nowhere, "HTTP_PROXY": nowhere, "NO_PROXY": "127.0.0.1,localhost"}
    environment |= {"TMPDIR": str(temporary), "HF_HOME": str(folder)}  # there the tunnel's program would be found
    with (folder / "errors.txt").open("w") as errors:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True
        )
    assert next(line.split()[-1] for line in process.stdout if "The page is at" in line) == f"http://127.0.0.1:{port}/"
    yield Served(f"http://127.0.0.1:{port}/", process, temporary, entries)
    process.kill()
    process.wait()


def without_time(reading: dict) -> dict:
    return {key: value for key, value in reading.items() if key != "ms"}


def test_client_gets_what_the_command_line_prints(served, folder):
    reading, picture = Client(served.address, verbose=False, httpx_kwargs={"timeout": PATIENCE_S}).predict(
        handle_file(EXAMPLE), api_name="/read"
    )
    expected = Pipeline.load(folder / "weights").read(open_photo(EXAMPLE)).to_json(EXAMPLE.name)
    assert reading.keys() == expected.keys()
    assert reading["ms"] > 0
    for key, value in without_time(expected).items():
        if value is None or isinstance(value, str):
            assert reading[key] == value
        else:
            np.testing.assert_allclose(reading[key], value, atol=2e-4)
    shown = picture if isinstance(picture, str) else picture["path"]
    assert open_photo(shown).shape == (600, 800, 3)


def test_plain_http_with_an_upload_and_with_base64(served):
    (path,) = api_client.upload(served.address, ("house.jpg", EXAMPLE.read_bytes()))
    ended, (uploaded, _) = served.call({"path": path, "orig_name": "house.jpg", **IMAGE_FILE})
    assert ended == "complete"
    assert uploaded["file"] == "house.jpg"
    ended, (inline, _) = served.call({"url": api_client.data_url(EXAMPLE.read_bytes(), "jpeg")})
    assert ended == "complete"
    assert without_time(inline) == without_time(uploaded) | {"file": None}


def test_what_is_no_photo_is_a_sentence_not_a_crash(served):
    client = Client(served.address, verbose=False, httpx_kwargs={"timeout": PATIENCE_S})
    wrong = served.temporary.parent / "house.png"
    for data, sentence in ((b"text", "JPEG, PNG"), (b"", "empty"), (EXAMPLE.read_bytes()[:5000], "damaged")):
        wrong.write_bytes(data)
        answer, picture = client.predict(handle_file(wrong), api_name="/read")
        assert answer["file"] == "house.png"
        assert sentence in answer["error"]
        assert picture is None
    _, (answer, _) = served.call(None)
    assert "no photo" in answer["error"]


def test_the_server_reads_nothing_else_and_fetches_nothing(served):
    secret = served.temporary.parent / "secret.png"
    secret.write_bytes(encoded(np.zeros((50, 50, 3), np.uint8)))
    for photo in ({"path": str(secret)}, {"path": str(secret), **IMAGE_FILE}):
        ended, answer = served.call(photo)
        assert ended == "error"
        assert "number" not in json.dumps(answer)
    ended, answer = served.call({"path": "http://127.0.0.1:9/house.png", **IMAGE_FILE})
    assert (ended, "not fetched" in answer["error"]) == ("error", True)
    ended, answer = served.call({"url": "data:image/png;base64,%%%"})
    assert (ended, "base64" in answer["error"]) == ("error", True)
    for path in (secret, APP, served.temporary.parent / "data" / "train.tar.gz"):
        assert api_client.get(f"{served.address}gradio_api/file={path}").status_code in (403, 404)


def test_only_reading_is_public(served):
    info = api_client.get(f"{served.address}gradio_api/info").json()
    assert list(info["named_endpoints"]) == ["/read", "/read_batch"]
    assert info["unnamed_endpoints"] == {}
    assert "handle_file('house.jpg')" in info["named_endpoints"]["/read"]["code_snippets"]["python"]
    tools = api_client.get(f"{served.address}gradio_api/mcp/schema").json()  # as the mcp package is installed for tests
    assert [tool["name"] for tool in tools] == ["read", "read_batch"]
    config = api_client.get(f"{served.address}config").json()
    assert config["analytics_enabled"] is False


def test_too_large_an_upload_is_refused(served):
    files = {"files": ("house.jpg", b"\0" * (20 * 2**20 + 1))}
    assert api_client.post(f"{served.address}gradio_api/upload", files=files).status_code == 413


def test_several_programs_at_once_get_their_own(served):
    def read(i: int) -> tuple[str, int]:
        shape = (40 + i, 60, 3)
        url = api_client.data_url(encoded(np.full(shape, 90, np.uint8)))
        _, (answer, picture) = served.call({"url": url, "orig_name": f"{i}.png"})
        shown = open_photo(api_client.get(picture["url"]).content)
        return answer["file"], round(shown.shape[0] * shape[1] / shown.shape[1])

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(read, range(12)))
    assert answers == [(f"{i}.png", 40 + i) for i in range(12)]


def test_photos_of_the_data_set_show_their_truth(served, browser):
    page = browser.new_page()
    page.goto(served.address)
    offered = page.locator("#real button")
    expect(offered).to_have_count(len(served.entries))
    first = served.entries[0]
    offered.filter(has_text=f"train {Path(first.name).stem}").first.click()
    expect(page.locator("#verdict .truth")).to_contain_text(f"the true number is {first.number}")
    expect(page.locator("#stage .mark.true")).to_be_visible()
    page.reload()
    last = served.entries[-1]
    page.locator("#stage [data-file=choose]").set_input_files(
        {"name": "from my phone.png", "mimeType": "image/png", "buffer": last.png}
    )
    expect(page.locator("#verdict .truth")).to_contain_text(f"the true number is {last.number}")
    page.close()


def test_share_without_a_network_says_so_and_goes_on_here(served, browser):
    until = time.monotonic() + PATIENCE_S
    while "No public link could be made" not in (served.temporary.parent / "errors.txt").read_text():
        assert time.monotonic() < until
        time.sleep(0.2)
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(served.address)
    expect(page.locator("#examples button").first).to_be_visible()
    assert [url for url in asked if not url.startswith((served.address, "data:", "blob:"))] == []
    page.close()


def test_stopping_leaves_no_upload_behind(served):
    """The last test of this server: it ends it."""
    assert any(path.is_file() for path in served.temporary.rglob("*"))
    served.process.send_signal(signal.SIGTERM)
    assert served.process.wait(PATIENCE_S) == 0
    assert list(served.temporary.iterdir()) == []


def refusal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, *arguments: str | Path) -> str:
    """The message to the person; Python ends with 1 for a SystemExit with a text, argparse with 2."""
    monkeypatch.setattr(sys, "argv", ["app.py", *map(str, arguments)])
    monkeypatch.setenv("GRADIO_TEMP_DIR", os.environ.get("GRADIO_TEMP_DIR", ""))  # put back afterwards
    with pytest.raises(SystemExit) as end:
        app.main()
    assert end.value.code not in (0, None)
    message = end.value.code if isinstance(end.value.code, str) else capsys.readouterr().err.splitlines()[-1]
    assert "\n" not in message
    return message


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http", "80.5", ""])
def test_bad_port(port, monkeypatch, capsys):
    assert "is not a port" in refusal(monkeypatch, capsys, f"--port={port}")


def test_bad_host(monkeypatch, capsys):
    assert "203.0.113.7" in refusal(monkeypatch, capsys, "--host", "203.0.113.7")  # an address of documentation


def test_port_in_use():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = subprocess.run([sys.executable, APP, "--port", str(port)], capture_output=True, text=True)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert len(ended.stderr.splitlines()) == 1
    assert str(port) in ended.stderr
    assert "in use" in ended.stderr


def test_missing_weights(tmp_path, monkeypatch, capsys):
    assert "no weights" in refusal(monkeypatch, capsys, "--weights", tmp_path)


def test_tampered_weights(folder, tmp_path, monkeypatch, capsys):
    shutil.copytree(folder / "weights", tmp_path / "weights")
    (file,) = (tmp_path / "weights").glob("compact-*")
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    assert file.name in refusal(monkeypatch, capsys, "--weights", tmp_path / "weights")


def test_bad_data(folder, tmp_path, monkeypatch, capsys):
    arguments = ("--weights", folder / "weights", "--data", tmp_path)
    assert "neither" in refusal(monkeypatch, capsys, *arguments)
    (tmp_path / "train.tar.gz").write_bytes(b"no archive")
    assert "damaged" in refusal(monkeypatch, capsys, *arguments)
