"""Serve the page's small pictures: icon and card to everybody, the others only to those who may see the page."""

from __future__ import annotations

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..config import STATIC
from ..render.images import ADDRESS_PREFIX, SERVED

ICON = SERVED.publish((STATIC / "icon.svg").read_bytes(), "svg")
CARD = SERVED.publish((STATIC / "card.jpg").read_bytes(), "jpg")  # 1200×630, as link previews show it
LOGIN_CHECK = "/gradio_api/login_check"  # of Gradio: answers 200 to whom the page is open
FOREVER = {"cache-control": "private, max-age=31536000, immutable"}


def path_of(scope: Scope) -> str | None:
    """The path that a GET or HEAD request asks for, below the page's address; None for anything else."""
    if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
        return None
    return scope["path"].removeprefix(scope.get("root_path", "").rstrip("/"))


class Pictures:
    """ASGI middleware: answers requests for small pictures."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = path_of(scope) or ""
        if path.startswith(f"/{ADDRESS_PREFIX}"):
            await (await self._picture(path.removeprefix("/"), scope, receive))(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _picture(self, address: str, scope: Scope, receive: Receive) -> Response:
        if address not in (ICON, CARD) and not await self._is_open(scope, receive):
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
