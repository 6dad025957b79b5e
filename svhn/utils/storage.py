"""Folders on the disk or in any storage that fsspec opens, such as s3://bucket/2026."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, TypeVar

from fsspec import AbstractFileSystem
from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from .errors import DataError, UserError
from .files import atomic_path, write_atomic

Item, Result = TypeVar("Item"), TypeVar("Result")
AHEAD = 8  # calls made before their results are needed; a request to a storage takes about as long as reading a photo


@dataclass(frozen=True)
class Place:
    """A folder, or a file, and the storage that holds it. Whatever cannot be read or written raises OSError."""

    fs: AbstractFileSystem
    path: str

    @staticmethod
    def at(url: str) -> Place:
        """Raises DataError for a storage that fsspec does not know, or lacks the package for."""
        try:
            return Place(*url_to_fs(url))
        except (ValueError, ImportError, OSError) as error:
            raise DataError(f"{url} cannot be opened ({error}).") from None

    @property
    def url(self) -> str:
        return self.fs.unstrip_protocol(self.path)

    def __truediv__(self, name: str) -> str:
        return f"{self.path.rstrip('/')}/{name}"

    def read(self, name: str, start: int | None = None, end: int | None = None) -> bytes:
        """The bytes from start to end of a file of this folder."""
        with storage_errors():
            return self.fs.cat_file(self / name, start=start, end=end)

    def names(self, folder: str) -> set[str]:
        """The names of what is in a folder of this folder; none if it does not exist."""
        self.fs.invalidate_cache()
        try:
            with storage_errors():
                return {PurePosixPath(path).name for path in self.fs.ls(self / folder, detail=False)}
        except FileNotFoundError:
            return set()

    def write(self, name: str, data: bytes) -> None:
        """Write a file, which appears when it is complete."""
        if isinstance(self.fs, LocalFileSystem):
            write_atomic(Path(self / name), data)
        else:
            with storage_errors():
                self.fs.pipe_file(self / name, data)

    @contextmanager
    def writing(self, name: str) -> Iterator[BinaryIO]:
        """A large file that appears when the block succeeds; otherwise an earlier one is kept."""
        if isinstance(self.fs, LocalFileSystem):
            with atomic_path(Path(self / name)) as temporary, temporary.open("wb") as file:
                yield file
        else:  # elsewhere a file appears when it is complete, and within a transaction not after an error
            with storage_errors(), self.fs.transaction, self.fs.open(self / name, "wb") as file:
                yield file

    def delete(self, folder: str) -> None:
        """Delete a folder of this folder, if it exists."""
        with storage_errors(), suppress(FileNotFoundError):
            self.fs.rm(self / folder, recursive=True)

    def delete_leftovers(self, *folders: str) -> None:
        """Delete what killed processes left of files that they were writing, in folders given as patterns."""
        if isinstance(self.fs, LocalFileSystem):
            for folder in folders:
                for path in Path(self.path).glob(f"{folder}/*.part"):
                    path.unlink(missing_ok=True)


@contextmanager
def storage_errors() -> Iterator[None]:
    """Raise OSError for what a storage raises, since every kind has errors of its own."""
    try:
        yield
    except (OSError, UserError):
        raise
    except Exception as error:
        raise OSError(reason(error)) from error


def ahead(function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Future[Result]]:
    """function(item) for every item, in order, called by threads a little before it is needed."""
    with ThreadPoolExecutor(AHEAD) as pool:
        waiting: deque[Future[Result]] = deque()
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) > AHEAD:
                yield waiting.popleft()
        yield from waiting


def reason(error: Exception) -> str:
    """One line on what is wrong."""
    text = getattr(error, "strerror", None) or str(error).strip() or type(error).__name__
    return text.splitlines()[0].rstrip(".").encode(errors="replace").decode()  # without halves of characters
