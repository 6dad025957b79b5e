"""Files that appear whole or not at all, whatever happens while they are written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import DataError


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A place beside `path` to write to, which becomes `path` when the block ends well and goes away otherwise. It is
    this process's own, so that two that write one file leave one of the two."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.parent / f"{path.name}.{os.getpid()}.part"
    try:
        yield aside
        os.replace(aside, path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def write_whole(path: Path, data: bytes) -> None:
    """Raises OSError if it cannot be written."""
    with whole(path) as aside:
        aside.write_bytes(data)


def write_out(path: Path, data: bytes) -> None:
    """`write_whole` of a file that somebody named. Raises DataError if it cannot be written."""
    try:
        write_whole(path, data)
    except OSError as error:
        raise DataError(f"{path} cannot be written ({error.strerror}).") from None
