"""The image input of the page and of the API. (Gradio writes a .pyi beside it, which git ignores.)"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.data_classes import ImageData
from pydantic import Field, model_validator

from ..render import text

# For those who read the API; the endpoints say what the text holds, and the object is what gradio_client sends.
ONE_PHOTO = {"anyOf": [{"type": "string"}, {"type": "object"}]}


@dataclass(frozen=True)
class Sent:
    """A file as it was sent: its name, and its content."""

    name: str | None
    data: bytes


def refuse_address(path: str | Path | None) -> None:
    """Raises gr.Error for what Gradio would fetch from somewhere else."""
    if str(path).startswith(("http:", "https:")):
        raise gr.Error("Send the photo itself; addresses are not fetched.", print_exception=False)


class PhotoData(ImageData):
    """What a page or a program sends for a photo: Gradio's object, or in short a text, which is the path of an upload
    or a data: address. Gradio keeps what is dumped of it with the session, so the content is left out there."""

    url: str | None = Field(default=None, exclude=True)

    @model_validator(mode="before")
    @classmethod
    def from_text(cls, sent: Any) -> Any:
        if not isinstance(sent, str):
            return sent
        return {"url": sent} if sent.startswith("data:") else {"path": sent}


def inline(photo: PhotoData) -> Sent:
    """A photo whose content is in the request itself. Raises gr.Error, one sentence for the sender."""
    refuse_address(photo.url)
    head, _, content = (photo.url or "").partition(",")
    try:
        if head.startswith("data:") and head.endswith(";base64"):
            return Sent(photo.orig_name, base64.b64decode(content, validate=True))
    except binascii.Error:
        pass
    raise gr.Error("Send an uploaded file or a data: address with base64 content.", print_exception=False)


def uploaded(path: str, uploads: str) -> Path:
    """The path of a file in the folder of uploads; Gradio checks that too, but only in an object that says it is a
    file. Raises gr.Error, one sentence for the sender."""
    refuse_address(path)
    file = Path(path).resolve()
    if not file.is_relative_to(Path(uploads).resolve()):
        raise gr.Error("Upload the photo first; this path is no upload.", print_exception=False)
    if not file.is_file():
        raise gr.Error(text.FORGOTTEN, title="Forgotten", print_exception=False)
    return file


class PhotoInput(gr.Image):
    """An image input that hands over the file as it was sent, so that our bounds come before any decoding.

    Gradio's own would open it first, and answer a damaged one with a bare "Error". An address instead of
    a file is refused: the server fetches nothing for anybody.
    """

    data_model = PhotoData
    is_template = True  # shown by the frontend of gr.Image

    def preprocess(self, payload: PhotoData | None) -> Sent | None:
        if payload is None:
            return None
        if payload.path is None:
            return inline(payload)
        file = uploaded(payload.path, self.GRADIO_CACHE)
        return Sent(payload.orig_name or file.name, file.read_bytes())

    def api_info(self) -> dict[str, Any]:
        return ONE_PHOTO

    def example_payload(self) -> dict:
        """What the API's page shows; Gradio's own is an address, which is refused."""
        return {"path": "house.jpg", "url": "house.jpg", "meta": {"_type": "gradio.FileData"}}

    def example_value(self) -> str:
        return "house.jpg"

    async def async_move_resource_to_block_cache(self, url_or_file_path: str | Path | None) -> str | None:
        refuse_address(url_or_file_path)
        return await super().async_move_resource_to_block_cache(url_or_file_path)


def photo_input(elem_id: str) -> PhotoInput:
    """One that takes a photo from the disk, the camera or the clipboard."""
    return PhotoInput(
        label="Your photo",
        sources=["upload", "webcam", "clipboard"],
        webcam_options=gr.WebcamOptions(mirror=False),
        placeholder="# Drop a photo here\nor click to choose one",
        type="filepath",
        buttons=["fullscreen"],
        elem_id=elem_id,
        elem_classes="photo",
    )
