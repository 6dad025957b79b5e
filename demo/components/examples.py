"""Strips of small pictures to try."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import gradio as gr

from svhn.data.annotations import Sample
from svhn.images import open_photo

from ..config import html
from ..render import images
from .inputs import PhotoInput

SENDS_CHOICE = """element.addEventListener('click', event => {
    const chosen = event.target.closest('button');
    if (chosen) trigger('select', {index: Number(chosen.dataset.index)});
});"""


def offer(samples: Sequence[Sample], heading: str, photo: PhotoInput, elem_id: str) -> None:
    """A strip of small pictures; a click on one puts the file itself into the photo input."""
    pieces = []
    for i, sample in enumerate(samples):
        small = images.image(images.preview(open_photo(sample.path)), "", quality=80)
        pieces.append(f'<button type="button" data-index="{i}">{small}<span>{escape(sample.title)}</span></button>')
    choices = f'<h3>{escape(heading)}</h3><div class="choices">{"".join(pieces)}</div>'
    strip = html(choices, elem_id=elem_id, elem_classes="offer", js_on_load=SENDS_CHOICE)

    def choose(event: gr.EventData) -> str:
        return str(samples[event.index].path)

    strip.select(choose, None, photo, api_visibility="private", queue=False, show_progress="hidden")
