"""Names of files: as they are told, and such as no two files share."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath


def told(path: Path) -> str:
    """The path as text that can be printed: what in it is no text at all is replaced."""
    return os.fsencode(path).decode(errors="replace")


class Names:
    """Names that no two files share, on systems without capitals neither: house.jpg, house-2.jpg."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def unique(self, name: str) -> str:
        path, found, count = PurePosixPath(name), name, 1
        while found.casefold() in self._taken:
            count += 1
            found = f"{path.stem}-{count}{path.suffix}"
        self._taken.add(found.casefold())
        return found
