"""Strips of small pictures to try."""

from __future__ import annotations

from collections.abc import Sequence

import gradio as gr
from gradio.events import Dependency

from svhn.data.annotations import Sample
from svhn.images import draw
from svhn.images.decode import open_photo

from ..render import images
from ..render.templating import render
from ..theme import html
from .inputs import PhotoInput

SELECT_ON_CLICK = """element.addEventListener('click', event => {
    const chosen = event.target.closest('button');
    if (!chosen) return;
    element.closest('#one')?.setAttribute('data-busy', '');
    element.closest('#one')?.querySelector('#stage').scrollIntoView({block: 'nearest'});
    trigger('select', {index: Number(chosen.dataset.index)});
});"""


def example_strip(samples: Sequence[Sample], heading: str, photo: PhotoInput, elem_id: str) -> Dependency:
    """A strip of small pictures. A click on one puts its file into the photo input; returns that event."""
    offers = [(_thumbnail(sample), sample.title) for sample in samples]
    strip = html(
        render("examples", heading=heading, offers=offers),
        elem_id=elem_id,
        elem_classes="offer",
        js_on_load=SELECT_ON_CLICK,
    )

    def choose(event: gr.EventData) -> str:
        return str(samples[event.index].path)

    return strip.select(choose, None, photo, api_visibility="private", queue=False, show_progress="hidden")


def _thumbnail(sample: Sample) -> str:
    """The address of the sample's small picture."""
    return images.SERVED.publish(draw.jpeg(images.thumbnail(open_photo(sample.path)), quality=80), "jpg")
