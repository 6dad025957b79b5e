"""Strips of small pictures to try."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import gradio as gr

from svhn.data.annotations import Sample
from svhn.images import open_photo

from ..render import images
from ..theme import html
from .inputs import PhotoInput

SELECT_ON_CLICK = """element.addEventListener('click', event => {
    const chosen = event.target.closest('button');
    if (chosen) trigger('select', {index: Number(chosen.dataset.index)});
});"""


def example_strip(samples: Sequence[Sample], heading: str, photo: PhotoInput, elem_id: str) -> None:
    """A strip of small pictures; a click on one puts the file itself into the photo input."""
    pieces = []
    for i, sample in enumerate(samples):
        small = images.img_tag(images.thumbnail(open_photo(sample.path)), "", quality=80)
        pieces.append(f'<button type="button" data-index="{i}">{small}<span>{escape(sample.title)}</span></button>')
    choices = f'<h3>{escape(heading)}</h3><div class="choices">{"".join(pieces)}</div>'
    strip = html(choices, elem_id=elem_id, elem_classes="offer", js_on_load=SELECT_ON_CLICK)

    def choose(event: gr.EventData) -> str:
        return str(samples[event.index].path)

    strip.select(choose, None, photo, api_visibility="private", queue=False, show_progress="hidden")
