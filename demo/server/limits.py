"""Middleware in front of Gradio's routes: blocks those that this page does not need, and limits requests."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import time
from contextlib import suppress
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from svhn.images.decode import MAX_BYTES

from ..batch_export import MAX_PHOTOS
from ..config import CLEANUP_EVERY_S, RETENTION, RETENTION_S

MAX_BODY = 2 * MAX_BYTES  # a photo in base64 is a third larger
MAX_BODIES = 16 * MAX_BODY  # of all requests together, except uploads: they are kept in memory
MAX_UPLOAD = MAX_PHOTOS * MAX_BYTES  # a complete list; Gradio limits each file
MAX_STORED = 4 * 2**30  # of all visitors' files, until they are deleted
LOOK_EVERY_S = 1.0  # minimum time between counts of the files on the disk, while there is room
IDLE_S = 30  # longest pause of a sender
SENDING_S = (
    RETENTION_S - CLEANUP_EVERY_S
)  # for a complete request: in a longer one the first files would already be deleted
RETRY_S = 5  # after which a program that was refused for lack of room may try again
LOGIN_DELAY_S = 2  # delay before a wrong password is answered
MAX_LOGINS = 4  # at the same time

STORAGE_FULL = f"There is no room for more photos just now; try again in {RETENTION}."
MALFORMED = 'This is no call that the page knows; its tab "API" shows how to call it.'
BUSY = "Many photos are being sent just now; try again in a moment."
UPLOAD, LOGIN = ("/gradio_api/upload", "/upload"), "/login"

# Gradio would fetch an address for whoever asks for it as a file, pass requests on to other servers, keep a
# session's photos in a file for whoever knows its link, and store and convert videos.
BLOCKED = re.compile(r"/gradio_api/(file=\s*\w+:/|file/\s*\w+:/|proxy=|deep_link|process_recording)", re.IGNORECASE)

# Readings run in a queue, so what goes wrong in these routes themselves is the request's fault; Gradio answers 500.
CALLS = re.compile(r"^/gradio_api/(call|run|queue/join|reset|cancel|upload)\b")


class RequestLimits:
    """ASGI middleware that refuses: with 400, a call that Gradio stumbles over; a blocked route with 403; with 408, a
    request that comes too slowly; with 413, one larger than `MAX_BODY` or, for uploads, `MAX_UPLOAD`; with 429, more
    than `MAX_LOGINS` passwords at once; with 503, a request when all of them would take more memory than `MAX_BODIES`;
    with 507, an upload when visitors' files would take more than `MAX_STORED`. What counts is what has been received,
    whatever a request announces."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.bodies = 0  # bytes of all requests in progress but uploads
        self.stored = StoredBytes()
        self.logins = asyncio.Semaphore(MAX_LOGINS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].removeprefix(scope.get("root_path", "").rstrip("/")) if scope["type"] == "http" else None
        if path is None:
            await self.app(scope, receive, send)
        elif BLOCKED.search(scope["path"]):
            await _refusal(403, "This page does not offer that.")(scope, receive, send)
        elif path.rstrip("/") == LOGIN:
            await self._log_in(scope, receive, send)
        else:
            await self._receive_within_limits(scope, receive, send, path)

    async def _log_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Delay the answer to a wrong password and limit attempts at the same time, against guessing."""

        async def send_late(message: Message) -> None:
            if message.get("status", 0) >= 400:
                await asyncio.sleep(LOGIN_DELAY_S)
            await send(message)

        if self.logins.locked():
            await _refusal(429, "Many are logging in just now; try again in a moment.")(scope, receive, send)
            return
        async with self.logins:
            await self._receive_within_limits(scope, receive, send_late, LOGIN)

    async def _receive_within_limits(self, scope: Scope, receive: Receive, send: Send, path: str) -> None:
        upload = path in UPLOAD
        limit = MAX_UPLOAD if upload else MAX_BODY
        advice = "send the photos in several parts" if upload else "upload the photos first"
        too_large = _refusal(413, f"A request has at most {limit // 2**20} MB; {advice}.")
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isdecimal() and int(announced) > limit:
            await too_large(scope, receive, send)
            return

        received, in_memory, refusal, answered, complete = 0, 0, None, False, False
        deadline = time.monotonic() + SENDING_S

        async def take(size: int) -> JSONResponse | None:
            """Counts so many bytes more; a refusal if they are too many."""
            nonlocal received, in_memory
            received += size
            if received > limit:
                return too_large
            if upload:
                return None if await self.stored.add(size) else _refusal(507, STORAGE_FULL)
            if self.bodies + size > MAX_BODIES:
                return _refusal(503, BUSY)
            self.bodies, in_memory = self.bodies + size, in_memory + size
            return None

        async def receive_counted() -> Message:
            nonlocal refusal, complete
            if complete:
                return await receive()  # which waits until the sender goes
            try:
                message = await asyncio.wait_for(receive(), min(IDLE_S, deadline - time.monotonic()))
                refusal = await take(len(message.get("body", b"")))
            except asyncio.TimeoutError:
                refusal = _refusal(408, f"The request came too slowly; {advice if upload else 'try again'}.")
            complete = not message.get("more_body", False) if refusal is None else True
            return message if refusal is None else {"type": "http.disconnect"}  # for the app the sender has gone

        async def send_unless_refused(message: Message) -> None:
            nonlocal answered
            if refusal is None or answered:
                answered = True
                if message.get("status") == 503:  # Gradio's, of a full queue
                    MutableHeaders(scope=message).setdefault("retry-after", str(RETRY_S))
                await send(message)

        try:
            await self.app(scope, receive_counted, send_unless_refused)
        except Exception:
            if refusal is None and (answered or not CALLS.search(path)):
                raise
            logging.getLogger(__name__).info("A malformed request to %s", path, exc_info=refusal is None)
            refusal = refusal or _refusal(400, MALFORMED)
        finally:
            self.bodies -= in_memory
        if refusal is not None and not answered:
            await refusal(scope, receive, send)


class StoredBytes:
    """The size of all files in the page's folder of uploads: as of the last count, plus everything received since."""

    def __init__(self) -> None:
        self.found, self.since, self.looked_at = 0, 0, -LOOK_EVERY_S
        self.lock = asyncio.Lock()

    async def add(self, size: int) -> bool:
        """Count these bytes; return whether there is room for them."""
        self.since += size
        async with self.lock:
            if self.found + self.since > MAX_STORED or time.monotonic() >= self.looked_at + LOOK_EVERY_S:
                before = self.since
                self.found, self.looked_at = await asyncio.to_thread(_stored), time.monotonic()
                self.since += size - before  # this part may not be in its file yet
            return self.found + self.since <= MAX_STORED


def _refusal(status: int, sentence: str) -> JSONResponse:
    wait = {"retry-after": str(RETRY_S)} if status in (429, 503) else None
    return JSONResponse({"detail": sentence}, status_code=status, headers=wait)


def _stored() -> int:
    total = 0
    for inside, _, names in os.walk(os.environ.get("GRADIO_TEMP_DIR", "")):
        for name in names:
            with suppress(OSError):  # deleted meanwhile
                total += Path(inside, name).lstat().st_size
    return total
