"""Why this number: a heat map of where the localizer looked, and what each digit was read from."""

from __future__ import annotations

import cv2
import gradio as gr
import numpy as np

from svhn import boxes
from svhn.boxes import Box
from svhn.images import PhotoError, open_photo
from svhn.reading import Reading

from ..components.inputs import PhotoInput, Sent
from ..config import READS, html
from ..render import images, text
from ..render.charts import POSITIONS
from ..session import Findings, about

WHY, WHY_NOT = "Why this number?", "Why no number?"
LOOKED = "Where it looked for the number"
LOOKED_ALT = "The photo in grey; places glow the brighter, the more they look like a number"
READ = "What each digit was read from"
READ_NOTE = "Bright is what counted for this digit, together with its surroundings; dark was left out."
NO_HEAT = "The network that looks for numbers is of a kind that cannot tell where it looked."
NO_ATTENTION = "The network that reads the digits is of a kind that cannot tell what it read them from."

GOES = "() => [{__type__: 'update', visible: false}, '']"

STRENGTH = 0.85  # of the colours over the photo where the heat is greatest
DIMMED = 0.6  # brightness of the grey photo below the colours
UNLIT = 0.28  # brightness of what a digit was not read from
CROP_HEIGHT = 160  # pixels
ASPECTS = (0.5, 2.5)  # least and most width of a crop, by its height
SEES = 0.06  # of the crop's height: how far around itself a point of the attention sees, about


def build(photo: PhotoInput, findings: gr.State, shown: gr.State) -> None:
    """Lays the section out below the result. `findings` holds the `Findings` in the photo, `shown` the `Reading` among
    them that the visitor looks at, or None.

    Nothing is computed before a visitor opens the section; from then on it follows the photo.
    """
    with gr.Accordion(WHY, open=False, visible=False, elem_id="why") as section:
        content = html(elem_id="because")
    opened = gr.State(False)

    def follow(
        sent: Sent | None, found: Findings | None, reading: Reading | None, opened: bool
    ) -> tuple[dict, str | dict]:
        there = reading is not None and about(sent, found)
        label = WHY_NOT if reading is not None and reading.box is None else WHY
        if not opened:  # nothing is shut or emptied: it may have been opened while this was on its way
            return gr.update(visible=there, label=label), gr.skip()
        return gr.update(visible=there, open=True, label=label), explain(sent, found, reading) if there else ""

    def start(sent: Sent | None, found: Findings | None, reading: Reading | None) -> tuple[str, bool]:
        return explain(sent, found, reading), True

    quiet = {"api_visibility": "private", "trigger_mode": "always_last"}
    photo.change(None, None, [section, content], js=GOES)  # with its photo, at once
    section.collapse(None, None, content, js="() => ''")
    shown.change(follow, [photo, findings, shown, opened], [section, content], show_progress="hidden", **quiet, **READS)
    section.expand(start, [photo, findings, shown], [content, opened], show_progress="minimal", **quiet, **READS)
    section.collapse(lambda: False, None, opened, queue=False, **quiet)


def explain(sent: Sent | None, found: Findings | None, reading: Reading | None) -> str:
    """What the networks looked at when they gave this reading of the photo, as HTML."""
    if reading is None or not about(sent, found):
        return _note(text.FORGOTTEN)
    try:
        photo = open_photo(sent.data)
    except PhotoError as error:
        return _note(str(error))
    said = found.pipeline.explain(photo, reading)
    looked = _note(NO_HEAT) if said.heat is None else _looked(heat_picture(photo, said.heat, reading.box))
    return f"<h3>{LOOKED}</h3>{looked}{_read(reading, said.attention)}"


def heat_picture(photo: np.ndarray, heat: np.ndarray, box: Box | None) -> np.ndarray:
    """RGB uint8 (h, w, 3), heat (rows, columns) in 0 ... 1 over all of it, and the found box -> a display-size copy
    in grey on which the heat glows."""
    shown = images.annotate(photo, None, None)
    height, width = shown.shape[:2]
    glowing = glow(shown, cv2.resize(heat, (width, height), interpolation=cv2.INTER_LINEAR))
    if box is None:
        return glowing
    return images.annotate(glowing, boxes.scale(box, width / photo.shape[1], height / photo.shape[0]), None)


def glow(photo: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """RGB uint8 (h, w, 3) and heat (h, w) in 0 ... 1 -> the photo in grey, coloured from black to bright yellow."""
    heat = np.clip(heat, 0, 1)
    colour = cv2.applyColorMap(np.uint8(np.round(heat * 255)), cv2.COLORMAP_INFERNO)[..., ::-1]  # perceptually uniform
    grey = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)[..., None] * np.float32(DIMMED)
    share = (STRENGTH * np.sqrt(heat))[..., None].astype(np.float32)
    return np.uint8(grey + (colour - grey) * share)


def spotlight(crop: np.ndarray, attention: np.ndarray, aspect: float) -> np.ndarray:
    """What the reader saw, RGB uint8 (h, w, 3), and one digit's attention (rows, columns) -> the crop as wide as in
    the photo, lit where the digit was read."""
    size = (round(CROP_HEIGHT * float(np.clip(aspect, *ASPECTS))), CROP_HEIGHT)
    # A point of the attention stands for what the network saw around it; spots of a cell's size would belie that.
    light = cv2.resize(attention.astype(np.float32), (CROP_HEIGHT, CROP_HEIGHT), interpolation=cv2.INTER_LINEAR)
    light = cv2.resize(cv2.GaussianBlur(light, (0, 0), SEES * CROP_HEIGHT), size)
    light = np.sqrt(light / max(float(light.max()), 1e-9))[..., None]
    return np.uint8(cv2.resize(crop, size, interpolation=cv2.INTER_CUBIC) * (UNLIT + (1 - UNLIT) * light))


def _looked(picture: np.ndarray) -> str:
    ramp = np.tile(np.linspace(0, 1, 240, dtype=np.float32), (12, 1))
    legend = glow(np.full((*ramp.shape, 3), 128, np.uint8), ramp)
    return (
        f'<figure class="heat">{images.image(picture, LOOKED_ALT)}<figcaption><span>unlike a number</span>'
        f"{images.image(legend, '')}<span>like a number</span></figcaption></figure>"
    )


def _read(reading: Reading, attention: np.ndarray | None) -> str:
    """One picture a digit; nothing where no digit was read."""
    if reading.number is None:
        return ""
    if attention is None:
        return f"<h3>{READ}</h3>{_note(NO_ATTENTION)}"
    x1, y1, x2, y2 = reading.box
    figures = ""
    for position, digit, where in zip(POSITIONS, reading.number, attention, strict=False):
        caption = f"{position} digit: {digit}"
        picture = spotlight(reading.crop, where, (x2 - x1) / (y2 - y1))
        alt = f"The number, lit where its {position} digit was read"
        figures += f"<figure>{images.image(picture, alt)}<figcaption>{caption}</figcaption></figure>"
    return f'<h3>{READ}</h3><div class="digits">{figures}</div>{_note(READ_NOTE)}'


def _note(sentence: str) -> str:
    return f'<p class="note">{sentence}</p>'
