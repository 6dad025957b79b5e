"""Replace the page's head, for browsers and link previews, and serve its small pictures."""

from __future__ import annotations

import re

from markupsafe import Markup
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..config import STATIC
from ..render.images import ADDRESS_PREFIX, SERVED
from ..render.templating import render

TITLE = "House-number reader"
DESCRIPTION = "Send a photo of a house: it finds the number, reads it, and shows how confident it is."
ICON = (STATIC / "icon.svg").read_bytes()
CARD = (STATIC / "card.jpg").read_bytes()  # 1200×630, as link previews show it
RETRY = (STATIC / "js" / "retry.js").read_text(encoding="utf-8")
LOGIN_CHECK = "/gradio_api/login_check"  # of Gradio: answers 200 to whom the page is open
FOREVER = {"cache-control": "private, max-age=31536000, immutable"}
GRADIO_META = re.compile(r'\s*<meta\s+(?:property="og:|name="twitter:)[^>]*>')


class Front:
    """ASGI middleware: serves the pictures of `SERVED`, all but icon and card only to those who may see the page, and
    replaces the page's head."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.icon, self.card = SERVED.publish(ICON, "svg"), SERVED.publish(CARD, "jpg")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        path = scope["path"].removeprefix(scope.get("root_path", "").rstrip("/"))
        if path.startswith(f"/{ADDRESS_PREFIX}"):
            await (await self._picture(path.removeprefix("/"), scope, receive))(scope, receive, send)
        elif path == "/":
            await self._page(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _picture(self, address: str, scope: Scope, receive: Receive) -> Response:
        if address not in (self.icon, self.card) and not await self._is_open(scope, receive):
            return Response("Log in first.", 401, media_type="text/plain")
        picture = SERVED.find(address)
        if picture is None:
            return Response("There is no such picture.", 404, media_type="text/plain")
        return Response(picture.data, media_type=picture.media_type, headers=FOREVER)

    async def _is_open(self, scope: Scope, receive: Receive) -> bool:
        """Whether Gradio would show the page to the sender of this request."""
        statuses = []

        async def note(message: Message) -> None:
            statuses.append(message.get("status"))

        path = scope.get("root_path", "").rstrip("/") + LOGIN_CHECK
        await self.app({**scope, "method": "GET", "path": path, "raw_path": path.encode()}, receive, note)
        return statuses[0] == 200

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
                body = self.head(body.decode(), _address(scope)).encode()
            raw = [(k, v) for k, v in start["headers"] if k.lower() != b"content-length"]
            await send({**start, "headers": [*raw, (b"content-length", str(len(body)).encode())]})
            await send({"type": "http.response.body", "body": body})

        await self.app(scope, receive, collect)

    def head(self, page: str, address: str) -> str:
        """Gradio's page with our title, description, picture and icon, each exactly once."""
        ours = render(
            "head",
            title=TITLE,
            description=DESCRIPTION,
            address=address,
            icon=self.icon,
            card=self.card,
            retry=Markup(RETRY),
        )
        before, found, after = GRADIO_META.sub("", page).partition("</head>")
        return f"{before}{ours}{found}{after}"


def _address(scope: Scope) -> str:
    """The page's address as the visitor sees it, through any tunnel, with a final slash."""
    headers = Headers(scope=scope)
    scheme = headers.get("x-forwarded-proto", scope.get("scheme", "http")).split(",")[0].strip()
    host = headers.get("x-forwarded-host", headers.get("host", "localhost")).split(",")[0].strip()
    return f"{scheme}://{host}{scope.get('root_path', '').rstrip('/')}/"
