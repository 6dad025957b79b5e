"""The crop and the softmax of every position and of the length, as tables whose cells are bars."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from svhn.labels import BLANK, DIGIT_CLASSES, LENGTH_CLASSES, MAX_DIGITS
from svhn.reading import Reading

from ..config import script
from . import images
from .templating import macro
from .text import PERCENT, VERY_LIKELY, percent, percent_exact

POSITIONS = ("1st", "2nd", "3rd", "4th", "5th")
CLASS_NAMES = [*map(str, range(BLANK)), "–"]
LENGTH_NAMES = ["none", *map(str, range(1, MAX_DIGITS + 1)), "more"]
LENGTHS = [
    "There is no number",
    "The number has 1 digit",
    *(f"The number has {n} digits" for n in range(2, MAX_DIGITS + 1)),
    f"The number has more than {MAX_DIGITS} digits",
]
CAPTION = "Probability of every digit at every position. Rows are digits, columns positions; – means no digit"
HINT = "Hover or tap for exact values."

IDLE = (
    ("Finds the number", "One network searches the whole photo for a house number."),
    ("Reads up to five digits", "Another reads the number, digit by digit."),
    ("Shows how confident it is", "You see the number, where it is, and how likely it is to be right."),
)
NONE = (
    ("Go closer", "The number should fill about a tenth of the photo."),
    ("Keep it sharp", "Hold still, and avoid glare and deep shade."),
    ("Point it out", "“Draw a box” below the photo reads any place that you mark."),
)

SCRIPT = script("chart.js")


def evidence(reading: Reading) -> Markup:
    """The crop, the likeliest numbers, the five digit softmaxes and the length softmax; advice if there is no crop."""
    took = timing(reading.timings_ms) if reading.timings_ms else ""
    if not reading.crop.size:
        return macro("chart", "tips", "What helps", NONE, took)
    picture = images.img_tag(images.enlarge(reading.crop), "The part of the photo that the reader saw", quality=92)
    likeliest = [(n, p, percent(p)) for n, p in reading.likeliest(3)] if reading.number is not None else []
    return macro(
        "chart", "evidence", _chart(reading), picture, likeliest, reading.confidence >= VERY_LIKELY, took, HINT
    )


def steps() -> Markup:
    """An explanation for visitors who have not sent a photo yet."""
    return macro("chart", "tips", "How it works", IDLE, "")


def small_chart(reading: Reading) -> Markup:
    """The same softmaxes in little space; the context must explain them."""
    return macro("chart", "small", _chart(reading))


def timing(timings_ms: dict[str, float]) -> Markup:
    """The time in total and by stage."""
    stages = " · ".join(f"{stage} {ms:.0f} ms" for stage, ms in timings_ms.items())
    return macro("chart", "timing", round(sum(timings_ms.values())), stages)


def _chart(reading: Reading) -> dict[str, Any]:
    """The template's data: heads, rows and cells."""
    chosen = _chosen(reading)
    likeliest = int(reading.length_probs.argmax())
    return {
        "caption": CAPTION,
        "heads": [
            {"position": name, "name": CLASS_NAMES[c], "past": c == BLANK}
            for name, c in zip(POSITIONS, chosen, strict=True)
        ],
        "rows": [
            {
                "name": CLASS_NAMES[k],
                "blank": k == BLANK,
                "cells": [_digit_cell(reading, i, k, chosen) for i in range(MAX_DIGITS)],
            }
            for k in range(DIGIT_CLASSES)
        ],
        "length_names": LENGTH_NAMES,
        "lengths": [
            _cell(reading.length_probs[k], LENGTHS[k], k == likeliest, first=k == likeliest)
            for k in range(LENGTH_CLASSES)
        ],
    }


def _digit_cell(reading: Reading, position: int, k: int, chosen: list[int]) -> dict[str, Any]:
    name = POSITIONS[position]
    what = f"{name} digit is {k}" if k < BLANK else f"There is no {name} digit"
    return _cell(
        reading.digit_probs[position, k],
        what,
        k == chosen[position],
        first=position == 0 and k == chosen[0],
        past=chosen[position] == BLANK,
    )


def _chosen(reading: Reading) -> list[int]:
    """The class that was read at every position; of a number that is too long, the likeliest digit."""
    if reading.too_long:
        return [int(row[:BLANK].argmax()) for row in reading.digit_probs]
    digits = [int(digit) for digit in reading.number or ""]
    return digits + [BLANK] * (MAX_DIGITS - len(digits))


def _cell(p: float, what: str, chosen: bool, first: bool, past: bool = False) -> dict[str, Any]:
    names = " ".join(name for name, on in (("chosen", chosen), ("past", past), ("faint", p < 0.01)) if on)
    return {
        "names": names,
        "p": f"{p:.3f}",
        "first": first,
        "says": f"{what}: {percent_exact(p)}",
        "figure": percent(float(p)).removesuffix(PERCENT),
    }
