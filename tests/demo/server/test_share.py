"""The public link and its QR code, in the terminal and on the page."""

import subprocess
import sys
from types import SimpleNamespace

import pytest

import app
from demo.server import launch
from demo.server.share import ShareLink, terminal_code

LINK = "https://0123456789abcdef.gradio.live"


def test_without_a_link_there_is_nothing_to_see():
    assert ShareLink().panel() == ""


def test_the_panel_has_the_link_and_its_code():
    panel = ShareLink(f"{LINK}/?a=<b>").panel()
    assert "<svg" in panel
    assert "?a=&lt;b&gt;" in panel
    assert "<b>" not in panel


def test_the_code_differs_with_the_link():
    shown = terminal_code(LINK)
    assert len(shown.splitlines()) > 12
    assert shown != terminal_code(LINK + "/other")


@pytest.mark.parametrize("link", [LINK, None])
def test_the_link_is_printed_last(link, monkeypatch, capsys):
    monkeypatch.setattr(launch, "public_link", lambda page: link)
    known = ShareLink()
    launch.share(SimpleNamespace(), known)
    printed = capsys.readouterr()
    assert known.address == link
    if link:
        assert printed.out.splitlines()[-1].endswith(LINK)
        assert terminal_code(link) in printed.out
    else:
        assert "No public link could be made" in printed.err


def test_open_is_a_flag():
    shown = subprocess.run([sys.executable, app.__file__, "--help"], capture_output=True, text=True, check=True).stdout
    assert "--open" in shown
