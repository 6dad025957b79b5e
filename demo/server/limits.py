"""Middleware before Gradio's own routes: those that this page does not need are blocked, and requests have a limit."""

from __future__ import annotations

import asyncio
import os
import re
from contextlib import suppress
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from svhn.images import MAX_BYTES

from ..batch import MAX_PHOTOS
from ..config import RETENTION

MAX_BODY = 2 * MAX_BYTES  # a photo as text takes a third more than its bytes
MAX_UPLOAD = MAX_PHOTOS * MAX_BYTES  # a whole list; Gradio bounds each file
MAX_STORED = 4 * 2**30  # of all visitors' files, which are deleted after a while
STORAGE_FULL = f"There is no room for more photos just now; try again in {RETENTION}."
UPLOAD = ("/gradio_api/upload", "/upload")

# Gradio would fetch an address for whoever asks for it as a file, pass requests on to other servers, keep a
# session's photos in a file for whoever knows its link, and store and convert videos.
BLOCKED = re.compile(r"/gradio_api/(file=\s*\w+:/|file/\s*\w+:/|proxy=|deep_link|process_recording)", re.IGNORECASE)


class RequestLimits:
    """ASGI middleware that refuses: a blocked route with 403; with 413, a request larger than `MAX_BODY` or, for
    uploads, `MAX_UPLOAD`; with 507, an upload when visitors' files, those on their way included, would take more than
    `MAX_STORED`."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.incoming = 0  # bytes of all uploads on their way

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if BLOCKED.search(scope["path"]):
            await _refusal(403, "This page does not offer that.")(scope, receive, send)
            return
        upload = scope["path"].removeprefix(scope.get("root_path", "").rstrip("/")) in UPLOAD
        limit, advice = MAX_BODY, "upload the photos first"
        if upload:
            limit, advice = MAX_UPLOAD, "send the photos in several parts"
        too_large = _refusal(413, f"A request has at most {limit // 2**20} MB; {advice}.")
        length = Headers(scope=scope).get("content-length", "")
        size = int(length) if length.isdecimal() else limit  # who does not say how much may send so much
        if size > limit:
            await too_large(scope, receive, send)
            return
        app = _limit_body(self.app, limit, too_large)
        await (self._reserve(app, size) if upload else app)(scope, receive, send)

    def _reserve(self, app: ASGIApp, size: int) -> ASGIApp:
        """The app, where there is room for so many bytes more; they are spoken for from before it is looked whether
        they fit until they lie among the files."""

        async def reserved(scope: Scope, receive: Receive, send: Send) -> None:
            self.incoming += size
            try:
                fits = self.incoming + await asyncio.to_thread(_stored) <= MAX_STORED
                await (app if fits else _refusal(507, STORAGE_FULL))(scope, receive, send)
            finally:
                self.incoming -= size

        return reserved


def _refusal(status: int, sentence: str) -> JSONResponse:
    return JSONResponse({"detail": sentence}, status_code=status)


def _stored() -> int:
    """Bytes of all files in the page's own folder of uploads."""
    kept = 0
    for inside, _, names in os.walk(os.environ.get("GRADIO_TEMP_DIR", "")):
        for name in names:
            with suppress(OSError):  # deleted meanwhile
                kept += Path(inside, name).lstat().st_size
    return kept


def _limit_body(app: ASGIApp, limit: int, too_large: ASGIApp) -> ASGIApp:
    """Of a sender that does not say how much is coming, the app hears no more than `limit` bytes; then it is told
    that the sender has gone, and `too_large` answers in its place."""

    async def limited(scope: Scope, receive: Receive, send: Send) -> None:
        received, responded = 0, False

        async def receive_counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            return {"type": "http.disconnect"} if received > limit else message

        async def send_once(message: Message) -> None:
            nonlocal responded
            if responded or received <= limit:
                responded = True
                await send(message)

        try:
            await app(scope, receive_counted, send_once)
        except Exception:
            if received <= limit:
                raise
        if received > limit and not responded:
            await too_large(scope, receive, send)

    return limited
