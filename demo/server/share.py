"""The public link of --share, and the same as a QR code for a phone's camera."""

from __future__ import annotations

import io
from dataclasses import dataclass

import segno
from markupsafe import Markup

from ..render.templating import render


@dataclass
class ShareLink:
    """The link, once there is one; the page asks for it each time that somebody opens it."""

    address: str | None = None

    def panel(self) -> Markup:
        """The link and its QR code as HTML; nothing without a link."""
        if self.address is None:
            return Markup()
        code = segno.make(self.address, error="m").svg_inline(scale=4, border=2, dark="#1d447f", light="#ffffff")
        return render("share", address=self.address, code=Markup(code))


def terminal_code(address: str) -> str:
    """The QR code of an address in characters that a terminal shows."""
    shown = io.StringIO()
    segno.make(address, error="l").terminal(shown, border=2, compact=True)
    return shown.getvalue().rstrip("\n")
