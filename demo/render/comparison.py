"""The comparison of networks as HTML: a summary, and a card a network."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from svhn import boxes as bx
from svhn import preprocess
from svhn.boxes import Box

from ..comparison import Found, Read, places
from ..ground_truth import Truth
from ..model_zoo import Network, Networks
from ..session import overlap
from . import charts, images, text, votes

PICTURE_SIDE = 420  # pixels, of the photo in a card; Gradio keeps what it shows with the session
CROP_SIDE = 360
GOOD_PLACE = 0.5  # IoU with the true box

IDLE = "Drop in a photo or try an example: every network looks at the same one, and you see where they part."
IOU = '<abbr title="Intersection over union with the true box">IoU</abbr>'
LOCALIZERS = "<h3>Where is the number?</h3>"
READERS = """<h3>What does it say?</h3><p class="note">All readers get the same crop. Their tables have a column for
every position and a row for every digit, – for none, and say below how many digits there are, all in percent. Point at
a cell or tap it for its figures.</p>"""


def idle() -> str:
    """The summary before there is a photo."""
    return text.panel("idle", "?", "Do they agree?", IDLE)


def roll(networks: Networks) -> str:
    """All networks by name, for somebody who has not sent a photo yet."""
    lists = ""
    for head, shipped in (("They look", networks.localizers), ("They read", networks.readers)):
        names = "".join(f"<li>{_name(network)}</li>" for network in shipped)
        lists += f"<section><h3>{head}</h3><ul>{names}</ul></section>"
    return f'<div class="roll">{lists}</div>'


def summary(found: Sequence[Found], reads: Sequence[Read], truth: Truth | None) -> str:
    """Whether the readers agree, whether the localizers do, and who is right where the truth is known."""
    sizes = [len(group) for group in places(found)]
    where = votes.of_localizers(sizes, len(found) - sum(sizes))
    if not reads:
        none = truth is not None and not truth.number
        right = _truth(none, f"{'Right' if none else 'Wrong'}: {text.told(truth)}.") if truth else ""
        return text.panel("none", "–", where, "", right=right)
    answers = [text.said(read.reading) for read in reads]
    state, plate = "unsure", "≠"
    if len(set(answers)) == 1:
        state, plate = {"": ("none", "–"), None: ("long", "…")}.get(answers[0], ("sure", answers[0]))
    return text.panel(state, plate, votes.of_readers(answers), where, right=_score(reads, truth))


def _score(reads: Sequence[Read], truth: Truth | None) -> str:
    """How many of the readers are right."""
    if truth is None:
        return ""
    n, total = sum(text.said(read.reading) == text.expected(truth) for read in reads), len(reads)
    if n in (0, total):
        return _truth(n > 0, f"{'Right' if n else 'Wrong'}: {text.told(truth)}.")
    return _truth(None, f"{votes.count(n).capitalize()} of {votes.count(total)} right: {text.told(truth)}.")


def _truth(right: bool | None, sentence: str) -> str:
    """A sentence with its sign; None is neither right nor wrong."""
    sign, kind = {True: ("✓ ", "right"), False: ("✗ ", "wrong"), None: ("", "")}[right]
    return f'<p class="truth {kind}"><span aria-hidden="true">{sign}</span>{sentence}</p>'


def localizers(photo: np.ndarray, found: Sequence[Found], truth: Truth | None) -> str:
    """A card a localizer: the photo, RGB uint8 (h, w, 3), with its best box over the true one, score and time."""
    shown = images.annotate(photo, None, None)
    factors = shown.shape[1] / photo.shape[1], shown.shape[0] / photo.shape[0]

    def scaled(box: Box | None) -> Box | None:
        return None if box is None else tuple(map(float, bx.scale(box, *factors)))

    true = truth.box if truth else None
    groups = places(found)
    cards = []
    for each in found:
        picture = images.shrunk(images.annotate(shown, scaled(each.box), scaled(true)), PICTURE_SIDE)
        what = "no box" if each.box is None else "its best box in green"
        alt = f"The photo with {what}{', the true one dashed in red' if true else ''}"
        score = "" if each.box is None else f"score <b>{each.scores[0]:.2f}</b> · "
        cards.append(
            f"<figure>{images.image(picture, alt, quality=84)}</figure><div><h4>{_name(each.network)}</h4>"
            f"{_place(each, groups, truth)}<p class='cost'>{score}{_ms(each.ms)}</p></div>"
        )
    legend = text.legend(any(each.box for each in found), true is not None)
    return f"{LOCALIZERS}{legend}{_cards('localizers', cards)}"


def _place(found: Found, groups: Sequence[Sequence[Found]], truth: Truth | None) -> str:
    """Whether the place is right, where that is known, or else whether others look elsewhere."""
    if truth is not None and not truth.number:
        none = found.box is None
        return _truth(none, "Finds none, rightly" if none else "There is no number in this photo")
    if found.box is None:
        return _truth(False if truth else None, "Finds no number")
    if truth is not None and truth.box is not None:
        share = overlap(found.box, truth.box)
        return _truth(share >= GOOD_PLACE, f"{IOU} {share:.2f}")
    if len(groups) > 1 and found not in groups[0]:
        return _differs("Looks elsewhere")
    return ""


def _differs(sentence: str) -> str:
    return f'<p class="differs"><span aria-hidden="true">≠ </span>{sentence}</p>'


def crop(photo: np.ndarray, box: Box) -> str:
    """What all readers get of RGB uint8 (h, w, 3), with the usual margin."""
    cut = preprocess.cut(photo, bx.expand(np.array(box), preprocess.CROP_MARGIN))
    return f"<figure>{images.image(images.shrunk(cut, CROP_SIDE), 'The crop that all readers get')}</figure>"


def readers(reads: Sequence[Read], unsure_below: float, truth: Truth | None) -> str:
    """A card a reader: number, confidence, how it differs from the others, softmaxes, time."""
    answers = [text.said(read.reading) for read in reads]
    cards = []
    for read, answer in zip(reads, answers, strict=True):
        apart, good = votes.apart(answer, answers), truth is not None and answer == text.expected(truth)
        differs = _differs(apart) if apart else ""
        right = _truth(good, "Right" if good else "Wrong") if truth else ""
        probs = "<div></div>" if read.reading.box is None else charts.small(read.reading)
        cards.append(
            f"<h4>{_name(read.network)}</h4>{text.brief(read.reading, unsure_below)}<div>{differs}{right}</div>"
            f"{probs}<p class='cost'>{_ms(read.ms)}</p>"
        )
    return _cards("readers", cards)


def _name(network: Network) -> str:
    """Its title, whether it is the default, and where it comes from."""
    origin = ["the default"] * network.default + [f"document {network.document}"] * bool(network.document)
    return f"{escape(network.title)}<small>{escape(' · '.join(origin))}</small>"


def _cards(kind: str, cards: Sequence[str]) -> str:
    return f'<ul class="cards {kind}">{"".join(f"<li>{card}</li>" for card in cards)}</ul>'


def _ms(ms: float) -> str:
    return f"{ms:.0f} ms" if ms >= 9.5 else f"{ms:.1f} ms"
