"""Layers over the photo that show where the localizer looked and what each digit was read from."""

from __future__ import annotations

from typing import Any

import gradio as gr
import numpy as np

from svhn import boxes as bx
from svhn.images import preprocess
from svhn.images.decode import PhotoError, open_photo
from svhn.reading import Reading

from ..config import READ_QUEUE
from ..render import images, text
from ..render.charts import POSITIONS
from ..session import PhotoResult, belongs_to
from .inputs import PhotoInput, SentPhoto

HEAT = "Heat map: bright areas look most like a number."
LIGHT = "{} digit, {}: bright areas mattered most."
NO_HEAT = "This localizer cannot show where it looked."
NO_LIGHT = "It cannot be shown what this digit was read from."
NEAR = 0.7  # share of the stage that a crop fills when it is looked at from near,
ZOOMS = (1.5, 14.0)  # from and to this magnification of the photo


def build(stage: gr.HTML, photo: PhotoInput, result: gr.State, shown: gr.State) -> None:
    """Answer the stage when a visitor first requests a layer; nothing is computed before. `result` holds the
    `PhotoResult` of the photo, `shown` the `Reading` that the visitor looks at, or None."""

    def on_explain(sent: SentPhoto | None, result: PhotoResult | None, reading: Reading | None) -> dict[str, Any]:
        return gr.update(overlays=explain(sent, result, reading))

    stage.explain(
        on_explain,
        [photo, result, shown],
        stage,
        api_visibility="private",
        show_progress="hidden",
        trigger_mode="always_last",
        **READ_QUEUE,
    )


def explain(sent: SentPhoto | None, result: PhotoResult | None, reading: Reading | None) -> dict[str, Any]:
    """Where the networks looked for this reading of the photo: `heat` over the photo; `lights` over the crop, one
    per digit, each a URL or None; the place of the `crop`, in shares of the photo; for a small one, the magnification
    and the middle of the view from `near`, else False; a `note` for each view."""
    if reading is None or not belongs_to(sent, result):
        return _without(text.EXPIRED, reading)
    try:
        photo = open_photo(sent.data)
    except PhotoError as error:
        return _without(str(error), reading)
    found = result.pipeline.explain(photo, reading)
    heat = None if found.heat is None else images.data_url(images.heat_layer(found.heat))
    crop = _crop_place(photo, reading)
    return {
        "heat": heat,
        "lights": _lights(reading, found.attention),
        "crop": crop,
        "near": _near(crop),
        "note": _notes(reading, HEAT if heat else NO_HEAT, LIGHT if found.attention is not None else NO_LIGHT),
    }


def _without(sentence: str, reading: Reading | None) -> dict[str, Any]:
    return {"heat": None, "lights": [], "crop": [0, 0, 1, 1], "note": _notes(reading, sentence, sentence)}


def _notes(reading: Reading | None, heat: str, light: str) -> dict[str, str]:
    digits = (reading.number or "") if reading else ""
    notes = {str(i): light.format(POSITIONS[i], digit) for i, digit in enumerate(digits)}
    return {"heat": heat, **notes}


def _lights(reading: Reading, attention: np.ndarray | None) -> list[str]:
    """One layer per digit; empty if no digit was read."""
    if reading.number is None or attention is None:
        return []
    return [images.data_url(images.light_layer(attention[i])) for i in range(len(reading.number))]


def _near(crop: list[float]) -> list[float] | bool:
    """Magnification of the photo, and the x and y of the crop's middle, in shares of the photo."""
    left, top, right, bottom = crop
    zoom = min(NEAR / max(right - left, bottom - top), ZOOMS[1])
    return [round(zoom, 3), (left + right) / 2, (top + bottom) / 2] if zoom > ZOOMS[0] else False


def _crop_place(photo: np.ndarray, reading: Reading) -> list[float]:
    """Left, top, right and bottom of the crop, in shares of the photo (h, w, 3)."""
    if reading.box is None:
        return [0, 0, 1, 1]
    height, width = photo.shape[:2]
    crop = bx.expand(np.array(reading.box), preprocess.CROP_MARGIN)
    return [round(float(side), 4) for side in bx.scale(crop, 1 / width, 1 / height)]
