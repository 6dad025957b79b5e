"""What programs call: `/read` and `/read_batch`. With the mcp package they are tools for assistants, too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from svhn.images import PhotoError
from svhn.pipeline import Pipeline

from ..batch import read_batch
from ..components.batch_input import BatchInput
from ..components.inputs import PhotoInput, Sent
from ..components.photos_input import Upload
from ..config import BATCHES, READS
from ..ground_truth import Truths
from ..server import cleanup
from ..session import answer

MOST = 50  # photos in a call of /read_batch


def build(page: gr.Blocks, pipeline: Pipeline, truths: Truths) -> None:
    """Adds both to the page; their parts are not shown. Gradio gives every call a session of its own,
    which nobody needs; it is dropped at once, or calls would take the places of visitors, whose number is bounded."""
    with gr.Row(visible=False):
        photo = PhotoInput(type="filepath", label="photo")
        reading = gr.JSON(label="reading")
        picture = gr.Image(format="jpeg", label="picture")
        gr.Button("read").click(_reader(page, pipeline, truths), photo, [reading, picture], api_name="read", **READS)
        photos = BatchInput(file_count="multiple", label="photos")
        readings = gr.JSON(label="readings")
        gr.Button("read_batch").click(_batch_reader(page, pipeline), photos, readings, api_name="read_batch", **BATCHES)


def _reader(page: gr.Blocks, pipeline: Pipeline, truths: Truths) -> Callable[..., tuple[dict, Any]]:
    def read(photo: Sent | None, request: gr.Request) -> tuple[dict, Any]:
        """Reads the house number in a photo.

        Gives the object that `python -m svhn read --json` prints (file, number, confidence, box,
        digit_probs, length_probs, ms; or file and error), and the photo with the found box drawn.

        Args:
            photo: the path that /gradio_api/upload answers with, or a data: address with base64 content
        """
        cleanup.drop(page, request.session_hash)
        if photo is None:
            return {"file": None, "error": "There is no photo in the request."}, None
        try:
            found, picture = answer(pipeline, truths, photo.data)
        except PhotoError as error:
            return {"file": photo.name, "error": str(error)}, None
        return found.reading.to_json(photo.name), picture

    return read


def _batch_reader(page: gr.Blocks, pipeline: Pipeline) -> Callable[..., list[dict]]:
    def read_many(photos: list[Upload | Sent], request: gr.Request) -> list[dict]:
        """Reads the house numbers in up to 50 photos, one number a photo.

        Gives a list of the objects that `read` gives, in the order of the photos. A file that cannot be
        read has only file and error there; the rest are read.

        Args:
            photos: a list of paths that /gradio_api/upload answers with, or of data: addresses with base64 content
        """
        cleanup.drop(page, request.session_hash)
        if len(photos) > MOST:
            sentence = f"These are {len(photos)} photos; please send at most {MOST} at a time."
            raise gr.Error(sentence, print_exception=False)
        return [row.to_json() for row in read_batch(pipeline, photos)]

    read_many.__name__ = "read_batch"  # the tool's
    return read_many
