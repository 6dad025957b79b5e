"""A page whose reader is a stand-in, and a browser with a camera to look at it."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from helpers.browser_visit import DESKTOP, Visit
from helpers.fake_pipeline import NOTHING, FakePipeline, alone, encoded, photo_of
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from demo import ui
from demo.ground_truth import TruthIndex
from demo.model_zoo import Networks
from demo.server.options import launch_options
from svhn.data.annotations import Sample, Truth
from tools import chromium

Launch = Callable[..., gr.Blocks]
CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]


@pytest.fixture(scope="session")
def samples(tmp_path_factory) -> list[Sample]:
    """Four examples with their truth; of the last one the stand-in's reading is wrong."""
    folder = tmp_path_factory.mktemp("examples")
    drawn = [("Clear", "42", "42"), ("Doubtful", "1984", "1984"), ("Empty", NOTHING, NOTHING), ("Hard", "7", "1")]
    made = []
    for title, read, true in drawn:
        path = folder / f"{title.lower()}.png"
        path.write_bytes(encoded(photo_of(read)))
        made.append(Sample(title, path, Truth(true, (24.0, 16.0, 72.0, 48.0) if true else None)))
    return made


@pytest.fixture(scope="session", autouse=True)
def uploads(tmp_path_factory) -> None:
    """A folder of this process: in Gradio's common one, a page of another process would delete files of ours."""
    os.environ["GRADIO_TEMP_DIR"] = str(tmp_path_factory.mktemp("uploads"))


@pytest.fixture(scope="session")
def page(samples) -> Iterator[gr.Blocks]:
    """The page, served from this process on a free port."""
    blocks = ui.build(alone(FakePipeline()), TruthIndex(), samples, samples[:2])
    blocks.launch(prevent_thread_lock=True, quiet=True, **launch_options())
    yield blocks
    blocks.close()


@pytest.fixture(scope="session")
def address(page) -> str:
    return page.local_url


@pytest.fixture
def launch(tmp_path, monkeypatch) -> Iterator[Launch]:
    """Serves a page of its own, with its uploads in `tmp_path`, for a pipeline, or networks to choose from, and, if
    need be, some samples."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    launched: list[gr.Blocks] = []

    def start(networks: FakePipeline | Networks, samples: Sequence[Sample] = ()) -> gr.Blocks:
        networks = networks if isinstance(networks, Networks) else alone(networks)
        blocks = ui.build(networks, TruthIndex(), samples)
        blocks.launch(prevent_thread_lock=True, quiet=True, **launch_options())
        launched.append(blocks)
        return blocks

    yield start
    for blocks in launched:
        blocks.close(verbose=False)


@pytest.fixture(scope="session")
def camera_film(tmp_path_factory) -> Path:
    """What the fake camera sees: bright on its left, in a shade that the stand-in reads as "128"."""
    path = tmp_path_factory.mktemp("camera") / "film.y4m"
    width, height = 320, 240
    luma = np.full((height, width), 150, np.uint8)
    luma[:, : width // 4] = 235
    neutral = np.full((height // 2, width // 2), 128, np.uint8).tobytes()
    frame = b"FRAME\n" + luma.tobytes() + neutral + neutral
    path.write_bytes(f"YUV4MPEG2 W{width} H{height} F10:1 Ip A1:1 C420jpeg\n".encode() + frame * 10)
    return path


@pytest.fixture(scope="session")
def browser(camera_film) -> Iterator[Browser]:
    expect.set_options(timeout=20_000)  # the machine may be busy
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright, *CAMERA, f"--use-file-for-fake-video-capture={camera_film}")
        yield browser
        browser.close()


@pytest.fixture
def context(browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport=DESKTOP, permissions=["camera", "clipboard-read", "clipboard-write"])
    yield context
    context.close()


@pytest.fixture
def visit(context, address) -> Iterator[Visit]:
    visit = Visit(context, address)
    yield visit
    assert visit.errors == []
    assert [url for url in visit.requests if not url.startswith((address, "data:", "blob:"))] == []
