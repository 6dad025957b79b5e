"""The comparison of networks as HTML: a summary in sentences, a card a network, a table of all pairs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

from svhn import boxes as bx
from svhn.boxes import Box
from svhn.images import draw, preprocess
from svhn.reading import Reading

from ..comparison import CropReading, Localization, group_by_place
from ..ground_truth import SAME_PLACE_IOU, Truth, iou
from ..model_zoo import Network, Networks, Pair
from . import charts, images, text

PICTURE_SIDE = 420  # pixels, of the photo in a card; Gradio keeps what it shows with the session
CROP_SIDE = 360
GOOD_PLACE = 0.5  # IoU with the true box

IDLE = "Send a photo or try an example: every model looks at the same one, and you see where they differ."
IOU = '<abbr title="Intersection over union with the true box">IoU</abbr>'
LOCALIZERS = "<h3>Where is the number?</h3>"
READERS = """<h3>What does it say?</h3><p class="note">All readers get the same crop. Rows are digits, columns
positions; – means no digit. Hover or tap for exact values.</p>"""
PAIRS = """<p class="note">One model finds the number, another reads it, as in the tab “One photo”. A pair weighs
several boxes, so its number may differ from what its reader says about the best box above.</p>"""
CELL_TEXT = {"": "none", None: "&gt; 5 digits"}  # where a cell has no number
Answer = str | None
NUMERALS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def idle() -> str:
    """The summary before there is a photo."""
    return text.panel("idle", "?", "Do they agree?", IDLE)


def network_list(networks: Networks) -> str:
    """All networks by name, for somebody who has not sent a photo yet."""
    lists = ""
    for head, shipped in (("Find the number", networks.localizers), ("Read the digits", networks.readers)):
        names = "".join(f"<li>{_name(network)}</li>" for network in shipped)
        lists += f"<section><h3>{head}</h3><ul>{names}</ul></section>"
    return f'<div class="roll">{lists}</div>'


def summary(found: Sequence[Localization], reads: Sequence[CropReading], truth: Truth | None) -> str:
    """Whether the readers agree, whether the localizers do, and who is right where the truth is known."""
    sizes = [len(group) for group in group_by_place(found)]
    where = describe_localizers(sizes, len(found) - sum(sizes))
    if not reads:
        none = truth is not None and not truth.number
        right = _truth(none, f"{'Right' if none else 'Wrong'}: {text.describe_truth(truth)}.") if truth else ""
        return text.panel("none", "–", where, "", right=right)
    answers = [text.answer_of(read.reading) for read in reads]
    state, plate = {"": ("none", "–"), None: ("long", "…")}.get(answers[0], ("confident", answers[0]))  # the default's
    state = state if len(set(answers)) == 1 else "check"
    return text.panel(state, plate, describe_readers(answers), where, right=_score(reads, truth))


def _score(reads: Sequence[CropReading], truth: Truth | None) -> str:
    """How many of the readers are right."""
    if truth is None:
        return ""
    n, total = sum(text.answer_of(read.reading) == text.true_answer(truth) for read in reads), len(reads)
    if n in (0, total):
        return _truth(n > 0, f"{'Right' if n else 'Wrong'}: {text.describe_truth(truth)}.")
    return _truth(None, f"{spell(n).capitalize()} of {spell(total)} right: {text.describe_truth(truth)}.")


def _truth(right: bool | None, sentence: str) -> str:
    """A sentence with its sign; None is neither right nor wrong."""
    sign, kind = {True: ("✓ ", "right"), False: ("✗ ", "wrong"), None: ("", "")}[right]
    return f'<p class="truth {kind}"><span aria-hidden="true">{sign}</span>{sentence}</p>'


def localizer_cards(photo: np.ndarray, found: Sequence[Localization], truth: Truth | None) -> str:
    """A card a localizer: the photo, RGB uint8 (h, w, 3), with its best box over the true one, score and time."""
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
        score = "" if each.box is None else f"score <b>{each.scores[0]:.2f}</b> · "
        cards.append(
            f"<figure>{images.img_tag(picture, alt, quality=84)}</figure><div><h4>{_name(each.network)}</h4>"
            f"{_place(each, found[0], truth)}<p class='cost'>{score}{_ms(each.ms)}</p></div>"
        )
    legend = text.legend(any(each.box for each in found), true is not None)
    return f"{LOCALIZERS}{legend}{_cards('localizers', cards)}"


def _place(found: Localization, default: Localization, truth: Truth | None) -> str:
    """Whether the place is right, where that is known, or else whether the default looks elsewhere."""
    if truth is not None and not truth.number:
        none = found.box is None
        return _truth(none, "Finds none, rightly" if none else "There is no number in this photo")
    if found.box is None:
        return _truth(False if truth else None, "Finds no number")
    if truth is not None and truth.box is not None:
        share = iou(found.box, truth.box)
        return _truth(share >= GOOD_PLACE, f"{IOU} {share:.2f}")
    if default.box is not None and iou(default.box, found.box) <= SAME_PLACE_IOU:
        return _differs("Looks elsewhere")
    return ""


def _differs(sentence: str) -> str:
    return f'<p class="differs"><span aria-hidden="true">≠ </span>{sentence}</p>'


def crop_figure(photo: np.ndarray, box: Box) -> str:
    """What all readers get of RGB uint8 (h, w, 3), with the usual margin."""
    cut = preprocess.cut(photo, bx.expand(np.array(box), preprocess.CROP_MARGIN))
    return f"<figure>{images.img_tag(draw.shrink(cut, CROP_SIDE), 'The crop that all readers get')}</figure>"


def reader_cards(reads: Sequence[CropReading], unsure_below: float, truth: Truth | None) -> str:
    """A card a reader: number, confidence, right or wrong where that is known, or else how it differs from the default,
    softmaxes, time."""
    answers = [text.answer_of(read.reading) for read in reads]
    cards = []
    for read, answer in zip(reads, answers, strict=True):
        difference, good = describe_difference(answer, answers), truth is not None and answer == text.true_answer(truth)
        judged = _truth(good, "Right" if good else "Wrong") if truth else _differs(difference) if difference else ""
        probs = "<div></div>" if read.reading.box is None else charts.small_chart(read.reading)
        cards.append(
            f"<h4>{_name(read.network)}</h4>{text.compact_verdict(read.reading, unsure_below)}"
            f"<div>{judged}</div>{probs}<p class='cost'>{_ms(read.ms)}</p>"
        )
    return _cards("readers", cards)


def _name(network: Network) -> str:
    """Its title, whether it is the default, where it comes from, and how well it was measured to work."""
    origin = ["the default"] * network.default + [f"document {network.document}"] * bool(network.document)
    origin += [network.measured] * bool(network.measured)
    return f"{escape(network.title)}<small>{escape(' · '.join(origin))}</small>"


def _cards(kind: str, cards: Sequence[str]) -> str:
    return f'<ul class="cards {kind}">{"".join(f"<li>{card}</li>" for card in cards)}</ul>'


def _ms(ms: float) -> str:
    return f"{ms:.0f} ms" if ms >= 9.5 else f"{ms:.1f} ms"


def pair_table(networks: Networks, read: Mapping[Pair, Reading], truth: Truth | None) -> str:
    """A row a localizer, a column a reader; numbers that are wrong or, where nobody knows, differ from the default
    pair's are marked."""
    answers = {pair: text.answer_of(reading) for pair, reading in read.items()}
    default = networks.localizers[0].name, networks.readers[0].name
    expected, sign, word = answers[default], "≠", "differs"
    if truth is not None:
        expected, sign, word = text.true_answer(truth), "✗", "wrong"
    meaning = "wrong" if truth else "that it differs from the default pair"
    mark = f'<span aria-hidden="true"> {sign}</span><span class="spoken"> {word}</span>'

    def cell(answer: str | None) -> str:
        shown = answer or CELL_TEXT[answer]
        return f"<td>{shown}</td>" if answer == expected else f'<td class="{word}">{shown}{mark}</td>'

    def row(localizer: Network) -> str:
        cells = "".join(cell(answers[localizer.name, reader.name]) for reader in networks.readers)
        return f'<tr><th scope="row">{escape(localizer.title)}</th>{cells}</tr>'

    heads = "".join(f'<th scope="col">{escape(reader.title)}</th>' for reader in networks.readers)
    summary_text = describe_pairs(list(answers.values()), expected, text.describe_truth(truth) if truth else "")
    return (
        f"<details><summary>{summary_text}</summary>{PAIRS}"
        '<div class="scrolls" tabindex="0" role="region" aria-label="What every pair says"><table class="pairs">'
        f"<thead><tr><td></td>{heads}</tr></thead><tbody>{''.join(map(row, networks.localizers))}</tbody></table></div>"
        f'<p class="note">Rows find the number, columns read it; {sign} means {meaning}.</p></details>'
    )


def spell(n: int) -> str:
    """In words up to ten."""
    return NUMERALS[n] if n < len(NUMERALS) else str(n)


def describe_readers(answers: Sequence[Answer]) -> str:
    """What the readers say of the same crop."""
    counted = Counter(answers).most_common()
    if len(counted) == 1:
        return f"{_all(len(answers), 'reader')} {_says(answers[0], len(answers))}."
    parts, verb = [], False
    for answer, n in counted:
        parts.append(f"{spell(n)} {answer if answer and verb else _says(answer, n)}")
        verb = verb or bool(answer)
    return f"The readers disagree: {', '.join(parts)}."


def describe_localizers(sizes: Sequence[int], without: int) -> str:
    """Where the localizers look: how many look at each place, the most first, and how many find none."""
    total = sum(sizes) + without
    if not sizes:
        return f"{_all(total, 'localizer')} {_verb('find', total)} no number."
    if sizes[0] == total:
        return f"{_all(total, 'localizer')} {_verb('find', total)} {'a number' if total == 1 else 'the same place'}."
    if len(sizes) == 1:
        parts = [f"{spell(sizes[0])} {_verb('find', sizes[0])} {'a number' if sizes[0] == 1 else 'the same place'}"]
    elif sizes[0] == 1:
        parts = [f"{spell(len(sizes))} find different places"]
    else:
        elsewhere = sum(sizes[1:])
        parts = [f"{spell(sizes[0])} find the same place", f"{spell(elsewhere)} {_verb('look', elsewhere)} elsewhere"]
    if without:
        parts.append(f"{spell(without)} {_verb('find', without)} no number")
    return f"Of the {spell(total)} localizers, {', '.join(parts)}."


def describe_pairs(answers: Sequence[Answer], expected: Answer, truth: str = "") -> str:
    """How many of all pairs give the expected answer: the default pair's or, where a half-sentence states it, the
    truth."""
    total, n = len(answers), sum(answer == expected for answer in answers)
    who = f"All {total} pairs" if n == total else f"{n or 'None'} of the {total} pairs"
    few = 1 if n < 2 else n
    return f"{who} {'is' if few == 1 else 'are'} right: {truth}." if truth else f"{who} {_says(expected, few)}."


def describe_difference(answer: Answer, answers: Sequence[Answer]) -> str:
    """How an answer differs from the default's, which is the first; "" where it does not."""
    return "" if answer == answers[0] else f"Differs: the default {_says(answers[0], 1)}"


def _all(n: int, noun: str) -> str:
    return f"The {noun}" if n == 1 else f"Both {noun}s" if n == 2 else f"All {spell(n)} {noun}s"


def _says(answer: Answer, n: int) -> str:
    if answer is None:
        return f"{_verb('see', n)} {text.MORE_THAN_FIVE}"
    return f"{_verb('say', n)} {answer}" if answer else f"{_verb('find', n)} no number"


def _verb(stem: str, n: int) -> str:
    return stem + "s" if n == 1 else stem
