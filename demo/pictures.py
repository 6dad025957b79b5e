"""Small pictures of the page, such as thumbnails, kept once under addresses that name their content."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

PREFIX = "pictures/"  # of their addresses, relative to the page's
KINDS = {"jpg": "image/jpeg", "svg": "image/svg+xml"}


@dataclass(frozen=True)
class Picture:
    """A file and its media type."""

    data: bytes
    kind: str


class Pictures:
    """What the page serves besides itself; anybody may ask for it."""

    def __init__(self) -> None:
        self._by_address: dict[str, Picture] = {}

    def publish(self, data: bytes, suffix: str) -> str:
        """The address of a file, "jpg" or "svg", from now on; the same content has the same address."""
        address = f"{PREFIX}{hashlib.sha256(data).hexdigest()[:16]}.{suffix}"
        self._by_address[address] = Picture(data, KINDS[suffix])
        return address

    def find(self, address: str) -> Picture | None:
        return self._by_address.get(address)


PICTURES = Pictures()  # of this process
