import base64
import re

import pytest
from helpers.browser_visit import Visit
from helpers.fake_pipeline import MANY, NOTHING, FakePipeline, encoded, photo_of, two_numbers
from helpers.waiting_pipeline import PATIENCE_S, Watched
from playwright.sync_api import Locator, Page, expect

from demo.tabs import live

START, STOP = "Start the camera", "Stop the camera"

NO_CAMERA = "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NAME'); };"
INSECURE = "Object.defineProperty(navigator, 'mediaDevices', {value: undefined});"


@pytest.fixture
def open_live(launch, samples, new_visit):
    """A pipeline -> a visitor's page with the tab open."""

    def opened(pipeline: FakePipeline) -> Visit:
        visit = new_visit(launch(pipeline, samples[:1]).local_url)
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
    wanted, waited = len(pipeline.photos) + more, 0
    while len(pipeline.photos) < wanted:
        page.wait_for_function("new Promise(done => requestAnimationFrame(() => done(true)))")
        waited += 1
        assert waited < 60 * PATIENCE_S, f"{len(pipeline.photos)} frames, {wanted} wanted"


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
    wait_for_frames(page, pipeline, 10)
    expect(page.locator("#live .pace")).to_contain_text("readings a second · turns off in")
    page.wait_for_function("parseFloat(document.querySelector('#live .pace b').textContent) > 1")
    box, picture = (page.locator(f"#live {which}").bounding_box() for which in ("[data-part=boxes] div", "video"))
    for side, size in (("x", "width"), ("y", "height")):
        assert box[side] - picture[side] == pytest.approx(picture[size] / 4, abs=3)
        assert box[size] == pytest.approx(picture[size] / 2, abs=3)
    expect(page.locator("#live [data-part=spoken]")).to_have_text("128")
    expect(page.locator("#live .votes")).to_contain_text(re.compile(r"128 in \d+ of the last \d+ frames"))
    assert pipeline.most == live.FRAMES_AT_ONCE
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []
    page.get_by_role("button", name="Keep this frame").click()
    visit.verdict("confident")
    expect(visit.plate).to_have_text("128")
    for picture in (pipeline.photos[-1], visit.photo()):
        side = picture.shape[1] // 8
        assert picture[:, :side].mean() > picture[:, -side:].mean() + 60  # not mirrored


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
    frames = len(pipeline.photos)
    page.get_by_role("tab", name="One photo").click()
    page.locator("#examples button").first.click()
    expect(page.locator("#verdict .plate")).to_have_text("42")
    assert len(pipeline.photos) <= frames + 2  # the photo is one


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
    pipeline = Watched(waits=True)
    visit = open_live(pipeline)
    page = visit.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "component_server" in request.url else None)
    press(page, START)
    assert pipeline.started.acquire(timeout=PATIENCE_S)
    taken = page.evaluate("document.querySelector('#live video').currentTime")
    page.wait_for_function(f"document.querySelector('#live video').currentTime > {taken + 1}")
    assert len(asked) == len(pipeline.photos) == 1
    pipeline.open()
    expect(plate(page)).to_have_text("128")


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


def test_a_server_without_room_and_one_that_is_gone(visit, monkeypatch):
    show(visit.page)
    note = visit.page.locator("#live .note")
    with monkeypatch.context() as patch:
        patch.setattr(live, "FRAMES_WAITING", 0)
        press(visit.page, START)
        expect(note).to_contain_text("yours continues as soon as there is room")
    expect(plate(visit.page)).to_have_text("128")
    visit.page.route("**/component_server/**", lambda route: route.abort())
    expect(note).to_contain_text("no longer answers")
    assert camera_is_off(visit.page)


def test_what_a_frame_says(monkeypatch):
    unsure, sure, nothing = (live.look(FakePipeline(), sent(number)) for number in ("1984", "42", NOTHING))
    assert unsure["boxes"] == [{"place": [0.25, 0.25, 0.5, 0.5], "label": "1984"}]
    assert (unsure["number"], unsure["spoken"], unsure["sure"]) == ("1984", "1984, to check", False)
    assert (sure["number"], sure["spoken"], sure["sure"]) == ("42", "42", True)
    assert (nothing["number"], nothing["boxes"], nothing["spoken"]) == (None, [], "")
    assert live.look(FakePipeline(), sent(MANY))["spoken"] == "more than five digits"
    both = live.look(FakePipeline(), base64.b64encode(encoded(two_numbers("42", "7"))).decode())
    assert [box["label"] for box in both["boxes"]] == ["42", "7"]
    assert both["boxes"][1]["place"] == pytest.approx([0.8, 0.3, 0.15, 0.3])
    monkeypatch.setattr(FakePipeline, "unsure_below", 0.9)  # "1984" has 0.41: a weak guess is not shown
    weak = live.look(FakePipeline(), sent("1984"))
    assert (weak["boxes"], weak["number"]) == ([], None)


def sent(number: str) -> str:
    return base64.b64encode(encoded(photo_of(number))).decode()


@pytest.mark.parametrize(
    "picture",
    [
        None,
        7,
        ["a"],
        {"path": "/etc/passwd"},
        "",
        "no base64!",
        "é",
        base64.b64encode(b"no picture").decode(),
        "A" * (live.MAX_FRAME + 4),
    ],
)
def test_what_is_no_frame_is_a_sentence(picture):
    assert set(live.look(FakePipeline(), picture)) == {"error"}
