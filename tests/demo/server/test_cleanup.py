"""What visitors sent goes away by itself, whatever happens meanwhile."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import httpx
import pytest
from helpers import api_client
from helpers.fake_pipeline import FakePipeline, encoded, photo_of

from demo.server import cleanup, options

PATIENCE_S = 60


def gone(folder: Path) -> bool:
    """Waits for it."""
    deadline = time.monotonic() + PATIENCE_S
    while api_client.files(folder) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not api_client.files(folder)


def put(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    return path


def test_old_files_go_and_new_ones_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "a" / "b" / "old.jpg")
    put(tmp_path / "tmpold")
    time.sleep(0.25)
    new = put(tmp_path / "c" / "new.jpg")
    now = new.lstat().st_ctime
    monkeypatch.setattr(cleanup, "time", SimpleNamespace(time=lambda: now))
    cleanup.sweep(tmp_path, max_age_s=0.2)
    assert api_client.files(tmp_path) == [new]


def test_empty_folders_go_but_for_the_first(tmp_path: Path) -> None:
    put(tmp_path / "own" / "a" / "b" / "old.jpg")
    for _ in range(4):  # a folder changes when what is in it goes
        cleanup.sweep(tmp_path / "own", max_age_s=0)
    assert list(tmp_path.rglob("*")) == [tmp_path / "own"]


def test_lists_do_not_grow_for_ever(tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.touch()
    with gr.Blocks() as page:
        gallery = gr.Gallery()
    gallery.temp_files.update([str(there), str(tmp_path / "gone")])
    cleanup.forget_deleted_files(page)
    assert gallery.temp_files == {str(there)}


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(options, "RETENTION_S", 0.5)
    monkeypatch.setattr(options, "CLEANUP_EVERY_S", 0.02)


@pytest.mark.usefixtures("quick")
def test_cleaning_goes_on_while_files_come(launch: Callable[..., gr.Blocks], tmp_path: Path) -> None:
    blocks = launch(FakePipeline())
    stop = threading.Event()

    def send() -> None:
        while not stop.is_set():
            blocks.upload_file_set.update(str(put(tmp_path / "many" / f"{time.monotonic_ns()}")) for _ in range(50))

    sender = threading.Thread(target=send)
    sender.start()
    time.sleep(1.0)  # for so long, dozens of sweeps
    stop.set()
    sender.join()
    assert gone(tmp_path)


@pytest.mark.usefixtures("quick")
def test_a_broken_off_upload_goes_too(launch: Callable[..., gr.Blocks], tmp_path: Path) -> None:
    blocks = launch(FakePipeline())
    head = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n' + encoded(photo_of("42"))
    request = "POST /gradio_api/upload HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    url = httpx.URL(blocks.local_url)
    with socket.create_connection((url.host, url.port)) as line:
        line.sendall(f"{request}Content-Length: {10**6}\r\n\r\n".encode() + head)
        deadline = time.monotonic() + PATIENCE_S
        while not api_client.files(tmp_path) and time.monotonic() < deadline:
            time.sleep(0.01)
    assert gone(tmp_path)


def test_the_end_of_the_page_is_the_end_of_its_files(launch: Callable[..., gr.Blocks], tmp_path: Path) -> None:
    blocks = launch(FakePipeline())
    sent = {"files": ("house.png", encoded(photo_of("42")))}
    api_client.post(f"{blocks.local_url}gradio_api/upload", files=sent).raise_for_status()
    assert len(api_client.files(tmp_path)) == 1
    blocks.close(verbose=False)
    assert gone(tmp_path)
