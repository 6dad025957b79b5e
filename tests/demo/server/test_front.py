import re

import gradio as gr
import httpx
import pytest
from helpers import api_client
from helpers.fake_pipeline import encoded, photo_of
from starlette.middleware import Middleware

from demo.render.images import SERVED
from demo.server.front import TITLE, Front

MOST_BYTES = 60_000  # of the page itself, compressed


@pytest.fixture(scope="module")
def document(address) -> str:
    return api_client.get(address).text


def metas(document: str, name: str) -> list[str]:
    return re.findall(rf'<meta (?:property|name)="{name}" content="([^"]*)"', document)


def test_the_address_is_the_one_that_a_visitor_sees(address):
    headers = {"x-forwarded-proto": "https", "x-forwarded-host": "abc.gradio.live"}
    document = httpx.get(address, headers=headers).text
    assert (metas(document, "og:url"), metas(document, "og:title")) == (["https://abc.gradio.live/"], [TITLE])
    headers = {"x-forwarded-host": '"><script>'}
    assert "<script>/" not in httpx.get(address, headers=headers).text


def test_the_page_is_small(address):
    with httpx.stream("GET", address, headers={"accept-encoding": "gzip"}) as answer:
        size = sum(map(len, answer.iter_raw()))
        assert answer.headers["content-encoding"] == "gzip"
    assert size <= MOST_BYTES


def test_a_thumbnail_is_there_once_and_other_addresses_are_not(document, address):
    addresses = set(re.findall(r"pictures/[0-9a-f]{16}\.jpg", document))
    assert addresses
    for picture in addresses:
        answer = api_client.get(address + picture)
        assert answer.headers["content-type"] == "image/jpeg"
        assert "immutable" in answer.headers["cache-control"]
    (icon,) = re.findall(r'<link rel="icon" href="([^"]+)"', document)
    assert api_client.get(address + icon).headers["content-type"] == "image/svg+xml"
    for wrong in ("pictures/0000000000000000.jpg", "pictures/../app.py", "pictures/"):
        assert api_client.get(address + wrong).status_code == 404


def test_pictures_are_behind_the_login():
    thumbnail = SERVED.publish(encoded(photo_of("42"), "JPEG"), "jpg")
    with gr.Blocks() as blocks:
        gr.Markdown("A page.")
    options = {"prevent_thread_lock": True, "quiet": True, "app_kwargs": {"middleware": [Middleware(Front)]}}
    blocks.launch(auth=("ann", "secret"), server_port=api_client.free_port(), **options)
    with httpx.Client(base_url=blocks.local_url, timeout=60) as visitor:
        (card,) = metas(visitor.get("/").text, "og:image")
        assert [visitor.get(each).status_code for each in (card, thumbnail, "pictures/none.jpg")] == [200, 401, 401]
        visitor.post("/login", data={"username": "ann", "password": "secret"})
        assert [visitor.get(each).status_code for each in (card, thumbnail, "pictures/none.jpg")] == [200, 200, 404]
    blocks.close(verbose=False)
