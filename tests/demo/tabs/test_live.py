import base64
import re
from collections.abc import Iterator

import numpy as np
import pytest
from helpers import api_client
from helpers.browser_visit import Visit
from helpers.fake_networks import served
from helpers.fake_pipeline import MANY, NOTHING, FakePipeline, Watched, encoded, photo_of, two_numbers, wait_until
from playwright.sync_api import Page, expect

from demo.tabs import live
from svhn.images.decode import open_photo

START, STOP = "Start the camera", "Stop the camera"

NO_CAMERA = "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NAME'); }"
INSECURE = "Object.defineProperty(navigator, 'mediaDevices', {value: undefined, configurable: true})"
CAMERA_IS_OFF = "document.querySelector('#live video').srcObject === null"


@pytest.fixture(scope="module")
def live_page(samples) -> Iterator[tuple[str, Watched]]:
    """A page of its own, as a frame may be on its way when a test is over, and its pipeline."""
    pipeline = Watched()
    with served(pipeline, samples[:1]) as blocks:
        yield blocks.local_url, pipeline


@pytest.fixture
def camera(live_page, used_visit) -> Iterator[tuple[Visit, Watched]]:
    """A visitor's page with the tab open, and its pipeline, which counts from zero."""
    address, pipeline = live_page
    visit = used_visit(address)
    pipeline.begin()
    visit.open_tab("Live")
    yield visit, pipeline
    pipeline.open()
    visit.open_tab("One photo")  # which turns the camera off


def press(page: Page, name: str) -> None:
    page.locator("#live").get_by_role("button", name=name).click()


def test_frames_keep_coming_with_box_number_and_rate(camera, uploads):
    visit, pipeline = camera
    page, before = visit.page, set(api_client.files(uploads))
    press(page, START)
    expect(page.locator("#live .plate")).to_have_text("128")
    wait_until(lambda: len(pipeline.photos) >= 10)
    expect(page.locator("#live .pace")).to_contain_text("readings a second · turns off in")
    page.wait_for_function("parseFloat(document.querySelector('#live .pace b').textContent) > 1")
    box, picture = (page.locator(f"#live {which}").bounding_box() for which in ("[data-part=boxes] div", "video"))
    for side, size in (("x", "width"), ("y", "height")):
        assert box[side] - picture[side] == pytest.approx(picture[size] / 4, abs=3)
        assert box[size] == pytest.approx(picture[size] / 2, abs=3)
    expect(page.locator("#live [data-part=spoken]")).to_have_text("128")
    expect(page.locator("#live .votes")).to_contain_text(re.compile(r"128 in \d+ of the last \d+ frames"))
    assert pipeline.most == live.FRAMES_AT_ONCE
    assert set(api_client.files(uploads)) <= before
    page.get_by_role("button", name="Keep this frame").click()
    visit.verdict("confident")
    expect(visit.plate).to_have_text("128")
    kept = open_photo(page.request.get(page.locator("#stage img.photo").get_attribute("src")).body())
    for picture in (pipeline.photos[-1], kept):
        side = picture.shape[1] // 8
        assert picture[:, :side].mean() > picture[:, -side:].mean() + 60  # not mirrored
    visit.open_tab("Live")
    expect(page.locator("#live .note")).to_contain_text("hidden")
    assert page.evaluate(CAMERA_IS_OFF)


def test_stops_when_asked(camera):
    visit, pipeline = camera
    page = visit.page
    press(page, START)
    wait_until(lambda: len(pipeline.photos) >= 2)
    page.evaluate("window.track = document.querySelector('#live video').srcObject.getTracks()[0]")
    press(page, STOP)
    expect(page.locator("#live .note")).to_contain_text("the camera is off")
    assert page.evaluate("window.track.readyState") == "ended"
    expect(page.locator("#live canvas")).to_be_visible()
    expect(page.locator("#live [data-part=boxes] b")).to_have_text("128")
    frames = len(pipeline.photos)
    visit.open_tab("One photo")
    visit.read("42", "42")
    assert len(pipeline.photos) <= frames + 2  # the photo is one; the frame that was on its way may still arrive


def test_stops_by_itself_and_can_go_on(launch, samples, new_visit, monkeypatch):
    monkeypatch.setattr(live, "LIMIT_S", 1)
    visit = new_visit(launch(FakePipeline(), samples[:1]).local_url)
    page, note = visit.page, visit.page.locator("#live .note")
    visit.open_tab("Live")
    expect(note).to_contain_text("turns off after 1 seconds; start it again to continue")
    for _ in range(2):
        note.evaluate("note => note.textContent = ''")
        press(page, START)
        expect(note).to_contain_text("Stopped by itself after 1 seconds")
        assert page.evaluate(CAMERA_IS_OFF)


def test_a_slow_server_is_asked_for_one_frame_at_a_time(camera):
    visit, pipeline = camera
    page = visit.page
    pipeline.wait(quick=())
    visit.requests.clear()
    press(page, START)
    assert pipeline.has_begun()
    taken = page.evaluate("document.querySelector('#live video').currentTime")
    page.wait_for_function(f"document.querySelector('#live video').currentTime > {taken + 1}")
    assert len(pipeline.photos) == len([url for url in visit.requests if "component_server" in url]) == 1
    pipeline.open()
    wait_until(lambda: len(pipeline.photos) >= 2)


def test_without_a_camera_room_or_an_answer_there_is_a_sentence(visit, monkeypatch):
    page, note = visit.page, visit.page.locator("#live .note")
    visit.open_tab("Live")
    denied, none = (NO_CAMERA.replace("NAME", name) for name in ("NotAllowedError", "NotFoundError"))
    for script, sentence in {denied: "Allow it for this page", none: "There is no camera", INSECURE: "https"}.items():
        page.evaluate(f"() => {{ {script} }}")
        press(page, START)
        expect(note).to_contain_text(sentence)
    expect(page.locator("#live").get_by_role("button", name=START)).to_be_enabled()
    page.evaluate("() => { delete navigator.mediaDevices; delete navigator.mediaDevices.getUserMedia }")
    with monkeypatch.context() as patch:
        patch.setattr(live, "FRAMES_WAITING", 0)
        press(page, START)
        expect(note).to_contain_text("yours continues as soon as there is room")
    expect(page.locator("#live .plate")).to_have_text("128")
    page.route("**/component_server/**", lambda route: route.abort())
    expect(note).to_contain_text("no longer answers")
    assert page.evaluate(CAMERA_IS_OFF)
    page.unroute_all()


def look(photo: np.ndarray) -> dict:
    return live.look(FakePipeline(), base64.b64encode(encoded(photo)).decode())


def test_what_a_frame_says(monkeypatch):
    unsure, sure, nothing, many = (look(photo_of(number)) for number in ("1984", "42", NOTHING, MANY))
    assert unsure["boxes"] == [{"place": [0.25, 0.25, 0.5, 0.5], "label": "1984"}]
    assert (unsure["number"], unsure["spoken"], unsure["sure"]) == ("1984", "1984, to check", False)
    assert (sure["number"], sure["spoken"], sure["sure"]) == ("42", "42", True)
    assert (nothing["number"], nothing["boxes"], nothing["spoken"]) == (None, [], "")
    assert many["spoken"] == "more than five digits"
    both = look(two_numbers("42", "7"))["boxes"]
    assert [box["label"] for box in both] == ["42", "7"]
    assert both[1]["place"] == pytest.approx([0.8, 0.3, 0.15, 0.3])
    monkeypatch.setattr(FakePipeline, "unsure_below", 0.9)  # "1984" has 0.41: a weak guess is not shown
    weak = look(photo_of("1984"))
    assert (weak["boxes"], weak["number"]) == ([], None)


def test_what_is_no_frame_is_a_sentence():
    texts = ("", "no base64!", "é", "A" * (live.MAX_FRAME + 4), base64.b64encode(b"no picture").decode())
    for picture in (None, 7, ["a"], {"path": "/etc/passwd"}, *texts):
        assert set(live.look(FakePipeline(), picture)) == {"error"}, picture
