"""Why this number: a heat map of where the localizer looked, and what each digit was read from."""

from __future__ import annotations

import gradio as gr
import numpy as np

from svhn.images import PhotoError, open_photo
from svhn.reading import Reading

from ..components.inputs import PhotoInput, SentPhoto
from ..config import READ_QUEUE
from ..render import images, text
from ..render.charts import POSITIONS
from ..session import PhotoResult, belongs_to
from ..theme import html

WHY, WHY_NOT = "Why this number?", "Why no number?"
LOOKED = "Where it looked for the number"
LOOKED_ALT = "The photo in grey; places glow the brighter, the more they look like a number"
READ = "What each digit was read from"
READ_NOTE = "Bright is what counted for this digit, together with its surroundings; dark was left out."
NO_HEAT = "The network that looks for numbers is of a kind that cannot tell where it looked."
NO_ATTENTION = "The network that reads the digits is of a kind that cannot tell what it read them from."

HIDE = "() => [{__type__: 'update', visible: false}, '']"


def build(photo: PhotoInput, result: gr.State, shown: gr.State) -> None:
    """Lays the section out below the result. `result` holds the `PhotoResult` of the photo, `shown` the `Reading` among
    them that the visitor looks at, or None.

    Nothing is computed before a visitor opens the section; from then on it follows the photo.
    """
    with gr.Accordion(WHY, open=False, visible=False, elem_id="why") as section:
        content = html(elem_id="because")
    opened = gr.State(False)

    def follow(
        sent: SentPhoto | None, result: PhotoResult | None, reading: Reading | None, opened: bool
    ) -> tuple[dict, str | dict]:
        there = reading is not None and belongs_to(sent, result)
        label = WHY_NOT if reading is not None and reading.box is None else WHY
        if not opened:  # nothing is shut or emptied: it may have been opened while this was on its way
            return gr.update(visible=there, label=label), gr.skip()
        return gr.update(visible=there, open=True, label=label), explain(sent, result, reading) if there else ""

    def start(sent: SentPhoto | None, result: PhotoResult | None, reading: Reading | None) -> tuple[str, bool]:
        return explain(sent, result, reading), True

    quiet = {"api_visibility": "private", "trigger_mode": "always_last"}
    photo.change(None, None, [section, content], js=HIDE)  # with its photo, at once
    section.collapse(None, None, content, js="() => ''")
    shown.change(
        follow, [photo, result, shown, opened], [section, content], show_progress="hidden", **quiet, **READ_QUEUE
    )
    section.expand(start, [photo, result, shown], [content, opened], show_progress="minimal", **quiet, **READ_QUEUE)
    section.collapse(lambda: False, None, opened, queue=False, **quiet)


def explain(sent: SentPhoto | None, result: PhotoResult | None, reading: Reading | None) -> str:
    """What the networks looked at when they gave this reading of the photo, as HTML."""
    if reading is None or not belongs_to(sent, result):
        return _note(text.FORGOTTEN)
    try:
        photo = open_photo(sent.data)
    except PhotoError as error:
        return _note(str(error))
    explanation = result.pipeline.explain(photo, reading)
    heat = _note(NO_HEAT)
    if explanation.heat is not None:
        heat = _heat_figure(images.overlay_heat(photo, explanation.heat, reading.box))
    return f"<h3>{LOOKED}</h3>{heat}{_digit_figures(reading, explanation.attention)}"


def _heat_figure(picture: np.ndarray) -> str:
    ramp = np.tile(np.linspace(0, 1, 240, dtype=np.float32), (12, 1))
    legend = images.colour_heat(np.full((*ramp.shape, 3), 128, np.uint8), ramp)
    return (
        f'<figure class="heat">{images.img_tag(picture, LOOKED_ALT)}<figcaption><span>unlike a number</span>'
        f"{images.img_tag(legend, '')}<span>like a number</span></figcaption></figure>"
    )


def _digit_figures(reading: Reading, attention: np.ndarray | None) -> str:
    """One picture a digit; nothing where no digit was read."""
    if reading.number is None:
        return ""
    if attention is None:
        return f"<h3>{READ}</h3>{_note(NO_ATTENTION)}"
    x1, y1, x2, y2 = reading.box
    figures = ""
    for position, digit, where in zip(POSITIONS, reading.number, attention, strict=False):
        caption = f"{position} digit: {digit}"
        picture = images.spotlight(reading.crop, where, (x2 - x1) / (y2 - y1))
        alt = f"The number, lit where its {position} digit was read"
        figures += f"<figure>{images.img_tag(picture, alt)}<figcaption>{caption}</figcaption></figure>"
    return f'<h3>{READ}</h3><div class="digits">{figures}</div>{_note(READ_NOTE)}'


def _note(sentence: str) -> str:
    return f'<p class="note">{sentence}</p>'
