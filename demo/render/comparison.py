"""The comparison of networks as HTML: a summary, a card for each network, a table of all pairs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from markupsafe import Markup

from svhn import boxes as bx
from svhn.boxes import Box
from svhn.images import draw, preprocess
from svhn.reading import Reading

from ..comparison import CropReading, Localization, group_by_place
from ..ground_truth import SAME_PLACE_IOU, Truth, iou
from ..model_zoo import Networks, Pair
from . import charts, images, text
from .templating import macro

PICTURE_SIDE = 420  # pixels, of the photo in a card; Gradio keeps what it shows with the session
CROP_SIDE = 360
GOOD_PLACE = 0.5  # IoU with the true box

IDLE = "Send a photo or try an example: every model looks at the same one, and you see where they differ."
READERS = """<h3>What does it say?</h3><p class="note">All readers get the same crop. Rows are digits, columns
positions; – means no digit. Hover or tap for exact values.</p>"""
PAIRS = Markup(
    '<p class="note">One model finds the number, another reads it, as in the tab “One photo”. A pair weighs several '
    "boxes, so its number may differ from what its reader says about the best box above.</p>"
)
NO_NUMBER = "no number"
CELLS = {"": "none", None: "> 5 digits"}  # of the table, without a number
Answer = str | None  # see `text.answer_of`


def idle() -> Markup:
    """The summary before there is a photo."""
    return text.panel("idle", "?", "Do they agree?", IDLE)


def network_list(networks: Networks) -> Markup:
    """All networks by name, for somebody who has not sent a photo yet."""
    return macro(
        "comparison",
        "network_list",
        [("Find the number", networks.localizers), ("Read the digits", networks.readers)],
    )


def summary(found: Sequence[Localization], reads: Sequence[CropReading], truth: Truth | None) -> Markup:
    """Whether the readers agree, whether the localizers do, and who is right if the truth is known."""
    sizes = [len(group) for group in group_by_place(found)]
    where = describe_localizers(sizes, len(found) - sum(sizes))
    if not reads:
        right = _right_or_wrong(not truth.number, truth) if truth else ""
        return text.panel("none", "–", where, "", right=right)
    answers = [text.answer_of(read.reading) for read in reads]
    state, plate = {"": ("none", "–"), None: ("long", "…")}.get(answers[0], ("confident", answers[0]))  # the default's
    state = state if len(set(answers)) == 1 else "check"
    return text.panel(state, plate, describe_readers(answers), where, right=_score(answers, truth))


def _score(answers: Sequence[Answer], truth: Truth | None) -> Markup | str:
    """How many of the readers are right."""
    if truth is None:
        return ""
    n, total = answers.count(text.true_answer(truth)), len(answers)
    if n in (0, total):
        return _right_or_wrong(n > 0, truth)
    return _judged("truth", Markup("{} of {} right: {}.").format(n, total, text.describe_truth(truth)))


def _right_or_wrong(right: bool, truth: Truth) -> Markup:
    return _truth(right, Markup("{}: {}.").format("Right" if right else "Wrong", text.describe_truth(truth)))


def _truth(right: bool, sentence: str) -> Markup:
    return _judged("truth right" if right else "truth wrong", sentence)


def _judged(kind: str, sentence: str) -> Markup:
    """A sentence with the sign of its kind."""
    return macro("comparison", "judged", kind, sentence)


def localizer_cards(photo: np.ndarray, found: Sequence[Localization], truth: Truth | None) -> Markup:
    """A card for each localizer: the photo, RGB uint8 (h, w, 3), with its best box over the true one, score, time."""
    shown = draw.annotate(photo, None, None)
    factors = shown.shape[1] / photo.shape[1], shown.shape[0] / photo.shape[0]

    def scaled(box: Box | None) -> Box | None:
        return None if box is None else tuple(map(float, bx.scale(box, *factors)))

    true = truth.box if truth else None
    cards = []
    for each in found:
        picture = draw.shrink(draw.annotate(shown, scaled(each.box), scaled(true)), PICTURE_SIDE)
        what = "no box" if each.box is None else "its best box in green"
        alt = f"The photo with {what}{', the true one dashed in red' if true else ''}"
        cards.append(
            {
                "network": each.network,
                "picture": images.img_tag(picture, alt, quality=84),
                "judged": _place(each, found[0], truth),
                "score": None if each.box is None else each.scores[0],
                "time": _ms(each.ms),
            }
        )
    legend = Markup(text.legend(any(each.box for each in found), true is not None))
    return macro("comparison", "localizers", legend, cards)


def _place(found: Localization, default: Localization, truth: Truth | None) -> Markup | str:
    """Whether the place is right, if that is known, or else whether the default looks elsewhere."""
    if truth is not None and not truth.number:
        none = found.box is None
        return _truth(none, "Finds none, rightly" if none else "There is no number in this photo")
    if found.box is None:
        return _judged("truth wrong" if truth else "truth", "Finds no number")
    if truth is not None and truth.box is not None:
        share = iou(found.box, truth.box)
        return _truth(share >= GOOD_PLACE, macro("comparison", "iou", share))
    if default.box is not None and iou(default.box, found.box) <= SAME_PLACE_IOU:
        return _judged("differs", "Looks elsewhere")
    return ""


def crop_figure(photo: np.ndarray, box: Box) -> Markup:
    """The crop of RGB uint8 (h, w, 3) that all readers get, with the usual margin."""
    cut = preprocess.cut(photo, bx.expand(np.array(box), preprocess.CROP_MARGIN))
    return macro("comparison", "crop", images.img_tag(draw.shrink(cut, CROP_SIDE), "The crop that all readers get"))


def reader_cards(reads: Sequence[CropReading], unsure_below: float, truth: Truth | None) -> Markup:
    """A card for each reader: number, confidence, whether it is right, if that is known, or else how it differs from
    the default, softmaxes, time."""
    answers = [text.answer_of(read.reading) for read in reads]
    cards = []
    for read, answer in zip(reads, answers, strict=True):
        if truth:
            right = answer == text.true_answer(truth)
            judged = _truth(right, "Right" if right else "Wrong")
        else:
            difference = describe_difference(answer, answers[0])
            judged = _judged("differs", difference) if difference else ""
        cards.append(
            {
                "network": read.network,
                "verdict": text.compact_verdict(read.reading, unsure_below),
                "judged": judged,
                "chart": None if read.reading.box is None else charts.small_chart(read.reading),
                "time": _ms(read.ms),
            }
        )
    return macro("comparison", "readers", cards)


def _ms(ms: float) -> str:
    return f"{ms:.0f} ms" if ms >= 9.5 else f"{ms:.1f} ms"


def pair_table(networks: Networks, read: Mapping[Pair, Reading], truth: Truth | None) -> Markup:
    """A row for each localizer, a column for each reader. Numbers that are wrong or, if the truth is unknown, differ
    from the default pair's are marked."""
    answers = {pair: text.answer_of(reading) for pair, reading in read.items()}
    expected = text.true_answer(truth) if truth else answers[networks.localizers[0].name, networks.readers[0].name]
    rows = [
        (
            localizer.title,
            [
                (answer or CELLS[answer], answer != expected)
                for answer in (answers[localizer.name, reader.name] for reader in networks.readers)
            ],
        )
        for localizer in networks.localizers
    ]
    return macro(
        "comparison",
        "pairs",
        describe_pairs(list(answers.values()), expected, text.describe_truth(truth) if truth else None),
        [reader.title for reader in networks.readers],
        rows,
        PAIRS,
        *(("✗", "wrong", "wrong") if truth else ("≠", "differs", "that it differs from the default pair")),
    )


def describe_readers(answers: Sequence[Answer]) -> str:
    """Whether the readers agree about the same crop, and if not, how many give each answer."""
    counts = Counter(map(_name, answers)).most_common()
    return "The readers agree." if len(counts) == 1 else f"The readers disagree: {_list(counts)}."


def describe_localizers(sizes: Sequence[int], without: int) -> str:
    """Whether the localizers agree: how many look at each place, the most first, and how many find no number."""
    if not sizes:
        return f"The localizers find {NO_NUMBER}."
    if len(sizes) == 1 and not without:
        return "The localizers agree on the place."
    return (
        "The localizers disagree: "
        + _list([("one place", sizes[0]), ("elsewhere", sum(sizes[1:])), (NO_NUMBER, without)])
        + "."
    )


def describe_pairs(answers: Sequence[Answer], expected: Answer, truth: Markup | None = None) -> Markup:
    """How many of all pairs give the expected answer: the default pair's or, with a half-sentence about it, the
    truth."""
    if truth is None:
        return Markup("{} of {} pairs: {}.").format(answers.count(expected), len(answers), _name(expected))
    return Markup("{} of {} pairs right: {}.").format(answers.count(expected), len(answers), truth)


def describe_difference(answer: Answer, default: Answer) -> str:
    """How an answer differs from the default's; "" if it does not."""
    return "" if answer == default else f"Differs from the default: {_name(default)}"


def _name(answer: Answer) -> str:
    return text.MORE_THAN_FIVE if answer is None else answer or NO_NUMBER


def _list(counts: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{name} ({n})" for name, n in counts if n)
