"""The running camera: one frame after the other is read, its number is shown, and it stops."""

import base64
import io
import re
import threading
from collections.abc import Callable

import numpy as np
import pytest
from helpers import api_client
from helpers.browser_visit import DESKTOP, PHONE, Visit
from helpers.fake_pipeline import MANY, NOTHING, FakePipeline, encoded, photo_of
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from demo.tabs import live
from svhn.reading import Reading

PATIENCE_S = 60
START, STOP = "Start the camera", "Stop the camera"
Open = Callable[[FakePipeline], Visit]

OWN_CAMERA = """navigator.mediaDevices.getUserMedia = async () => {
    const canvas = Object.assign(document.createElement('canvas'), {width: 320, height: 240});
    const pen = canvas.getContext('2d');
    setInterval(() => {
        pen.fillStyle = 'COLOUR';
        pen.fillRect(0, 0, 320, 240);
    }, 50);
    return canvas.captureStream(20);
};"""
NO_CAMERA = "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NAME'); };"
INSECURE = "Object.defineProperty(navigator, 'mediaDevices', {value: undefined});"


class Watched(FakePipeline):
    """Remembers the frames, and how many were read at once."""

    def __init__(self) -> None:
        self.frames: list[np.ndarray] = []
        self.now, self.most, self.lock = 0, 0, threading.Lock()

    def read_all(self, photo: np.ndarray) -> list[Reading]:
        with self.lock:
            self.frames.append(photo)
            self.now += 1
            self.most = max(self.most, self.now)
        try:
            return self.reads(photo)
        finally:
            with self.lock:
                self.now -= 1

    def reads(self, photo: np.ndarray) -> list[Reading]:
        return super().read_all(photo)


class Stuck(Watched):
    """Reads nothing before `go_on` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.started, self.go_on = threading.Semaphore(0), threading.Event()

    def reads(self, photo: np.ndarray) -> list[Reading]:
        self.started.release()
        assert self.go_on.wait(PATIENCE_S)
        return super().reads(photo)


@pytest.fixture
def open_live(launch, samples, context) -> Open:
    """A pipeline -> a visitor's page with the tab open."""

    def opened(pipeline: FakePipeline) -> Visit:
        visit = Visit(context, launch(pipeline, samples[:1]).local_url)
        show(visit.page)
        return visit

    return opened


def show(page: Page) -> None:
    page.get_by_role("tab", name="Live").click()
    expect(page.locator("#live").get_by_role("button", name=START)).to_be_visible()


def press(page: Page, name: str) -> None:
    page.locator("#live").get_by_role("button", name=name).click()


def wait_for_frames(page: Page, pipeline: Watched, more: int) -> None:
    """Until so many further frames have been read."""
    wanted, waited = len(pipeline.frames) + more, 0
    while len(pipeline.frames) < wanted:
        page.wait_for_function("new Promise(done => requestAnimationFrame(() => done(true)))")
        waited += 1
        assert waited < 60 * PATIENCE_S, f"{len(pipeline.frames)} frames, {wanted} wanted"


def plate(page: Page) -> Locator:
    return page.locator("#live .verdict .plate")


def camera_is_off(page: Page) -> bool:
    return page.evaluate("document.querySelector('#live video').srcObject === null")


def test_frames_keep_coming_with_box_number_and_rate(open_live, tmp_path):
    pipeline = Watched()
    visit = open_live(pipeline)
    page = visit.page
    press(page, START)
    expect(plate(page)).to_have_text("128")
    expect(page.locator("#live .verdict")).to_contain_text("90 %")
    wait_for_frames(page, pipeline, 10)
    expect(page.locator("#live .pace")).to_contain_text("readings a second · turns off in")
    page.wait_for_function("parseFloat(document.querySelector('#live .pace b').textContent) > 1")
    box, picture = (page.locator(f"#live {which}").bounding_box() for which in ("[data-part=boxes] div", "video"))
    for side, size in (("x", "width"), ("y", "height")):
        assert box[side] - picture[side] == pytest.approx(picture[size] / 4, abs=3)
        assert box[size] == pytest.approx(picture[size] / 2, abs=3)
    expect(page.locator("#live [data-part=boxes] b")).to_have_text("128")
    expect(page.locator("#live [data-part=spoken]")).to_have_text("128")
    visit.keep("live")
    assert pipeline.most == live.FRAMES_AT_ONCE
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []
    assert visit.errors == []


def test_doubt_is_spoken_too(browser, address):
    context = browser.new_context(viewport=DESKTOP)
    red, green, blue = photo_of("1984")[0, 0]
    context.add_init_script(OWN_CAMERA.replace("COLOUR", f"rgb({red} {green} {blue})"))
    page = Visit(context, address).page
    show(page)
    press(page, START)
    expect(page.locator("#live").get_by_role("status").first).to_have_text("1984, to check")
    context.close()


def test_not_mirrored(open_live):
    pipeline = Watched()
    page = open_live(pipeline).page
    press(page, START)
    expect(plate(page)).to_have_text("128")
    for picture in (pipeline.frames[-1], photographed(page.locator("#live video"))):
        side = picture.shape[1] // 8
        assert picture[:, :side].mean() > picture[:, -side:].mean() + 60


def photographed(part: Locator) -> np.ndarray:
    """What a person sees of it, RGB (h, w, 3)."""
    return np.asarray(Image.open(io.BytesIO(part.screenshot())).convert("RGB"))


def test_stops_when_asked_and_when_the_tab_is_left(open_live):
    pipeline = Watched()
    page = open_live(pipeline).page
    press(page, START)
    expect(plate(page)).to_have_text("128")
    page.evaluate("window.track = document.querySelector('#live video').srcObject.getTracks()[0]")
    press(page, STOP)
    expect(page.locator("#live .note")).to_contain_text("the camera is off")
    assert page.evaluate("window.track.readyState") == "ended"
    expect(page.locator("#live canvas")).to_be_visible()
    expect(page.locator("#live [data-part=boxes] b")).to_have_text("128")
    assert_no_more_frames(page, pipeline)
    page.get_by_role("tab", name="Live").click()
    press(page, START)
    wait_for_frames(page, pipeline, 2)
    page.get_by_role("tab", name="One photo").click()
    page.wait_for_function("document.querySelector('#live video').srcObject === null")
    page.get_by_role("tab", name="Live").click()
    expect(page.locator("#live .note")).to_contain_text("hidden")


def assert_no_more_frames(page: Page, pipeline: Watched) -> None:
    """A photo is sent, read and shown without a further frame; the one that was on its way may still arrive."""
    frames = len(pipeline.frames)
    page.get_by_role("tab", name="One photo").click()
    page.locator("#examples button").first.click()
    expect(page.locator("#verdict .plate")).to_have_text("42")
    assert len(pipeline.frames) <= frames + 2  # the photo is one


def test_stops_by_itself_and_can_go_on(open_live, monkeypatch):
    monkeypatch.setattr(live, "LIMIT_S", 1)
    page = open_live(Watched()).page
    expect(page.locator("#live .note")).to_contain_text("turns off after 1 seconds; start it again to continue")
    page.evaluate(
        """() => {
            const note = document.querySelector('#live .note');
            window.stops = 0;
            new MutationObserver(() => {
                if (note.textContent.startsWith('Stopped by itself after 1 seconds')) window.stops += 1;
            }).observe(note, {childList: true});
        }"""
    )
    for times in (1, 2):
        press(page, START)
        page.wait_for_function(f"window.stops === {times}")
        assert camera_is_off(page)


def test_a_slow_server_is_asked_for_one_frame_at_a_time(open_live):
    pipeline = Stuck()
    visit = open_live(pipeline)
    page = visit.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "component_server" in request.url else None)
    press(page, START)
    assert pipeline.started.acquire(timeout=PATIENCE_S)
    taken = page.evaluate("document.querySelector('#live video').currentTime")
    page.wait_for_function(f"document.querySelector('#live video').currentTime > {taken + 1}")
    assert len(asked) == len(pipeline.frames) == 1
    pipeline.go_on.set()
    expect(plate(page)).to_have_text("128")


def test_visitors_get_their_own_and_share_one_core(browser, launch, samples):
    pipeline = Watched()
    address = launch(pipeline, samples[:1]).local_url
    numbers = ("7", "42")
    contexts = [browser.new_context(viewport=DESKTOP) for _ in numbers]
    pages = []
    for context, number in zip(contexts, numbers, strict=True):
        red, green, blue = photo_of(number)[0, 0]
        context.add_init_script(OWN_CAMERA.replace("COLOUR", f"rgb({red} {green} {blue})"))
        pages.append(Visit(context, address).page)
        show(pages[-1])
    for page in pages:
        press(page, START)
    for page, number in zip(pages, numbers, strict=True):
        expect(plate(page)).to_have_text(number)
    wait_for_frames(pages[0], pipeline, 20)
    for page, number in zip(pages, numbers, strict=True):
        expect(plate(page)).to_have_text(number)
    assert pipeline.most == live.FRAMES_AT_ONCE
    for context in contexts:
        context.close()


def test_without_a_camera_there_is_a_sentence(visit):
    show(visit.page)
    for script, sentence in (
        (NO_CAMERA.replace("NAME", "NotAllowedError"), "Allow it for this page"),
        (NO_CAMERA.replace("NAME", "NotFoundError"), "There is no camera"),
        (INSECURE, "https"),
    ):
        visit.page.evaluate(f"() => {{ {script} }}")
        press(visit.page, START)
        expect(visit.page.locator("#live .note")).to_contain_text(sentence)
    expect(visit.page.locator("#live").get_by_role("button", name=START)).to_be_enabled()


def test_a_server_without_room_and_one_that_is_gone(visit, context, monkeypatch):
    show(visit.page)
    note = visit.page.locator("#live .note")
    with monkeypatch.context() as patch:
        patch.setattr(live, "FRAMES_WAITING", 0)
        press(visit.page, START)
        expect(note).to_contain_text("yours continues as soon as there is room")
    expect(plate(visit.page)).to_have_text("128")
    context.route("**/component_server/**", lambda route: route.abort())
    expect(note).to_contain_text("no longer answers")
    assert camera_is_off(visit.page)


def test_phone_without_sideways_scrolling(browser, address):
    context = browser.new_context(viewport=PHONE, color_scheme="dark", has_touch=True, is_mobile=True)
    visit = Visit(context, address)
    show(visit.page)
    press(visit.page, START)
    expect(plate(visit.page)).to_have_text("128")
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    visit.keep("live-phone-dark")
    context.close()


def test_what_a_frame_says():
    pipeline = FakePipeline()
    unsure = live.look(pipeline, sent("1984"))
    assert unsure["boxes"] == [{"place": [0.25, 0.25, 0.5, 0.5], "label": "1984"}]
    assert (unsure["spoken"], unsure["sure"]) == ("1984, to check", False)
    assert 'data-state="check"' in unsure["verdict"]
    sure = live.look(pipeline, sent("42"))
    assert (sure["spoken"], sure["sure"]) == ("42", True)
    assert live.look(pipeline, sent(MANY))["spoken"] == "more than five digits"
    nothing = live.look(pipeline, sent(NOTHING))
    assert (nothing["boxes"], nothing["spoken"], nothing["sure"]) == ([], "", False)
    assert [unsure["number"], sure["number"], nothing["number"]] == ["1984", "42", None]


def test_a_weak_guess_is_not_shown(monkeypatch):
    monkeypatch.setattr(FakePipeline, "unsure_below", 0.9)  # "1984" has 0.41
    weak = live.look(FakePipeline(), sent("1984"))
    assert (weak["boxes"], weak["number"]) == ([], None)
    assert 'data-state="none"' in weak["verdict"]


def test_frames_vote_and_one_of_them_is_kept(visit):
    show(visit.page)
    press(visit.page, START)
    expect(visit.page.locator("#live .votes")).to_contain_text(re.compile(r"128 in \d+ of the last \d+ frames"))
    visit.page.get_by_role("button", name="Keep this frame").click()
    visit.verdict("confident")
    expect(visit.page.locator("#verdict .plate")).to_have_text("128")
    photo = visit.photo()
    side = photo.shape[1] // 8
    assert photo[:, :side].mean() > photo[:, -side:].mean() + 60  # not mirrored


def test_both_numbers_of_a_frame_are_drawn():
    photo = np.repeat(photo_of("42"), 2, axis=0)
    photo[:, photo.shape[1] * 3 // 4 :] = photo_of("7")[0, 0]
    shown = live.look(FakePipeline(), base64.b64encode(encoded(photo)).decode())
    assert [box["label"] for box in shown["boxes"]] == ["42", "7"]
    assert shown["boxes"][1]["place"] == pytest.approx([0.8, 0.3, 0.15, 0.3])


def sent(number: str) -> str:
    return base64.b64encode(encoded(photo_of(number))).decode()


@pytest.mark.parametrize(
    "picture",
    [None, 7, ["a"], "", "no base64!", "é", base64.b64encode(b"no picture").decode(), "A" * (live.MAX_FRAME + 4)],
    ids=["none", "number", "list", "empty", "text", "letter", "no picture", "too long"],
)
def test_what_is_no_frame_is_a_sentence(picture):
    assert set(live.look(FakePipeline(), picture)) == {"error"}


def test_over_http(page):
    """As `live.js` asks, and what is no frame."""
    (block,) = [block for block in page.blocks.values() if getattr(block, "elem_id", None) == "live"]
    for picture, key in ((sent("42"), "boxes"), ({"path": "/etc/passwd"}, "error")):
        body = {"data": picture, "component_id": block._id, "fn_name": "read_frame", "session_hash": "somebody"}
        answer = api_client.post(f"{page.local_url}gradio_api/component_server/", json=body)
        assert key in answer.json()
