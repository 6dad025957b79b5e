"""The drop zone for many photos. (Gradio writes a .pyi beside it, which git ignores.)"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import gradio as gr
from gradio.data_classes import ListFiles

from svhn.images import MAX_BYTES, PhotoError

from ..render import text
from .inputs import refuse_address

LEFT_OUT = b"House-number reader: left in the browser, too large: "  # and its size; see static/js/batch.js


@dataclass(frozen=True)
class Upload:
    """A file that waits on the disk, under the name its sender gave it."""

    name: str
    path: Path

    @property
    def data(self) -> bytes:
        """Its content, at most a byte more than is allowed. Raises PhotoError, one sentence for the sender."""
        try:
            with self.path.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except OSError:
            raise PhotoError(text.FORGOTTEN) from None
        if data.startswith(LEFT_OUT):
            size = data[len(LEFT_OUT) :].decode("ascii", "replace")
            megabytes = f"{int(size) / 2**20:.1f} MB" if size.isdecimal() else "too many bytes"
            raise PhotoError(f"The file has {megabytes}; please send one of at most {MAX_BYTES >> 20} MB.")
        return data


class PhotosInput(gr.File):
    """A file input, for file_count="multiple", that hands over what was sent, unopened, with the senders' own names.

    Gradio's own would give its names on the disk, and leave an empty file behind for each. Nothing is
    refused for its kind here: a file that is no photo gets its sentence like any other broken one.
    """

    is_template = True  # shown by the frontend of gr.File

    def preprocess(self, payload: ListFiles | None) -> list[Upload]:
        return [Upload(file.orig_name or Path(file.path).name, Path(file.path)) for file in payload or []]

    async def async_move_resource_to_block_cache(self, url_or_file_path: str | Path | None) -> str | None:
        refuse_address(url_or_file_path)
        return await super().async_move_resource_to_block_cache(url_or_file_path)

    def example_payload(self) -> list[dict]:
        """What the API's page shows; Gradio's own is an address, which is refused."""
        return [{"path": "house.jpg", "url": "house.jpg", "meta": {"_type": "gradio.FileData"}}]

    def example_value(self) -> list[str]:
        return ["house.jpg"]
