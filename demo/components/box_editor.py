"""A photo with a box that a person drags, resizes by its corners, or moves with the arrow keys."""

from __future__ import annotations

from typing import Any

import gradio as gr
import numpy as np
from gradio.processing_utils import save_bytes_to_cache

from svhn import boxes as bx
from svhn import draw
from svhn.utils.errors import UserError

from ..config import STATIC
from ..theme import html

BEHAVIOUR = (STATIC / "js" / "box_editor.js").read_text(encoding="utf-8")
TEMPLATE = """${value ? `<div class="stage" style="--shape: ${width / height}; --left: ${value[0] / width};
--top: ${value[1] / height}; --right: ${value[2] / width}; --bottom: ${value[3] / height}">
<div class="frame"><img src="${picture.url}" alt="Your photo" draggable="false"><i></i></div>
<div class="box" tabindex="0" role="application" aria-roledescription="box"
 aria-label="The box around the number. Arrow keys move it, with shift they resize it.">
<b data-sides="left top"></b><b data-sides="right top"></b>
<b data-sides="left bottom"></b><b data-sides="right bottom"></b></div></div>` : ""}"""


class BoxError(UserError):
    """No box to read; the message is one sentence for the person who drew it."""


def box_editor(**options: Any) -> gr.HTML:
    """Its value is the box [left, top, right, bottom] in whole pixels of the photo, None before there is one.

    `release` comes when a person has let go of the box; `change` while it moves.
    """
    return html(
        html_template=TEMPLATE, js_on_load=BEHAVIOUR, picture={"url": ""}, width=1, height=1, **options
    )  # picture, width and height are what `showing` updates


def show_photo(editor: gr.HTML, photo: np.ndarray, box: bx.Box | None) -> dict[str, Any]:
    """The update that shows RGB uint8 (h, w, 3) with the box, or with one in its middle."""
    height, width = photo.shape[:2]
    if box is None:
        box = width * 0.3, height * 0.35, width * 0.7, height * 0.65
    path = save_bytes_to_cache(draw.jpeg(draw.annotate(photo, None, None)), "photo.jpg", editor.GRADIO_CACHE)
    return gr.update(
        value=[round(float(side)) for side in bx.clip(box, width, height)],
        picture={"path": path, "meta": {"_type": "gradio.FileData"}},  # Gradio adds its address
        width=width,
        height=height,
    )


def parse_box(photo: np.ndarray, sides: Any) -> bx.Box:
    """What came from the page -> the box, cut to the photo (h, w, 3). Raises BoxError."""
    try:
        box = np.array(sides, dtype=np.float64)
    except (TypeError, ValueError):
        box = np.empty(0)
    if box.shape != (4,) or not np.isfinite(box).all():
        raise BoxError("A box has four sides, each of them a number of pixels; please fill them all in.")
    if box[2] <= box[0] or box[3] <= box[1]:
        raise BoxError("This box is empty: right must be more than left, and bottom more than top.")
    height, width = photo.shape[:2]
    box = bx.clip(box, width, height)
    if (box[2:] - box[:2] < 1).any():
        raise BoxError(f"This box lies outside the photo, which is {width} pixels wide and {height} high.")
    return tuple(map(float, box))
