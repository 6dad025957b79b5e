"""The list of photos that programs send to `/read_batch`. (Gradio writes a .pyi beside it, which git ignores.)"""

from __future__ import annotations

from typing import Any

from gradio.data_classes import GradioRootModel
from pydantic import model_validator

from .inputs import ONE_PHOTO, PhotoData, Sent, inline, uploaded
from .photos_input import PhotosInput, Upload


class Batch(GradioRootModel):
    root: list[PhotoData]

    @model_validator(mode="before")
    @classmethod
    def from_one(cls, sent: Any) -> Any:
        """Gradio's own page about the API shows a single photo."""
        return sent if isinstance(sent, list) else [sent]


class BatchInput(PhotosInput):
    """Photos as `PhotoInput` takes them, in a list; those that were uploaded stay on the disk until they are read."""

    @property
    def data_model(self) -> type[Batch]:
        return Batch

    @data_model.setter
    def data_model(self, _: Any) -> None:
        """gr.File chooses another one."""

    def get_block_name(self) -> str:
        return "file"  # shown by the frontend of gr.File

    def preprocess(self, payload: Batch | None) -> list[Upload | Sent]:
        return [self._received(photo) for photo in (payload.root if payload else [])]

    def _received(self, photo: PhotoData) -> Upload | Sent:
        if photo.path is None:
            return inline(photo)
        file = uploaded(photo.path, self.GRADIO_CACHE)
        return Upload(photo.orig_name or file.name, file)

    def api_info(self) -> dict[str, Any]:
        return {"type": "array", "items": ONE_PHOTO}
