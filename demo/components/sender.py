"""Buttons to choose or take a photo; also receives what is dropped or pasted while their tab is open."""

from __future__ import annotations

from typing import Any

import gradio as gr

from svhn.images.decode import MAX_BYTES

from ..config import script
from ..render.templating import macro
from ..theme import html

SEND = script("send.js")
# JavaScript, after send.js: a photo that comes to the page while this tab is open.
TAKE = "document.addEventListener('photo', event => { if (element.offsetParent) send(event.detail); });"
# JavaScript: the value of what has sent a photo -> the photo. One that is sent again, perhaps because the page was
# busy, is a change, too.
SENT_FILE = "value => ({...value.file, url: `${value.file.url}#${Date.now()}`})"


def photo_sender(**options: Any) -> gr.HTML:
    """Its value is {"file": the uploaded file}; its event `sent` fires when a photo has been uploaded."""
    template = macro("send", "sender")
    return html(
        html_template=template,
        js_on_load=SEND + TAKE,
        bytes=MAX_BYTES,
        value={"file": None},
        waits="",
        failed="",
        **options,
    )
