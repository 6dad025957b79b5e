import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from gradio_client import Client, handle_file
from helpers import api_client, official
from helpers.fake_pipeline import wait_until
from playwright.sync_api import expect

import app
from demo import ui
from svhn.images.decode import open_photo
from svhn.pipeline import Pipeline

APP = Path(app.__file__)
EXAMPLE = ui.EXAMPLES / "plate-42.jpg"


@pytest.fixture(scope="module")
def folder(tiny_weights, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("app")
    shutil.copytree(tiny_weights, folder / "weights")
    return folder


@pytest.fixture(scope="module")
def entries(folder) -> list[official.Entry]:
    return official.write_split(folder / "data", "train", 5)


@pytest.fixture(scope="module")
def address(folder, entries) -> Iterator[str]:
    """Of the app on a free port, with a small data set, asked to share where there is no network."""
    (temporary := folder / "temporary").mkdir()
    port = api_client.free_port()
    command = [sys.executable, str(APP), "--port", str(port), "--share", "--weights", "weights", "--data", "data"]
    nowhere = "http://127.0.0.1:9"  # a proxy that refuses everything imitates a machine without a network
    environment = os.environ | {"HTTPS_PROXY": nowhere, "HTTP_PROXY": nowhere, "NO_PROXY": "127.0.0.1,localhost"}
    environment |= {"TMPDIR": str(temporary), "HF_HOME": str(folder)}  # there the tunnel's program would be found
    with (folder / "errors.txt").open("w") as errors:
        streams = {"stdout": subprocess.PIPE, "stderr": errors, "text": True}
        process = subprocess.Popen(command, cwd=folder, env=environment, **streams)
    assert next(line.split()[-1] for line in process.stdout if "The page is at" in line) == f"http://127.0.0.1:{port}/"
    yield f"http://127.0.0.1:{port}/"
    process.send_signal(signal.SIGTERM)
    assert process.wait(api_client.PATIENCE_S) == 0
    assert list(temporary.iterdir()) == []  # no upload stays behind


def test_client_gets_what_the_command_line_prints(address, folder):
    client = Client(address, verbose=False, httpx_kwargs={"timeout": api_client.PATIENCE_S})
    reading, picture = client.predict(handle_file(EXAMPLE), api_name="/read")
    expected = Pipeline.load(folder / "weights").read(open_photo(EXAMPLE)).to_json(EXAMPLE.name)
    assert reading.keys() == expected.keys()
    for key in reading.keys() - {"ms", "guess"}:
        if reading[key] is None or isinstance(reading[key], str):
            assert reading[key] == expected[key]
        else:
            np.testing.assert_allclose(reading[key], expected[key], atol=2e-4)
    shown = picture if isinstance(picture, str) else picture["path"]
    assert open_photo(shown).shape == (600, 800, 3)


def test_only_reading_is_public(address, folder):
    assert "no photo" in api_client.call(address, "read", None)[1][0]["error"]
    for path in (APP, folder / "data" / "train.tar.gz", folder / "weights" / "manifest.json"):
        assert api_client.get(f"{address}gradio_api/file={path}").status_code in (403, 404)
        assert api_client.call(address, "read", {"path": str(path)})[0] == "error"
    info = api_client.get(f"{address}gradio_api/info").json()
    assert (list(info["named_endpoints"]), info["unnamed_endpoints"]) == (["/read", "/read_batch"], {})
    assert "handle_file('house.jpg')" in info["named_endpoints"]["/read"]["code_snippets"]["python"]
    tools = api_client.get(f"{address}gradio_api/mcp/schema").json()  # as the mcp package is installed for tests
    assert [tool["name"] for tool in tools] == ["read", "read_batch"]
    assert api_client.get(f"{address}config").json()["analytics_enabled"] is False


def test_photos_of_the_data_set_show_their_truth_also_where_there_is_no_network_to_share_it(
    address, folder, entries, new_visit
):
    wait_until(lambda: "No public link could be made" in (folder / "errors.txt").read_text())
    visit = new_visit(address)
    truth, offered = visit.page.locator("#verdict .truth"), visit.page.locator("#real button")
    first, *_, held_out = entries
    expect(offered).to_have_text("held-out 5")  # the only one that these weights never saw
    offered.click()
    expect(truth).to_contain_text(f"the true number is {held_out.number}")
    expect(visit.page.locator("#stage .mark.true")).to_be_visible()
    visit.upload("from my phone.png", first.png)
    expect(truth).to_contain_text(f"the true number is {first.number}")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--host", "203.0.113.7"], "203.0.113.7"),  # an address of documentation
        (["--weights", "nothing"], "no weights"),
        (["--weights", "tampered"], "compact-"),
        (["--data", "nothing"], "neither"),
        (["--data", "broken"], "damaged"),
        (["--port", "TAKEN"], "in use"),
    ],
)
def test_what_cannot_be_served_is_a_sentence(arguments, message, folder, tmp_path, monkeypatch):
    """Python ends with 1 for a SystemExit with a text."""
    shutil.copytree(folder / "weights", tmp_path / "tampered")
    with next((tmp_path / "tampered").glob("compact-*")).open("ab") as file:
        file.write(b"x")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "train.tar.gz").write_bytes(b"no archive")
    (tmp_path / "nothing").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRADIO_TEMP_DIR", os.environ["GRADIO_TEMP_DIR"])  # put back afterwards
    with socket.create_server(("127.0.0.1", 0)) as taken:
        arguments = [each.replace("TAKEN", str(taken.getsockname()[1])) for each in arguments]
        monkeypatch.setattr(sys, "argv", ["app.py", "--weights", str(folder / "weights"), *arguments])
        with pytest.raises(SystemExit) as end:
            app.main()
    assert message in end.value.code
    assert "\n" not in end.value.code
