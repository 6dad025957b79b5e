"""Deletes what visitors sent and got, some minutes later.

Gradio's own `delete_cache` ends for good, and tells nobody, as soon as a file comes while it goes through its list;
and a broken-off upload is in no list at all. So here the folder is swept, whatever it is that lies in it.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import gradio as gr

Lifespan = Callable[[Any], AbstractAsyncContextManager[None]]


def lifespan(every_s: float, kept_s: float) -> Lifespan:
    """For the server's `lifespan`: every so often, what is older goes; in the end, all that the page knows of.

    Only a folder that is this page's own is swept: the one that GRADIO_TEMP_DIR names.
    """

    @asynccontextmanager
    async def clean(app: Any) -> AsyncIterator[None]:
        page, folder = app.get_blocks(), os.environ.get("GRADIO_TEMP_DIR")

        async def keep_clean() -> None:
            while True:
                await asyncio.sleep(every_s)
                if folder:
                    await asyncio.to_thread(sweep, Path(folder), kept_s)
                forget(page)

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


def sweep(folder: Path, kept_s: float) -> None:
    """Deletes every file below the folder that has lain there unchanged for so long, and then empty folders."""
    before = time.time() - kept_s
    for inside, _, names in os.walk(folder, topdown=False):
        for path in (*(Path(inside, name) for name in names), Path(inside)):
            with suppress(OSError):  # it has gone, is in use, or is a folder that is not empty
                if path == folder or path.lstat().st_ctime > before:
                    continue
                if path.is_dir():
                    path.rmdir()
                else:
                    path.unlink()


def forget(page: gr.Blocks) -> None:
    """Takes files that are gone off Gradio's lists, which would grow for ever."""
    for known in list(page.temp_file_sets):
        for path in known.copy():
            if not os.path.exists(path):
                known.discard(path)
