"""What every pair of networks says of a photo, as a table in HTML."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from svhn.reading import Reading

from ..ground_truth import Truth
from ..model_zoo import Network, Networks, Pair
from . import text, votes

HEAD = """<h3>Every pair</h3><p class="note">One network finds, another reads, as on the tab “One photo”: a pair
weighs several boxes, so its number may differ from what its reader says of the best box above.</p>"""
SHORT = {"": "none", None: "&gt; 5 digits"}  # where a cell has no number


def pair_table(networks: Networks, read: Mapping[Pair, Reading], truth: Truth | None) -> str:
    """A row a localizer, a column a reader; numbers that are wrong or, where nobody knows, differ from most are
    marked."""
    answers = {pair: text.said(reading) for pair, reading in read.items()}
    expected, sign, word = votes.most(list(answers.values())), "≠", "differs"
    if truth is not None:
        expected, sign, word = text.expected(truth), "✗", "wrong"
    mark = f'<span aria-hidden="true"> {sign}</span><span class="spoken"> {word}</span>'

    def cell(answer: str | None) -> str:
        shown = answer or SHORT[answer]
        return f"<td>{shown}</td>" if answer == expected else f'<td class="{word}">{shown}{mark}</td>'

    def row(localizer: Network) -> str:
        cells = "".join(cell(answers[localizer.name, reader.name]) for reader in networks.readers)
        return f'<tr><th scope="row">{escape(localizer.title)}</th>{cells}</tr>'

    heads = "".join(f'<th scope="col">{escape(reader.title)}</th>' for reader in networks.readers)
    told = votes.of_pairs(list(answers.values()), expected, text.told(truth) if truth else "")
    return (
        f'{HEAD}<p class="told">{told}</p>'
        '<div class="scrolls" tabindex="0" role="region" aria-label="What every pair says"><table class="pairs">'
        f"<thead><tr><td></td>{heads}</tr></thead><tbody>{''.join(map(row, networks.localizers))}</tbody></table></div>"
        f'<p class="note">Rows find the number, columns read it; {sign} means {word}.</p>'
    )
