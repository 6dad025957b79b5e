"""Let a visitor choose among the networks of the weights folder."""

from __future__ import annotations

import gradio as gr

from ..model_zoo import Network, Networks
from ..theme import html
from .inputs import PhotoInput

COMPARE = "Compare all models on this photo"


def build(networks: Networks, photo: PhotoInput) -> tuple[list[gr.Radio], gr.Button]:
    """Lay out the choice of localizer and reader; return it with the button to compare them, which is shown with a
    photo."""
    with gr.Column(visible=networks.has_choice, elem_id="networks"):
        html("<h3>Models</h3>")
        parts = [_among(networks.localizers, "Finds the number"), _among(networks.readers, "Reads the digits")]
        button = gr.Button(COMPARE, size="md", visible=False)
    photo.change(None, photo, button, js="photo => ({__type__: 'update', visible: Boolean(photo)})")
    return parts, button


def _among(choice: tuple[Network, ...], label: str) -> gr.Radio:
    titles = [f"{network.title} (default)" if network.default else network.title for network in choice]
    names = [network.name for network in choice]
    return gr.Radio(list(zip(titles, names, strict=True)), value=names[0], label=label, visible=len(choice) > 1)
