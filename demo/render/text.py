"""A reading in words: the number plate, the confidence, and advice if it is doubtful."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from svhn.labels import MAX_DIGITS
from svhn.reading import Reading

from ..ground_truth import Truth
from .certainty import Rival, closest_guess, rival_of, state_of
from .templating import macro

IDLE = "The number in your photo will appear here."
NONE = "Go closer, so that the number fills about a tenth of the photo."
NONE_IN_BOX = "The reader sees no number in this box. Drag the box or its corners to another place."
CHECK = "Compare it with the photo."
REJECTED = "The localizer counts a different number of digits there, so this reading was rejected."
BUSY = "The page is busy or the connection was lost. Send the photo again in a moment."
EXPIRED = "This photo has expired. Please upload it again."
MORE_THAN_FIVE = "more than five digits"
TOO_LONG = "The reader reads up to five digits. Drag the box around the digits that matter."

PERCENT = "\u00a0%"  # no line breaks before it
VERY_LIKELY = 0.995  # and more: the other readings are then no news


def percent(p: float) -> str:
    """0 ... 1 -> percent for people; never rounded to 100 % or 0 %."""
    if p >= VERY_LIKELY:
        return f">99{PERCENT}"
    return f"<1{PERCENT}" if p < 0.01 else f"{p:.0%}".replace("%", PERCENT)


def percent_exact(p: float) -> str:
    """0 ... 1 -> percent with one decimal; never rounded to 100 % or 0 %."""
    exact = ">99.9" if p >= 0.9995 else "<0.1" if p < 0.0005 else f"{p * 100:.1f}"
    return exact + PERCENT


def announcement(reading: Reading, confident_from: float) -> str:
    """A reading for screen readers; empty if there is no number."""
    if reading.number is None:
        return reading.label if reading.too_long else ""
    return reading.number if state_of(reading, confident_from) == "confident" else f"{reading.number}, to check"


def compact_verdict(reading: Reading, confident_from: float) -> Markup:
    """A reading among others: the number on a small plate, and its confidence."""
    state = state_of(reading, confident_from)
    if reading.number is None:
        plate, words = ("…", reading.label) if reading.too_long else ("–", "no number")
        return Markup('<p class="brief none"><b>{}</b><span>{}</span></p>').format(plate, words)
    doubt = ", check this" if state == "check" else ""
    figure = percent(reading.confidence)
    return Markup('<p class="brief {}"><b>{}</b><span>{}{}</span></p>').format(state, reading.number, figure, doubt)


def idle() -> Markup:
    """The verdict before there is a photo."""
    return panel("idle", "?", "What is the number?", IDLE)


def waiting() -> Markup:
    """The verdict while a photo waits and is read."""
    return panel("reading", "…", "Reading …", "")


def not_read() -> Markup:
    """The verdict if a photo was not read."""
    return panel("refused", "!", "Not read", BUSY)


def refusal(sentence: str, name: str | None = None) -> Markup:
    """The verdict on a file that is not a photo."""
    return panel("refused", "!", f"{name or 'This file'} could not be read", sentence)


def verdict(
    reading: Reading,
    confident_from: float,
    truth: Truth | None,
    others: Sequence[tuple[str, int]] = (),
    actions: bool = False,
    in_box: bool = False,
) -> Markup:
    """The main result: number, state, confidence, advice and, if the truth is known, whether it is right.

    others: further numbers of the photo with their indices. actions: whether to show buttons for the number. in_box:
    whether a person has drawn the box.
    """
    state, share = state_of(reading, confident_from), reading.confidence
    right = _right_or_wrong(reading, truth)
    if state == "long":
        return panel("long", "…", "More than five digits", TOO_LONG, right=right, others=others)
    if state == "none":
        found_none = truth is not None and not truth.number
        advice = NONE_IN_BOX if in_box else _advice_without_number(reading, found_none)
        return panel("none", "–", "No number found", advice, right=right, others=others)
    rival = rival_of(reading) if state == "check" else None
    headline = "Confident" if state == "confident" else "Check this"
    advice = "" if state == "confident" else _advice(share, rival)
    either = (reading.number, rival.number) if rival and rival.near_tie else ()
    return panel(state, reading.number, headline, advice, share, right, rival, either, others, actions)


def _advice(share: float, rival: Rival | None) -> str:
    if not share:
        return REJECTED
    if rival is None:
        return CHECK
    return f"It could also be {rival.number} ({percent(rival.share)})."


def _advice_without_number(reading: Reading, found_none: bool) -> str:
    guess = closest_guess(reading)
    closest = "" if guess is None else f"Closest guess: {guess.number} ({percent(guess.confidence)})."
    return " ".join(part for part in (closest, "" if found_none else NONE) if part)


def answer_of(reading: Reading) -> str | None:
    """A reading's answer, for comparison: the number, "" if there is none, None for more than five digits."""
    return None if reading.too_long else reading.number or ""


def true_answer(truth: Truth) -> str | None:
    """The answer of a correct reading."""
    return None if len(truth.number) > MAX_DIGITS else truth.number


def describe_truth(truth: Truth) -> Markup:
    """The truth as half a sentence of HTML."""
    return macro("verdict", "true_number", truth.number)


def _right_or_wrong(reading: Reading, truth: Truth | None) -> Markup:
    if truth is None:
        return Markup()
    return macro("verdict", "right_or_wrong", answer_of(reading) == true_answer(truth), describe_truth(truth))


def panel(
    state: str,
    plate: str,
    headline: str,
    advice: str,
    share: float | None = None,
    right: str = "",
    rival: Rival | None = None,
    either: Sequence[str] = (),
    others: Sequence[tuple[str, int]] = (),
    actions: bool = False,
) -> Markup:
    """A number plate with words next to it; `right` is HTML."""
    return macro(
        "verdict",
        "panel",
        state,
        plate,
        headline,
        advice,
        None if share is None else (share, percent(share)),
        Markup(right),
        -1 if rival is None or rival.position is None else rival.position,
        rival.digit if rival else None,
        either,
        others,
        actions,
    )


def alt_text(looked_at: Reading, others: Sequence[Reading], true: bool) -> str:
    """The alternative text of the picture with its boxes."""
    parts = ["no number was found" if looked_at.box is None else f"{looked_at.label} in a solid green box"]
    parts += [f"{other.label} in a thin one" for other in others]
    parts += ["the true box dashed in red"] * true
    return "Your photo: " + ", ".join(parts)


def legend(found: bool, true: bool, others: bool = False, name: str = "Found") -> str:
    """The legend of the boxes in the picture, `name` for the green one; "" if there is none."""
    entries = [("found", name, found), ("others", "Other numbers", others), ("true", "Ground truth", true)]
    shown = [entry[:2] for entry in entries if entry[2]]
    return str(macro("verdict", "legend", shown)) if shown else ""
