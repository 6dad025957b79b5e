"""Names for files that are written side by side."""

from __future__ import annotations

from pathlib import PurePosixPath


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
