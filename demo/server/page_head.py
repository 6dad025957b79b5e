"""Replace the page's head: title, description, picture and icon, for browsers and link previews."""

from __future__ import annotations

import re

from markupsafe import Markup
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..config import script
from ..render.templating import render
from .pictures import CARD, ICON, path_of

TITLE = "House-number reader"
DESCRIPTION = "Send a photo of a house: it finds the number, reads it, and shows how confident it is."
SCRIPTS = script("retry.js", "status_timer.js")
GRADIO_HEAD = re.compile(r'\s*<(?:meta\s+(?:property="og:|name="twitter:)|link\s+rel="manifest")[^>]*>')


class PageHead:
    """ASGI middleware: replaces the head of the page that Gradio sends."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if path_of(scope) == "/":
            await self._page(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _page(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the page with our head; pass on anything else, such as a login, unchanged."""
        start: Message = {}
        parts: list[bytes] = []

        async def collect(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            parts.append(message.get("body", b""))
            if message.get("more_body"):
                return
            body, headers = b"".join(parts), Headers(raw=start["headers"])
            if headers.get("content-type", "").startswith("text/html"):
                body = _with_our_head(body.decode(), _address(scope)).encode()
            raw = [(k, v) for k, v in start["headers"] if k.lower() != b"content-length"]
            await send({**start, "headers": [*raw, (b"content-length", str(len(body)).encode())]})
            await send({"type": "http.response.body", "body": body})

        await self.app(scope, receive, collect)


def _with_our_head(page: str, address: str) -> str:
    """Gradio's page with our title, description, picture and icon, each exactly once."""
    ours = render(
        "head",
        title=TITLE,
        description=DESCRIPTION,
        address=address,
        icon=ICON,
        card=CARD,
        scripts=Markup(SCRIPTS),
    )
    before, found, after = GRADIO_HEAD.sub("", page).partition("</head>")
    return f"{before}{ours}{found}{after}"


def _address(scope: Scope) -> str:
    """The page's address as the visitor sees it, through any tunnel, with a final slash."""
    headers = Headers(scope=scope)
    scheme = headers.get("x-forwarded-proto", scope.get("scheme", "http")).split(",")[0].strip()
    host = headers.get("x-forwarded-host", headers.get("host", "localhost")).split(",")[0].strip()
    return f"{scheme}://{host}{scope.get('root_path', '').rstrip('/')}/"
