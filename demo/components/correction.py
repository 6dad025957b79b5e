"""Correct a reading: a box that is dragged or typed is read at once, and can be saved with the true number."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from markupsafe import Markup

from svhn.boxes import expand
from svhn.data.save_corrections import MAX_DIGITS, Collection, Saved
from svhn.images import draw, preprocess
from svhn.images.decode import PhotoError, open_photo
from svhn.reading import Reading
from svhn.utils.errors import UserError

from ..config import READ_QUEUE, RETENTION
from ..render import images, text
from ..session import PhotoResult
from ..theme import html
from .inputs import PhotoInput, SentPhoto
from .stage import box_of, parse_box

HINT = (
    "Drag the green box on the photo, pull its corners, or use the arrow keys, with shift to resize it. The fields "
    "show its sides in pixels of your photo."
)
KEEPS = (
    "<b>Save for training</b> stores this photo, the box and the true number on the server of this page, so that "
    f"the reader can learn from them. Unless you save it, the photo is deleted after {RETENTION}."
)
SIDES = ("Left", "Top", "Right", "Bottom")
TO_SIDES = "value => value?.box ?? [null, null, null, null]"
TO_BOX = "(value, ...sides) => ({...value, box: sides})"


def build(stage: gr.HTML, photo: PhotoInput, collect: Path | None) -> list[gr.Number]:
    """Lay out the section below the result; return the fields of the box's sides. With a folder `collect`, photo,
    box and true number can be saved there. Raises DataError if it cannot be used."""
    with gr.Accordion("Not right? Correct it", open=False, elem_id="correct"):
        html(f'<p class="note">{HINT}</p>')
        with gr.Row(elem_id="sides"):
            sides = [gr.Number(label=side, precision=0, min_width=70) for side in SIDES]
        if collect:
            _collecting(Collection(collect), stage, photo)
    stage.change(None, stage, sides, js=TO_SIDES)
    return sides


def read_box(result: PhotoResult, sent: SentPhoto, sides: Any) -> Reading:
    """Read a box of the photo; the crop is kept also where there is no number in it. Raises PhotoError or BoxError."""
    photo = open_photo(sent.data)
    box = parse_box(photo, sides)
    (reading,) = result.pipeline.read_boxes(photo, [box])
    if reading.box is None:
        crop = preprocess.cut(photo, expand(np.array(box), preprocess.CROP_MARGIN))
        reading = replace(reading, crop=draw.shrink(crop, images.CROP_SIDE))
    return reading


def _collecting(collection: Collection, stage: gr.HTML, photo: PhotoInput) -> None:
    """Lay out what saving needs: a field, a button and a message, which are emptied for another photo."""
    html(f'<p class="note">{KEEPS}</p>')
    with gr.Row(elem_id="keep"):
        number = gr.Textbox(label="True number", max_length=MAX_DIGITS, min_width=170, elem_id="true-number")
        button = gr.Button("Save for training", variant="primary", min_width=170)
    message = html(elem_id="kept")

    def save(sent: SentPhoto | None, value: Any, digits: str) -> Markup:
        try:
            if sent is None:
                raise PhotoError(text.EXPIRED)
            picture = open_photo(sent.data)
            return thanks(collection.save(picture, parse_box(picture, box_of(value)), digits.strip()))
        except (PhotoError, UserError) as error:
            return _outcome("refused", str(error))

    quiet = {"api_visibility": "private", "show_progress": "hidden"}
    gr.on([button.click, number.submit], save, [photo, stage, number], message, **quiet, **READ_QUEUE)
    photo.change(None, None, [number, message], js="() => ['', '']")


def thanks(saved: Saved) -> Markup:
    """The message after saving a photo."""
    if saved.known:
        return _outcome("saved", "This photo had been saved before; it now has this box and this number. Thank you.")
    photos = "the first photo" if saved.photos == 1 else f"photo {saved.photos:,}"
    return _outcome("saved", f"Saved as {photos} of this collection. Thank you.")


def _outcome(state: str, sentence: str) -> Markup:
    return Markup('<p class="outcome {0}" data-state="{0}" role="status">{1}</p>').format(state, sentence)
