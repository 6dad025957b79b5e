"""A page whose reader is a stand-in, and a browser with a camera to look at it."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import gradio as gr
import numpy as np
import pytest
from helpers.browser_visit import DESKTOP, Visit
from helpers.fake_networks import fake_networks, served
from helpers.fake_pipeline import NOTHING, FakePipeline, Watched, encoded, photo_of
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from demo.model_zoo import Networks
from svhn.data.annotations import Sample, Truth
from tools import chromium

Launch = Callable[..., gr.Blocks]
CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
PERMISSIONS = ["camera", "clipboard-read", "clipboard-write"]


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
def uploads(tmp_path_factory) -> Path:
    """A folder of this process: in Gradio's common one, a page of another process would delete files of ours."""
    folder = tmp_path_factory.mktemp("uploads")
    os.environ["GRADIO_TEMP_DIR"] = str(folder)
    return folder


@pytest.fixture(scope="session")
def page(samples) -> Iterator[gr.Blocks]:
    """The page, served from this process on a free port."""
    with served(FakePipeline(), samples, samples[:2]) as blocks:
        yield blocks


@pytest.fixture(scope="session")
def address(page) -> str:
    return page.local_url


class FullPage(NamedTuple):
    """A page that has all there can be on it, with its networks, and its folder for corrected photos."""

    address: str
    blocks: gr.Blocks
    networks: Networks
    collected: Path


@pytest.fixture(scope="session")
def full_page(samples, tmp_path_factory) -> Iterator[FullPage]:
    networks, collected = fake_networks(), tmp_path_factory.mktemp("collected")
    with served(networks, samples, samples[:2], collected, mcp=True) as blocks:
        yield FullPage(blocks.local_url, blocks, networks, collected)


@pytest.fixture(scope="session")
def watched_page(samples) -> Iterator[tuple[gr.Blocks, Watched]]:
    """A page whose readings are counted and can be made to wait."""
    pipeline = Watched()
    with served(pipeline, samples) as blocks:
        yield blocks, pipeline


@pytest.fixture
def launch(tmp_path, monkeypatch) -> Iterator[Launch]:
    """Serves a page of its own, with its uploads in `tmp_path`, for a pipeline and, if need be, some samples."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    with ExitStack() as pages:
        yield lambda pipeline, samples=(): pages.enter_context(served(pipeline, samples))


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
    expect.set_options(timeout=60_000)  # the machine may be busy
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright, *CAMERA, f"--use-file-for-fake-video-capture={camera_film}")
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def shared_context(browser) -> BrowserContext:
    """It keeps the page's scripts and styles, and nothing else of a visit."""
    context = browser.new_context(viewport=DESKTOP, permissions=PERMISSIONS)
    context.set_default_timeout(60_000)  # the machine may be busy
    return context


@pytest.fixture
def new_visit(browser, shared_context) -> Iterator[Callable[..., Visit]]:
    """An address -> a new visitor's page there; of a test's visitors all but the first have a browser of their own, as
    have those with other options, such as a phone's. `script` runs before the page's own."""
    visits: list[Visit] = []

    def opened(address: str, script: str = "", **options: object) -> Visit:
        own = {"viewport": DESKTOP, "permissions": PERMISSIONS, **options}
        context = browser.new_context(**own) if visits or options else shared_context
        if script:
            context.add_init_script(script)
        visits.append(Visit(context, address))
        return visits[-1]

    yield opened
    for visit in visits:
        visit.page.close()
        if visit.page.context is not shared_context:
            visit.page.context.close()
    assert [each for visit in visits for each in visit.mishaps()] == []


@pytest.fixture(scope="session")
def open_pages() -> dict[str, Visit]:
    return {}


@pytest.fixture
def used_visit(request, shared_context, open_pages) -> Iterator[Callable[[str], Visit]]:
    """An address -> a visitor's page there. To load one takes seconds, so it is the page that tests before have used,
    with whatever they looked at last, unless one of them failed. Each leaves the settings as they were."""
    failed, used = request.session.testsfailed, []

    def opened(address: str) -> Visit:
        used.append(open_pages.pop(address, None) or Visit(shared_context, address))
        used[-1].open_tab("One photo")
        used[-1].page.evaluate("scrollTo(0, 0)")
        return used[-1]

    yield opened
    mishaps = [each for visit in used for each in visit.mishaps()]
    for visit in used:
        if mishaps or request.session.testsfailed > failed:
            visit.page.close()
        else:
            open_pages[visit.address] = visit
    assert mishaps == []


@pytest.fixture
def visit(used_visit, address) -> Visit:
    return used_visit(address)


@pytest.fixture
def watched(watched_page, used_visit) -> Iterator[tuple[Visit, Watched]]:
    """A visitor's page on `watched_page`, and its pipeline, which counts from zero and waits for nothing."""
    blocks, pipeline = watched_page
    pipeline.begin()
    yield used_visit(blocks.local_url), pipeline
    pipeline.open()
