"""The public link of --share, also as a QR code."""

from __future__ import annotations

import io
from dataclasses import dataclass

import segno
from markupsafe import Markup

from ..render.templating import render


@dataclass
class ShareLink:
    """The link, once it exists; the page asks for it whenever it is opened."""

    address: str | None = None

    def panel(self) -> Markup:
        """The link and its QR code as HTML; nothing without a link."""
        if self.address is None:
            return Markup()
        code = segno.make(self.address, error="m").svg_inline(omitsize=True, border=2, dark="#1d447f", light="#ffffff")
        return render("public_link", address=self.address, code=Markup(code))


def terminal_code(address: str) -> str:
    """The QR code of an address as text for a terminal."""
    shown = io.StringIO()
    segno.make(address, error="l").terminal(shown, border=2, compact=True)
    return shown.getvalue().rstrip("\n")
