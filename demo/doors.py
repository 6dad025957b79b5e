"""What stands before Gradio's own routes: the ones this page does not need are shut, and requests have a size."""

from __future__ import annotations

import re

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 40 * 2**20  # a photo of 20 MB takes 27 MB as text; uploads are bounded by Gradio, file by file

# Gradio would fetch an address for whoever asks for it as a file, pass requests on to other servers, keep a
# session's photos in a file for whoever knows its link, and store and convert videos.
SHUT = re.compile(r"/gradio_api/(file=\s*\w+:/|file/\s*\w+:/|proxy=|deep_link|process_recording)", re.IGNORECASE)


class Doors:
    """ASGI middleware: 403 for a door that is shut, 413 for a request that is larger than `MAX_BODY`."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"]
        if SHUT.search(path):
            await _refusal(403, "This page does not offer that.")(scope, receive, send)
            return
        if path.rstrip("/").endswith("/upload"):
            await self.app(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "0")
        if length.isdecimal() and int(length) > MAX_BODY:
            sentence = f"A request has at most {MAX_BODY // 2**20} MB; upload the photos first."
            await _refusal(413, sentence)(scope, receive, send)
            return
        await self.app(scope, _bounded(receive), send)


def _refusal(status: int, sentence: str) -> JSONResponse:
    return JSONResponse({"detail": sentence}, status_code=status)


def _bounded(receive: Receive) -> Receive:
    """Of a sender that does not say how much is coming, hears no more than `MAX_BODY`."""
    heard = 0

    async def hear() -> Message:
        nonlocal heard
        message = await receive()
        heard += len(message.get("body", b""))
        return {"type": "http.disconnect"} if heard > MAX_BODY else message

    return hear
