"""The stage: one large photo with its boxes, of which the green one can be moved, and controls to send another
photo."""

from __future__ import annotations

from typing import Any

import gradio as gr
import numpy as np
from gradio.processing_utils import save_bytes_to_cache

from svhn import boxes as bx
from svhn.boxes import Box
from svhn.images import draw
from svhn.images.decode import MAX_BYTES
from svhn.reading import Reading
from svhn.utils.errors import UserError

from ..config import script
from ..render import text
from ..render.certainty import closest_guess
from ..render.templating import render
from ..session import PhotoResult
from ..theme import html
from .sender import SEND

BEHAVIOUR = SEND + script("stage.js")
FORMATS = "JPEG, PNG, WebP and others"
GUESS = -1  # the index of the closest guess, where no number was found; shown with the others, as a dashed box
EMPTY: dict[str, Any] = {
    "value": {"box": None, "file": None},
    "picture": {"url": ""},
    "waits": "",  # HTML: what is being read, if it was sent from here
    "failed": "",  # HTML: why nothing was sent
    "coming": "",  # the address of the photo that is read, in the browser
    "width": 1,
    "height": 1,
    "alt": "",
    "label": "",
    "legend": "",
    "digits": [],
    "others": [],
    "truth": False,  # or a box; Gradio's page keeps the last one where None is sent
    "undo": "",  # the words of the button that does so
    "draws": False,
    "view": "photo",
    "overlays": {},
}


class BoxError(UserError):
    """No box to read; the message is one sentence for the person who drew it."""


def photo_stage(**options: Any) -> gr.HTML:
    """Its value is {"box": [left, top, right, bottom] in whole pixels of the photo or None, "file": the uploaded file}.

    Events: `sent` when a photo has been uploaded; `change` while the box moves and `corrected` when it is released;
    `undo`; `pick` another number, with its index, or `GUESS`; `explain` when the heat map is first requested.
    """
    template = render("stage", formats=FORMATS, megabytes=MAX_BYTES >> 20)
    return html(html_template=template, js_on_load=BEHAVIOUR, bytes=MAX_BYTES, **EMPTY, **options)


def clear() -> dict[str, Any]:
    """The update that empties the stage."""
    return gr.update(**EMPTY)


def show(stage: gr.HTML, photo: np.ndarray, result: PhotoResult, reading: Reading) -> dict[str, Any]:
    """The update that shows RGB uint8 (h, w, 3) with the boxes of a result; the box of `reading` can be moved."""
    height, width = photo.shape[:2]
    path = save_bytes_to_cache(draw.jpeg(draw.annotate(photo, None, None)), "photo.jpg", stage.GRADIO_CACHE)
    picture = {"path": path, "meta": {"_type": "gradio.FileData"}}  # Gradio adds its address
    return gr.update(width=width, height=height, picture=picture, waits="", failed="", coming="") | show_reading(
        result, reading, (width, height)
    )


def show_reading(result: PhotoResult, reading: Reading, size: tuple[int, int]) -> dict[str, Any]:
    """The update that selects one of the numbers of the photo on the stage, of that width and height."""
    others = [(i, other) for i, other in enumerate(result.readings) if other is not reading and other.box]
    truth, guess = result.truth.box if result.truth else None, closest_guess(reading)
    marks = [(i, other.label, other.box) for i, other in others]
    if guess is not None:
        marks.append((GUESS, f"{guess.number}?", guess.box))
    return gr.update(
        value={"box": _whole(reading.box, size), "file": None},
        alt=text.alt_text(reading, [other for _, other in others], truth is not None),
        others=[{"index": i, "label": label, "box": _whole(box, size)} for i, label, box in marks],
        truth=_whole(truth, size) or False,
        legend=_legend(result, reading, True),
        undo=_undo(result, reading),
        draws=False,
        view="photo",
        **_of(reading),
    )


def show_corrected(result: PhotoResult, reading: Reading) -> dict[str, Any]:
    """The update after a corrected box was read; the box stays where it is."""
    return gr.update(undo=_undo(result, reading), legend=_legend(result, reading, False), view="photo", **_of(reading))


def _legend(result: PhotoResult, reading: Reading, found: bool) -> str:
    """`found` is whether the green box, if there is one, was found and not drawn by a person."""
    name = "Your box" if not found else "Found" if reading in result.readings else "Closest guess"
    true, boxes = result.truth and result.truth.box, sum(each.box is not None for each in result.readings)
    green = not found or reading.box is not None
    return text.legend(green, true is not None, boxes > (result.reading.box is not None), name)


def _undo(result: PhotoResult, reading: Reading) -> str:
    """What there is to return to: the box of the first number, if there is one."""
    if reading in result.readings:
        return ""
    return "Remove the box" if result.reading.box is None else "Back to the found box"


def _of(reading: Reading) -> dict[str, Any]:
    return {"label": reading.label if reading.box else "?", "digits": list(reading.number or ""), "overlays": {}}


def _whole(box: Box | None, size: tuple[int, int]) -> list[int] | None:
    return None if box is None else [round(float(side)) for side in bx.clip(box, *size)]


def parse_box(photo: np.ndarray, sides: Any) -> Box:
    """The value from the page -> the box, clipped to the photo (h, w, 3). Raises BoxError."""
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


def box_of(value: Any) -> Any:
    """The box in a stage's value; programs may have sent any value."""
    return value.get("box") if isinstance(value, dict) else None
