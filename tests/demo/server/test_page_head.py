import re

import httpx
from helpers import api_client

from demo.server.page_head import DESCRIPTION, TITLE
from demo.server.pictures import CARD, ICON
from svhn.images.decode import open_photo


def test_a_link_preview_is_the_page_s_own_and_has_everything_once(address):
    headers = {"x-forwarded-proto": "https", "x-forwarded-host": "abc.gradio.live"}
    document, link = httpx.get(address, headers=headers).text, "https://abc.gradio.live/"  # as a visitor sees it
    expected = {"og:url": link, "og:image": link + CARD, "twitter:card": "summary_large_image"}
    expected |= {"og:title": TITLE, "description": DESCRIPTION, "og:description": DESCRIPTION}
    for name, value in expected.items():
        assert re.findall(rf'<meta[^>]*(?:property|name)="{name}"[^>]*content="([^"]*)"', document) == [value], name
    assert re.findall(r"<title>(.*?)</title>", document) == [TITLE]
    assert re.findall(r'<link rel="[^"]*(?:icon|manifest)" href="([^"]*)"', document) == [ICON]
    assert open_photo(httpx.get(address + CARD).content).shape == (630, 1200, 3)
    assert "<script>/" not in httpx.get(address, headers={"x-forwarded-host": '"><script>'}).text


def test_a_thumbnail_is_there_once_and_other_addresses_are_not(address):
    document = api_client.get(address).text
    addresses = set(re.findall(r"pictures/[0-9a-f]{16}\.jpg", document))
    assert addresses
    for picture in addresses:
        answer = api_client.get(address + picture)
        assert answer.headers["content-type"] == "image/jpeg"
        assert "immutable" in answer.headers["cache-control"]
    assert api_client.get(address + ICON).headers["content-type"] == "image/svg+xml"
    for wrong in ("pictures/0000000000000000.jpg", "pictures/../app.py", "pictures/"):
        assert api_client.get(address + wrong).status_code == 404
