"""The image input of the page and of the API. (Gradio writes a .pyi beside it, which git ignores.)"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from pathlib import Path

import gradio as gr
from gradio.data_classes import ImageData


@dataclass(frozen=True)
class Sent:
    """A file as it was sent: its name, and its content."""

    name: str | None
    data: bytes


def refuse_address(path: str | Path | None) -> None:
    """Raises gr.Error for what Gradio would fetch from somewhere else."""
    if str(path).startswith(("http:", "https:")):
        raise gr.Error("Send the photo itself; addresses are not fetched.", print_exception=False)


class PhotoInput(gr.Image):
    """An image input that hands over the file as it was sent, so that our bounds come before any decoding.

    Gradio's own would open it first, and answer a damaged one with a bare "Error". An address instead of
    a file is refused: the server fetches nothing for anybody.
    """

    is_template = True  # shown by the frontend of gr.Image

    def preprocess(self, payload: ImageData | None) -> Sent | None:
        if payload is None:
            return None
        if payload.path:
            return Sent(payload.orig_name, self._uploaded(payload.path).read_bytes())
        head, _, content = (payload.url or "").partition(",")
        try:
            if head.startswith("data:") and head.endswith(";base64"):
                return Sent(payload.orig_name, base64.b64decode(content, validate=True))
        except binascii.Error:
            pass
        raise gr.Error("Send an uploaded file or a data: address with base64 content.", print_exception=False)

    def _uploaded(self, path: str) -> Path:
        """The path of an upload; Gradio checks it too, but only in a payload that says it is a file."""
        file = Path(path).resolve()
        if not (file.is_file() and file.is_relative_to(Path(self.GRADIO_CACHE).resolve())):
            raise gr.Error("Upload the photo first; this path is no upload.", print_exception=False)
        return file

    def example_payload(self) -> dict:
        """What the API's page shows; Gradio's own is an address, which is refused."""
        return {"path": "house.jpg", "url": "house.jpg", "meta": {"_type": "gradio.FileData"}}

    def example_value(self) -> str:
        return "house.jpg"

    async def async_move_resource_to_block_cache(self, url_or_file_path: str | Path | None) -> str | None:
        refuse_address(url_or_file_path)
        return await super().async_move_resource_to_block_cache(url_or_file_path)
