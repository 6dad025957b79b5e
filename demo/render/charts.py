"""The softmax of every position and of the length: tables that are charts, with a figure in every cell."""

from __future__ import annotations

from svhn.labels import BLANK, DIGIT_CLASSES, LENGTH_CLASSES, MAX_DIGITS
from svhn.reading import Reading

from ..config import STATIC
from . import images
from .text import percent, percent_exact

POSITIONS = ("1st", "2nd", "3rd", "4th", "5th")
CLASS_NAMES = [*map(str, range(BLANK)), "–"]
LENGTH_NAMES = ["none", *map(str, range(1, MAX_DIGITS + 1)), "more"]
LENGTHS = [
    "There is no number",
    "The number has 1 digit",
    *(f"The number has {n} digits" for n in range(2, MAX_DIGITS + 1)),
    f"The number has more than {MAX_DIGITS} digits",
]
HINT = "Point at a cell or tap it for its figures."

SCRIPT = (STATIC / "js" / "chart.js").read_text(encoding="utf-8")


def softmax_chart(reading: Reading) -> str:
    """The crop the reader saw, beside its five digit softmaxes and the length softmax."""
    picture = images.img_tag(images.enlarge(reading.crop), "The part of the photo that the reader saw", quality=92)
    return (
        '<section class="evidence"><h3>What the reader saw, and how it weighed every digit</h3>'
        f'<div class="sides"><figure>{picture}<figcaption>the crop</figcaption></figure>'
        f'<div class="chart"><p class="readout">{HINT}</p>{_digits(reading)}{_length(reading)}</div></div></section>'
    )


def small_chart(reading: Reading) -> str:
    """The same softmaxes where there is little room; what they are must be said beside them."""
    return f'<div class="chart small">{_digits(reading)}{_length(reading)}<p class="readout"></p></div>'


def _digits(reading: Reading) -> str:
    chosen = _chosen(reading)
    heads = "".join(
        f'<th scope="col"{_class("past" if c == BLANK else "")}><small>{name}</small><b>{CLASS_NAMES[c]}</b></th>'
        for name, c in zip(POSITIONS, chosen, strict=True)
    )
    rows = "".join(
        f"<tr{_class('blank' if k == BLANK else '')}>"
        f'<th scope="row"{_title("no digit here" if k == BLANK else "")}>{CLASS_NAMES[k]}</th>'
        + "".join(
            _cell(
                reading.digit_probs[i, k],
                f"{POSITIONS[i]} digit is {k}" if k < BLANK else f"There is no {POSITIONS[i]} digit",
                k == chosen[i],
                first=i == 0 and k == chosen[0],
                past=chosen[i] == BLANK,
            )
            for i in range(MAX_DIGITS)
        )
        + "</tr>"
        for k in range(DIGIT_CLASSES)
    )
    return (
        '<table class="digits"><caption>Probability of every digit at every position; – means no digit</caption>'
        f"<thead><tr><td></td>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _length(reading: Reading) -> str:
    likeliest = int(reading.length_probs.argmax())
    heads = "".join(f'<th scope="col">{name}</th>' for name in LENGTH_NAMES)
    cells = "".join(
        _cell(reading.length_probs[k], LENGTHS[k], k == likeliest, first=k == likeliest) for k in range(LENGTH_CLASSES)
    )
    return (
        '<table class="length"><caption>How many digits</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody><tr>{cells}</tr></tbody></table>"
    )


def _chosen(reading: Reading) -> list[int]:
    """The class of every position in the number as read; of one that is too long, the likeliest digit."""
    if reading.number is None:
        return [int(row[:BLANK].argmax()) for row in reading.digit_probs]
    digits = [int(digit) for digit in reading.number]
    return digits + [BLANK] * (MAX_DIGITS - len(digits))


def _cell(p: float, what: str, chosen: bool, first: bool, past: bool = False) -> str:
    names = " ".join(name for name, on in (("chosen", chosen), ("past", past), ("faint", p < 0.01)) if on)
    return (
        f'<td{_class(names)} style="--p:{p:.3f}" tabindex="{0 if first else -1}" '
        f'data-says="{what}: {percent_exact(p)}">'
        f"<span>{percent(float(p)).replace(' %', '<i> %</i>')}</span></td>"
    )


def _class(names: str) -> str:
    return f' class="{names}"' if names else ""


def _title(text: str) -> str:
    return f' title="{text}"' if text else ""
