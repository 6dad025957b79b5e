"""Correct it: another box, drawn or typed, is read at once; with the true number it can be kept for training."""

from __future__ import annotations

from html import escape
from pathlib import Path

import gradio as gr
import numpy as np

from svhn.data.corrections import MAX_DIGITS, Collection, Saved
from svhn.images import PhotoError, open_photo
from svhn.reading import Reading
from svhn.utils.errors import UserError

from ..components.box_editor import box_editor, parse_box, show_photo
from ..components.inputs import PhotoInput, SentPhoto
from ..config import READ_QUEUE, RETENTION, RETENTION_S
from ..render import text
from ..session import PhotoResult, belongs_to
from ..theme import html

HINT = (
    "Put the box around the number: drag it, pull its corners, or use the arrow keys, with shift to resize it. The "
    "fields say where its sides are, in pixels of your photo."
)
KEEPS = (
    "<b>Save for training</b> keeps this photo, the box and the true number on the machine that serves this page, so "
    f"that the reader can learn from them. Unless you save it, the photo is deleted after {RETENTION}."
)
SIDES = ("Left", "Top", "Right", "Bottom")
HIDE = "() => ({__type__: 'update', visible: false, open: false})"
TO_SIDES = "box => box || [null, null, null, null]"
TO_BOX = "(...sides) => [sides]"


def build(photo: PhotoInput, result: gr.State, shown: gr.State, threshold: gr.Slider, collect: Path | None) -> None:
    """Lays the section out below the result. `result` holds the `PhotoResult` of the photo, `shown` the `Reading` among
    them that the visitor looks at, or None; `threshold` decides what is unsure.

    With a folder to `collect` in, photo, box and true number can be saved there. Raises DataError if it cannot be used.
    """
    quiet = {"api_visibility": "private", "show_progress": "hidden", "trigger_mode": "always_last"}
    with gr.Accordion("Not right? Correct it", open=False, visible=False, elem_id="correct") as section:
        html(f'<p class="note">{HINT}</p>')
        editor = box_editor(elem_id="box")
        with gr.Row(elem_id="sides"):
            sides = [gr.Number(label=side, precision=0, min_width=70) for side in SIDES]
        outcome = html(elem_id="outcome")
        box_reading = gr.State(None, time_to_live=RETENTION_S)  # the `Reading` that the outcome tells
        kept = _collecting(Collection(collect), photo, editor) if collect else []

    def follow(sent: SentPhoto | None, result: PhotoResult | None, reading: Reading | None) -> list:
        return [gr.update(visible=reading is not None and belongs_to(sent, result), open=False), None]

    def start(sent: SentPhoto | None, reading: Reading | None, box: list | None) -> list:
        if box:  # opened before: the visitor's own box stays
            return gr.skip()
        try:
            picture = _open(sent)
        except PhotoError as error:
            return [None, refusal(str(error)), None, *([""] * len(kept))]
        return [show_photo(editor, picture, None if reading is None else reading.box), "", None, *([""] * len(kept))]

    def read_box(
        sent: SentPhoto | None, result: PhotoResult | None, box: list | None, unsure_below: float
    ) -> tuple[str, Reading | None]:
        if result is None:
            return refusal(text.FORGOTTEN), None
        try:
            picture = _open(sent)
            (reading,) = result.pipeline.read_boxes(picture, [parse_box(picture, box)])
        except (PhotoError, UserError) as error:
            return refusal(str(error)), None
        return describe_reading(reading, unsure_below), reading

    def decide(reading: Reading | None, unsure_below: float) -> str | dict:
        return gr.skip() if reading is None else describe_reading(reading, unsure_below)

    # The section goes at once with its photo, in the browser, and comes back closed when the next one was read.
    photo.change(None, None, section, js=HIDE)
    # Another number of the same photo closes it as well, since the box in it goes.
    shown.change(follow, [photo, result, shown], [section, editor], queue=False, **quiet)
    section.expand(start, [photo, shown, editor], [editor, outcome, box_reading, *kept], **quiet, **READ_QUEUE)
    editor.change(None, editor, sides, js=TO_SIDES)
    reads = {"fn": read_box, "inputs": [photo, result, editor, threshold], "outputs": [outcome, box_reading]}
    editor.release(**reads, **quiet, **READ_QUEUE)
    typed = gr.on([side.input for side in sides], None, sides, editor, js=TO_BOX)
    typed.then(**reads, **quiet, **READ_QUEUE)
    threshold.change(decide, [box_reading, threshold], outcome, queue=False, **quiet)


def _collecting(collection: Collection, photo: PhotoInput, editor: gr.HTML) -> list[gr.Textbox | gr.HTML]:
    """Lays out what saving needs; gives the field and the message, which are emptied for another photo."""
    html(f'<p class="note">{KEEPS}</p>')
    with gr.Row(elem_id="keep"):
        number = gr.Textbox(label="True number", max_length=MAX_DIGITS, min_width=170, elem_id="true-number")
        button = gr.Button("Save for training", variant="primary", min_width=170)
    message = html(elem_id="kept")

    def save(sent: SentPhoto | None, box: list | None, digits: str) -> str:
        try:
            picture = _open(sent)
            return describe_saved(collection.save(picture, parse_box(picture, box), digits.strip()))
        except (PhotoError, UserError) as error:
            return refusal(str(error))

    gr.on(
        [button.click, number.submit],
        save,
        [photo, editor, number],
        message,
        api_visibility="private",
        show_progress="hidden",
        **READ_QUEUE,
    )
    return [number, message]


def _open(sent: SentPhoto | None) -> np.ndarray:
    if sent is None:
        raise PhotoError(text.FORGOTTEN)
    return open_photo(sent.data)


def describe_reading(reading: Reading, unsure_below: float) -> str:
    """What was read in the box."""
    if reading.too_long:
        return _status("none", "More than five digits in this box; the reader knows numbers of up to five.")
    if reading.number is None:
        return _status("none", "No number in this box, as far as the reader can see.")
    unsure = reading.confidence < unsure_below
    sureness = "Unsure" if unsure else text.confidence_phrase(reading.confidence)
    sentence = f"{sureness}: {text.percent(reading.confidence)} confidence"
    return _status("unsure" if unsure else "sure", sentence, f"<b>{reading.number}</b>")


def describe_saved(saved: Saved) -> str:
    """What became of a photo that was to be saved."""
    if saved.known:
        return _status("saved", "This photo had been saved before; it now has this box and this number. Thank you.")
    photos = "the first photo" if saved.photos == 1 else f"photo {saved.photos:,}"
    return _status("saved", f"Saved as {photos} of this collection. Thank you.")


def refusal(sentence: str) -> str:
    """Why nothing was read or saved."""
    return _status("refused", sentence)


def _status(state: str, sentence: str, plate: str = "") -> str:
    return f'<p class="outcome {state}" data-state="{state}" role="status">{plate}<span>{escape(sentence)}</span></p>'
