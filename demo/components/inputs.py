"""Gradio inputs with our own limits: photos, lists of photos, choices, a threshold. (Gradio writes a .pyi next to
this file, which git ignores.)"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.data_classes import GradioRootModel, ImageData, ListFiles
from pydantic import Field, model_validator

from svhn.images.decode import MAX_BYTES, PhotoError

from ..render import text

# For those who read the API; the endpoints say what the text holds, and the object is what gradio_client sends.
PHOTO_SCHEMA = {"anyOf": [{"type": "string"}, {"type": "object"}]}
TOO_LARGE_MARK = b"House-number reader: left in the browser, too large: "  # and its size; see static/js/batch.js


@dataclass(frozen=True)
class SentPhoto:
    """The name and the content of a file as it was sent."""

    name: str | None
    data: bytes


def refuse_url(path: str | Path | None) -> None:
    """Raises gr.Error for a URL, which Gradio would fetch."""
    if str(path).startswith(("http:", "https:")):
        raise gr.Error("Send the photo itself; URLs are not fetched.", print_exception=False)


class PhotoData(ImageData):
    """A photo as a page or a program sends it: Gradio's object or, for short, a string: the path of an upload, or a
    data: URL. Gradio stores the dumped object with the session, so the content is excluded from it."""

    url: str | None = Field(default=None, exclude=True)

    @model_validator(mode="before")
    @classmethod
    def from_text(cls, sent: Any) -> Any:
        if not isinstance(sent, str):
            return sent
        return {"url": sent} if sent.startswith("data:") else {"path": sent}


def decode_inline(photo: PhotoData) -> SentPhoto:
    """A photo whose content is in the request itself. Raises gr.Error, with one sentence for the sender."""
    refuse_url(photo.url)
    head, _, content = (photo.url or "").partition(",")
    try:
        if head.startswith("data:") and head.endswith(";base64"):
            return SentPhoto(photo.orig_name, base64.b64decode(content, validate=True))
    except binascii.Error:
        pass
    raise gr.Error("Send an uploaded file or a data: URL with base64 content.", print_exception=False)


def resolve_upload(path: str, uploads: str) -> Path:
    """The path of a file in the folder of uploads. Gradio checks this too, but only for objects that declare
    themselves files. Raises gr.Error, with one sentence for the sender."""
    refuse_url(path)
    file = Path(path).resolve()
    if not file.is_relative_to(Path(uploads).resolve()):
        raise gr.Error("Upload the photo first; this path is not an upload.", print_exception=False)
    if not file.is_file():
        raise gr.Error(text.EXPIRED, title="Expired", print_exception=False)
    return file


class PhotoInput(gr.Image):
    """An image input that returns the file as it was sent, so that our limits apply before any decoding.

    Gradio's own input would open it first, and report a damaged one as a bare "Error". URLs are refused: the server
    fetches nothing.
    """

    data_model = PhotoData
    is_template = True  # shown by the frontend of gr.Image

    def preprocess(self, payload: PhotoData | None) -> SentPhoto | None:
        if payload is None:
            return None
        if payload.path is None:
            return decode_inline(payload)
        file = resolve_upload(payload.path, self.GRADIO_CACHE)
        return SentPhoto(payload.orig_name or file.name, file.read_bytes())

    def api_info(self) -> dict[str, Any]:
        return PHOTO_SCHEMA

    def example_payload(self) -> dict:
        """The example on the API's page; Gradio's own is a URL, which is refused."""
        return {"path": "house.jpg", "url": "house.jpg", "meta": {"_type": "gradio.FileData"}}

    def example_value(self) -> str:
        return "house.jpg"

    async def async_move_resource_to_block_cache(self, url_or_file_path: str | Path | None) -> str | None:
        refuse_url(url_or_file_path)
        return await super().async_move_resource_to_block_cache(url_or_file_path)


def hidden_photo_input(elem_id: str) -> PhotoInput:
    """An invisible input for the photo that a stage or a sender has uploaded."""
    return PhotoInput(type="filepath", visible="hidden", elem_id=elem_id)


@dataclass(frozen=True)
class StoredPhoto:
    """An uploaded file on the disk, under its sender's name."""

    name: str
    path: Path

    @property
    def data(self) -> bytes:
        """Its content, cut off one byte above the limit. Raises PhotoError, with one sentence for the sender."""
        try:
            with self.path.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except OSError:
            raise PhotoError(text.EXPIRED) from None
        if data.startswith(TOO_LARGE_MARK):
            size = data[len(TOO_LARGE_MARK) :].decode("ascii", "replace")
            megabytes = f"{int(size) / 2**20:.1f} MB" if size.isdecimal() else "too many bytes"
            raise PhotoError(f"The file has {megabytes}; please send one of at most {MAX_BYTES >> 20} MB.")
        return data


class PhotosInput(gr.File):
    """A file input, for file_count="multiple", that returns the files unopened, with the senders' names.

    Gradio's own would return its names on the disk, and leave an empty file for each. No kind of file is refused here:
    one that is not a photo gets its own error message, like a damaged one.
    """

    is_template = True  # shown by the frontend of gr.File

    def preprocess(self, payload: ListFiles | None) -> list[StoredPhoto]:
        return [StoredPhoto(file.orig_name or Path(file.path).name, Path(file.path)) for file in payload or []]

    async def async_move_resource_to_block_cache(self, url_or_file_path: str | Path | None) -> str | None:
        refuse_url(url_or_file_path)
        return await super().async_move_resource_to_block_cache(url_or_file_path)

    def example_payload(self) -> list[dict]:
        """The example on the API's page; Gradio's own is a URL, which is refused."""
        return [{"path": "house.jpg", "url": "house.jpg", "meta": {"_type": "gradio.FileData"}}]

    def example_value(self) -> list[str]:
        return ["house.jpg"]


class PhotoList(GradioRootModel):
    root: list[PhotoData]

    @model_validator(mode="before")
    @classmethod
    def from_one(cls, sent: Any) -> Any:
        """Accept a single photo, which Gradio's page about the API sends."""
        return sent if isinstance(sent, list) else [sent]


class BatchInput(PhotosInput):
    """A list of photos in the forms that `PhotoInput` accepts; uploads stay on the disk until they are read."""

    @property
    def data_model(self) -> type[PhotoList]:
        return PhotoList

    @data_model.setter
    def data_model(self, _: Any) -> None:
        """gr.File chooses another one."""

    def get_block_name(self) -> str:
        return "file"  # shown by the frontend of gr.File

    def preprocess(self, payload: PhotoList | None) -> list[StoredPhoto | SentPhoto]:
        return [self._received(photo) for photo in (payload.root if payload else [])]

    def _received(self, photo: PhotoData) -> StoredPhoto | SentPhoto:
        if photo.path is None:
            return decode_inline(photo)
        file = resolve_upload(photo.path, self.GRADIO_CACHE)
        return StoredPhoto(photo.orig_name or file.name, file)

    def api_info(self) -> dict[str, Any]:
        return {"type": "array", "items": PHOTO_SCHEMA}


class UncheckedRadio(gr.Radio):
    """A radio whose options are set when a photo has been read. Gradio forgets the options together with the photo,
    and would then reject a value that is not among them; here the value is returned unchecked, and the caller checks
    it."""

    is_template = True  # shown by the frontend of gr.Radio

    def preprocess(self, payload: str | int | float | None) -> str | int | float | None:
        return payload


class PercentSlider(gr.Slider):
    """A share in percent. A typed value is moved into the slider's range; an empty field counts as the default."""

    is_template = True  # shown by the frontend of gr.Slider

    def preprocess(self, payload: float | None) -> float:
        """Percent -> 0 ... 1."""
        percent = self.value if payload is None else payload
        return min(max(percent, self.minimum), self.maximum) / 100
