import re

import gradio as gr
import httpx
from helpers import api_client
from helpers.fake_pipeline import encoded, photo_of
from starlette.middleware import Middleware

from demo.render.images import SERVED
from demo.server.page_head import PageHead
from demo.server.pictures import Pictures


def test_a_thumbnail_is_there_once_and_other_addresses_are_not(address):
    document = api_client.get(address).text
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
    middleware = [Middleware(Pictures), Middleware(PageHead)]
    options = {"prevent_thread_lock": True, "quiet": True, "app_kwargs": {"middleware": middleware}}
    blocks.launch(auth=("ann", "secret"), server_port=api_client.free_port(), **options)
    with httpx.Client(base_url=blocks.local_url, timeout=60) as visitor:
        (card,) = re.findall(r'<meta property="og:image" content="([^"]*)"', visitor.get("/").text)
        assert [visitor.get(each).status_code for each in (card, thumbnail, "pictures/none.jpg")] == [200, 401, 401]
        visitor.post("/login", data={"username": "ann", "password": "secret"})
        assert [visitor.get(each).status_code for each in (card, thumbnail, "pictures/none.jpg")] == [200, 200, 404]
    blocks.close(verbose=False)
