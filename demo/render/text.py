"""A reading in words: the number plate, how sure the models are, and what a person can do about doubt."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from svhn.labels import MAX_DIGITS
from svhn.reading import Reading

from ..ground_truth import Truth

SURENESS = (
    (0.99, "Almost certain"),
    (0.95, "Very sure"),
    (0.85, "Fairly sure"),
    (0.5, "Rather sure"),
    (0.0, "A guess"),
)

IDLE = "Drop in a photo, take one with the camera, or try an example: the number will stand here."
STEPS = (
    ("It looks", "One network searches the whole photo for a house number, wherever it hangs."),
    ("It reads", "Another reads the digits there, up to five, and weighs every digit against the others."),
    ("It says so", "You see the number, the place, and an honest figure of how sure the two are."),
)
NONE = "Go closer, so that the number fills about a tenth of the photo, and keep it in the light."
UNSURE = "Check it against the photo. Going closer, holding still or avoiding glare usually helps."
REJECTED = "The network that found the number sees another count of digits there, so this reading is rejected."
BUSY = "The page is busy or was cut off. Send the photo again in a moment."
FORGOTTEN = "This photo has been forgotten; send it again to go on."
MORE_THAN_FIVE = "more than five digits"
TOO_LONG = "The reader knows numbers of up to five digits. Cut the photo to the digits that matter."


VERY_LIKELY = 0.995  # and more: the other readings are then no news


def percent(p: float) -> str:
    """0 ... 1 -> what a person reads; never a rounded 100 % or 0 %."""
    if p >= VERY_LIKELY:
        return ">99 %"
    return "<1 %" if p < 0.01 else f"{p:.0%}".replace("%", " %")


def percent_exact(p: float) -> str:
    """0 ... 1 -> percent with one decimal; never a rounded 100 % or 0 %."""
    return ">99.9 %" if p >= 0.9995 else "<0.1 %" if p < 0.0005 else f"{p * 100:.1f} %"


def announcement(reading: Reading, unsure_below: float) -> str:
    """A reading for those who hear it; nothing where there is no number."""
    if reading.number is None:
        return MORE_THAN_FIVE if reading.too_long else ""
    return reading.number if reading.confidence >= unsure_below else f"{reading.number}, unsure"


def compact_verdict(reading: Reading, unsure_below: float) -> str:
    """A reading among others: the number on a small plate, and how sure."""
    if reading.number is None:
        plate, text = ("…", MORE_THAN_FIVE) if reading.too_long else ("–", "no number")
        return f'<p class="brief none"><b>{plate}</b><span>{text}</span></p>'
    state, doubt = ("unsure", ", unsure") if reading.confidence < unsure_below else ("sure", "")
    figure = escape(percent(reading.confidence))
    return f'<p class="brief {state}"><b>{reading.number}</b><span>{figure}{doubt}</span></p>'


def confidence_phrase(confidence: float) -> str:
    return next(words for least, words in SURENESS if confidence >= least)


def idle() -> str:
    """The verdict before there is a photo."""
    return panel("idle", "?", "What is the number?", IDLE)


def steps() -> str:
    """What will happen, for somebody who has not sent a photo yet."""
    return "<ol class='steps'>" + "".join(f"<li><b>{head}</b>{text}</li>" for head, text in STEPS) + "</ol>"


def waiting() -> str:
    """The verdict while a photo waits for its turn and is read."""
    return panel("reading", "…", "Reading …", "")


def not_read() -> str:
    """The verdict on a photo that did not get its turn."""
    return panel("refused", "!", "Not read", BUSY)


def refusal(sentence: str) -> str:
    """The verdict on a file that is no photo."""
    return panel("refused", "!", "This file could not be read", sentence)


def verdict(reading: Reading, unsure_below: float, truth: Truth | None) -> str:
    """The first thing a person sees: number, state, confidence, advice, and right or wrong where it is known."""
    share = reading.confidence
    right = _right_or_wrong(reading, truth)
    if reading.too_long:
        return panel("long", "…", "More than five digits", TOO_LONG, right=right)
    if reading.number is None:
        found_none = truth is not None and not truth.number
        return panel("none", "–", "No number found", "" if found_none else NONE, right=right)
    if share < unsure_below:
        return panel("unsure", reading.number, "Unsure", UNSURE if share else REJECTED, share, right)
    return panel("sure", reading.number, confidence_phrase(share), "", share, right)


def answer_of(reading: Reading) -> str | None:
    """A reading as something to agree on: the number, "" where there is none, None for more than five digits."""
    return None if reading.too_long else reading.number or ""


def true_answer(truth: Truth) -> str | None:
    """What a right reading says."""
    return None if len(truth.number) > MAX_DIGITS else truth.number


def describe_truth(truth: Truth) -> str:
    """The truth in a half-sentence of HTML."""
    return f"the true number is <b>{escape(truth.number)}</b>" if truth.number else "there is no number in this photo"


def _right_or_wrong(reading: Reading, truth: Truth | None) -> str:
    if truth is None:
        return ""
    mark, word = ("✓", "Right") if answer_of(reading) == true_answer(truth) else ("✗", "Wrong")
    return (
        f'<p class="truth {word.lower()}"><span aria-hidden="true">{mark}</span> {word}: {describe_truth(truth)}.</p>'
    )


def panel(state: str, plate: str, headline: str, advice: str, share: float | None = None, right: str = "") -> str:
    """A number plate, and words beside it; `right` is HTML."""
    meter = ""
    if share is not None:
        figure = percent(share)
        meter = (
            f'<p class="share">{_bar(share)}<span><b>{escape(figure)}</b> <span class="of">confidence</span></span></p>'
        )
    advice = f'<p class="advice">{escape(advice)}</p>' if advice else ""
    return (
        f'<section class="verdict {state}" data-state="{state}" role="status">'
        f'<p class="plate digits-{len(plate)}">{escape(plate)}</p>'
        f'<div class="words"><h2>{escape(headline)}</h2>{meter}{right}{advice}</div></section>'
    )


def _bar(p: float) -> str:
    return f'<span class="bar" aria-hidden="true"><i style="width:{p:.1%}"></i></span>'


def likeliest(reading: Reading, k: int = 3) -> str:
    """The k most likely readings with their probabilities, quietly where the first leaves no doubt; "" without a
    number."""
    if reading.number is None:
        return ""
    rows = "".join(
        f"<li><b>{escape(number) or 'no number'}</b>{_bar(p)}<span>{percent(p)}</span></li>"
        for number, p in reading.likeliest(k)
    )
    quiet = " quiet" if reading.confidence >= VERY_LIKELY else ""
    return f'<section class="likeliest{quiet}"><h3>Most likely</h3><ol>{rows}</ol></section>'


def alt_text(looked_at: Reading, others: Sequence[Reading], true: bool) -> str:
    """The picture with the boxes, for those who do not see it."""
    said = ["no number was found" if looked_at.box is None else f"{looked_at.label} in a solid green box"]
    said += [f"{other.label} in a thin one" for other in others]
    said += ["the true box dashed in red"] * true
    return "Your photo: " + ", ".join(said)


def timing(timings_ms: dict[str, float]) -> str:
    """How long it took, as a whole and by stage."""
    stages = " · ".join(f"{escape(stage)} {ms:.0f} ms" for stage, ms in timings_ms.items())
    return f'<p class="timing">Read in <b>{sum(timings_ms.values()):.0f} ms</b> <span>({stages})</span></p>'


def legend(found: bool, true: bool, others: bool = False) -> str:
    """What the boxes in the picture mean; "" when there is none."""
    entries = [
        ("found", "solid green: found", found),
        ("others", "thin green: other numbers", others),
        ("true", "dashed red: true", true),
    ]
    shown = "".join(f'<li><i class="{name}" aria-hidden="true"></i>{text}</li>' for name, text, on in entries if on)
    return f'<ul class="legend">{shown}</ul>' if shown else ""
