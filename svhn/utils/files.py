"""Atomic writes, so that files appear complete or not at all; files of tensors; file names."""

from __future__ import annotations

import glob
import os
import re
import shutil
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any

from .errors import DataError

if TYPE_CHECKING:
    import torch

LOAD_ERRORS = (  # raised by `load_tensors`, and by looking up what the content lacks
    RuntimeError,
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    EOFError,
    OSError,
    UnpicklingError,
    struct.error,
)


@contextmanager
def working_folder(parent: Path, prefix: str) -> Iterator[Path]:
    """A temporary folder in `parent` that is deleted at the end. Those left by killed processes are deleted at the
    start."""
    for left in parent.glob(f"{glob.escape(prefix)}[0-9]*-*"):
        if not _is_alive(int(re.match(r"\d+", left.name.removeprefix(prefix))[0])):
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=parent, prefix=f"{prefix}{os.getpid()}-") as folder:
        yield Path(folder)


def _is_alive(process: int) -> bool:
    if os.name != "posix":
        return True  # elsewhere signal 0 would end it
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True  # another user's
    return True


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path next to `path` to write to. It becomes `path` when the block succeeds, and is deleted
    otherwise. Its name contains the process's id, so that of two processes writing the same file one wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / f"{path.name}.{os.getpid()}.part"
    try:
        yield temporary
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_atomic(path: Path, data: bytes) -> None:
    """Raises OSError if it cannot be written."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def write_output(path: Path, data: bytes) -> None:
    """`write_atomic` for a path that a person chose. Raises DataError if it cannot be written."""
    try:
        write_atomic(path, data)
    except OSError as error:
        raise DataError(f"{path} cannot be written ({error.strerror}).") from None


def save_tensors(path: Path, content: dict[str, Any]) -> None:
    """torch.save, atomically. Raises OSError or RuntimeError if it cannot be written; an earlier file is then kept."""
    import torch

    with atomic_path(path) as temporary:
        torch.save(content, temporary)


def load_tensors(path: Path, device: torch.device | str = "cpu", mapped: bool = False) -> Any:
    """Load what `save_tensors` saved, without running code from the file. mapped: leave tensors in the file until they
    are used. Raises one of `LOAD_ERRORS`."""
    import torch

    return torch.load(path, map_location=device, weights_only=True, mmap=mapped)


def describe_load_error(error: Exception) -> str:
    """A few words on what is wrong with a file of tensors."""
    if isinstance(error, UnpicklingError):  # its own text explains how to load the file unsafely
        return "it is not PyTorch's, or damaged"
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(":")


def printable(path: Path) -> str:
    """The path as printable text: bytes that cannot be decoded are replaced."""
    return os.fsencode(path).decode(errors="replace")


class UniqueNames:
    """Hands out file names that differ even where capitals do not count: house.jpg, house-2.jpg."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def unique(self, name: str) -> str:
        path, found, count = PurePosixPath(name), name, 1
        while found.casefold() in self._taken:
            count += 1
            found = f"{path.stem}-{count}{path.suffix}"
        self._taken.add(found.casefold())
        return found
