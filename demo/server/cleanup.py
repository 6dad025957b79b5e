"""Delete what visitors sent and received, after some minutes, and the sessions of visitors who left.

Gradio's own `delete_cache` stops for good, silently, if a file arrives while it goes through its list; and interrupted
uploads are in no list at all. Therefore the whole folder is swept here, whatever is in it.
"""

from __future__ import annotations

import asyncio
import math
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.state_holder import SessionState, StateHolder

from ..session import drop_session

Lifespan = Callable[[Any], AbstractAsyncContextManager[None]]


def lifespan(every_s: float, max_age_s: float) -> Lifespan:
    """For the server's `lifespan`: regularly delete what is older than `max_age_s` and, at the end, all files that the
    page knows of.

    Only the page's own folder is swept: the one that GRADIO_TEMP_DIR names.
    """

    @asynccontextmanager
    async def clean(app: Any) -> AsyncIterator[None]:
        page, folder = app.get_blocks(), os.environ.get("GRADIO_TEMP_DIR")
        app.state_holder = VisitorSessions()
        app.state_holder.set_blocks(page)

        async def keep_clean() -> None:
            while True:
                await asyncio.sleep(every_s)
                if folder:
                    await asyncio.to_thread(sweep, Path(folder), max_age_s)
                forget_deleted_files(page)
                drop_closed_sessions(page, max_age_s)

        task = asyncio.create_task(keep_clean())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            for path in {path for known in page.temp_file_sets for path in known}:
                Path(path).unlink(missing_ok=True)

    return clean


def sweep(folder: Path, max_age_s: float) -> None:
    """Delete every file below the folder that has not changed for that long, and then empty folders."""
    before = time.time() - max_age_s
    for inside, _, names in os.walk(folder, topdown=False):
        for path in (*(Path(inside, name) for name in names), Path(inside)):
            with suppress(OSError):  # it has gone, is in use, or is a folder that is not empty
                if path == folder or path.lstat().st_ctime > before:
                    continue
                if path.is_dir():
                    path.rmdir()
                else:
                    path.unlink()


def forget_deleted_files(page: gr.Blocks) -> None:
    """Remove deleted files from Gradio's lists, which would otherwise grow forever."""
    for known in list(page.temp_file_sets):
        for path in known.copy():
            if not os.path.exists(path):
                known.discard(path)


def drop_closed_sessions(page: gr.Blocks, max_age_s: float) -> None:
    """Drop the sessions of visitors who left, but only after their photos have expired: a phone that goes to sleep
    seems to leave, and often returns."""
    for name, session in list(page.state_holder.session_data.items()):
        session.STATE_TTL_WHEN_CLOSED = max_age_s  # instead of an hour
        if session.is_closed and not _holds_a_photo(session):
            drop_session(page, name)


class VisitorSessions(StateHolder):
    """Gradio's sessions. When there are too many, the oldest without a photo is dropped first: every API call opens
    a session, and a few hundred of them would drop all visitors' photos."""

    def update(self, session_id: str) -> None:
        with self.lock:
            if session_id in self.session_data:
                self.session_data.move_to_end(session_id)
            while len(self.session_data) > self.capacity:
                others = [name for name in self.session_data if name != session_id]
                empty = (name for name in others if not _holds_a_photo(self.session_data[name]))
                evicted = next(empty, others[0])
                self.session_data.pop(evicted)
                self.time_last_used.pop(evicted, None)


def _holds_a_photo(session: SessionState) -> bool:
    return any(
        state.time_to_live < math.inf and value is not None and not expired
        for state, value, expired in session.state_components
    )
