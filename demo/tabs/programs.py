"""For programs: the endpoints, and how to call them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from svhn.photos import PhotoError
from svhn.pipeline import Pipeline

from ..answer import answer
from ..parts import READS
from ..photo_input import PhotoInput, Sent
from ..truth import Truths


def build(pipeline: Pipeline, truths: Truths) -> None:
    """Lays the tab out."""
    _endpoint(_reader(pipeline, truths))


def _reader(pipeline: Pipeline, truths: Truths) -> Callable[[Sent | None], tuple[dict, Any]]:
    def read(photo: Sent | None) -> tuple[dict, Any]:
        """Reads the house number in a photo.

        Gives the object that `python -m svhn read --json` prints (file, number, confidence, box,
        digit_probs, length_probs, ms; or file and error), and the photo with the found box drawn.
        """
        if photo is None:
            return {"file": None, "error": "There is no photo in the request."}, None
        try:
            said = answer(pipeline, truths, photo.data)
        except PhotoError as error:
            return {"file": photo.name, "error": str(error)}, None
        return said.reading.to_json(photo.name), said.picture

    return read


def _endpoint(read: Callable) -> None:
    """`/read` for programs; its parts are not on the page."""
    with gr.Row(visible=False):
        photo = PhotoInput(type="filepath", label="photo")
        result = gr.JSON(label="reading")
        picture = gr.Image(format="jpeg", label="picture")
        gr.Button("read").click(
            read,
            photo,
            [result, picture],
            api_name="read",
            **READS,
        )
