"""Which networks find and read the number: a visitor's own choice among those that are shipped."""

from __future__ import annotations

import gradio as gr

from svhn.reading import Reading

from ..components.inputs import PhotoInput, SentPhoto
from ..model_zoo import Network, Networks
from ..render import text
from ..session import PhotoResult, belongs_to
from ..theme import html

WHICH = "Which networks?"
COMPARE = "Compare them all on this photo"


def build(
    networks: Networks, photo: PhotoInput, result: gr.State, shown: gr.State, threshold: gr.Slider
) -> tuple[list[gr.Radio], gr.Button]:
    """Lays the choice out below the result, if there is any. `result` holds the `PhotoResult` of the photo, `shown` the
    `Reading` among them that the visitor looks at, or None; `threshold` decides what is unsure.

    Gives the choice of localizer and reader, and the button to compare them."""
    with gr.Accordion(WHICH, open=False, visible=networks.has_choice, elem_id="networks") as section:
        radios = [_radio(networks.localizers, "Finds the number"), _radio(networks.readers, "Reads the digits")]
        with gr.Row(elem_id="chosen"):
            outcome = html(elem_id="chosen-reading")
            button = gr.Button(COMPARE, size="md", visible=False)

    def show_verdict(
        sent: SentPhoto | None, result: PhotoResult | None, reading: Reading | None, unsure_below: float
    ) -> tuple[str, dict]:
        """Here, too: the verdict is far above."""
        there = reading is not None and belongs_to(sent, result)
        return text.compact_verdict(reading, unsure_below) if there else "", gr.update(visible=there)

    def relabel(localizer: str, reader: str) -> dict:
        """What is chosen can be seen from outside, unless it is what everybody has."""
        if networks.pipelines[localizer, reader] is networks.default:
            return gr.update(label=WHICH)
        return gr.update(label=f"{WHICH} {networks.title(localizer)} finds, {networks.title(reader)} reads")

    quiet = {"api_visibility": "private", "queue": False, "show_progress": "hidden", "trigger_mode": "always_last"}
    gr.on([shown.change, threshold.change], show_verdict, [photo, result, shown, threshold], [outcome, button], **quiet)
    gr.on([radio.input for radio in radios], relabel, radios, section, **quiet)
    return radios, button


def _radio(shipped: tuple[Network, ...], label: str) -> gr.Radio:
    titles = [f"{network.title} (default)" if network.default else network.title for network in shipped]
    names = [network.name for network in shipped]
    return gr.Radio(list(zip(titles, names, strict=True)), value=names[0], label=label, visible=len(shipped) > 1)
