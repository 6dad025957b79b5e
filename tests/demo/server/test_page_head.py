import re

import httpx

from demo.server.page_head import TITLE

MOST_BYTES = 60_000  # of the page itself, compressed


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
