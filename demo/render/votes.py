"""Who agrees with whom, in sentences. An answer is what `words.said` gives: a number, "" for none, None for more than
five digits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from .text import MORE

Answer = str | None
NUMERALS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def count(n: int) -> str:
    """In words up to ten."""
    return NUMERALS[n] if n < len(NUMERALS) else str(n)


def most(answers: Sequence[Answer]) -> Answer:
    """What most say; of several that are said as often, the one that came first."""
    return Counter(answers).most_common(1)[0][0]  # keeps the order among equals


def of_readers(answers: Sequence[Answer]) -> str:
    """What the readers say of the same crop."""
    counted = Counter(answers).most_common()
    if len(counted) == 1:
        return f"{_all(len(answers), 'reader')} {_says(answers[0], len(answers))}."
    parts, verb = [], False
    for answer, n in counted:
        parts.append(f"{count(n)} {answer if answer and verb else _says(answer, n)}")
        verb = verb or bool(answer)
    return f"The readers disagree: {', '.join(parts)}."


def of_localizers(sizes: Sequence[int], without: int) -> str:
    """Where the localizers look: how many look at each place, the most first, and how many find none."""
    total = sum(sizes) + without
    if not sizes:
        return f"{_all(total, 'localizer')} {_verb('find', total)} no number."
    if sizes[0] == total:
        return f"{_all(total, 'localizer')} {_verb('find', total)} {'a number' if total == 1 else 'the same place'}."
    if len(sizes) == 1:
        parts = [f"{count(sizes[0])} {_verb('find', sizes[0])} {'a number' if sizes[0] == 1 else 'the same place'}"]
    elif sizes[0] == 1:
        parts = [f"{count(len(sizes))} find different places"]
    else:
        elsewhere = sum(sizes[1:])
        parts = [f"{count(sizes[0])} find the same place", f"{count(elsewhere)} {_verb('look', elsewhere)} elsewhere"]
    if without:
        parts.append(f"{count(without)} {_verb('find', without)} no number")
    return f"Of the {count(total)} localizers, {', '.join(parts)}."


def of_pairs(answers: Sequence[Answer], expected: Answer, truth: str = "") -> str:
    """How many of all pairs say what is expected: what most say or, where a half-sentence tells it, the truth."""
    total, n = len(answers), sum(answer == expected for answer in answers)
    who = f"All {total} pairs" if n == total else f"{n or 'None'} of the {total} pairs"
    few = 1 if n < 2 else n
    return f"{who} {'is' if few == 1 else 'are'} right: {truth}." if truth else f"{who} {_says(expected, few)}."


def apart(answer: Answer, answers: Sequence[Answer]) -> str:
    """How an answer differs from what most say; "" where it does not. The first answer is the default's."""
    common = most(answers)
    if answer == common:
        return ""
    n = sum(other == common for other in answers)
    return f"Differs: {count(n)} {_says(common, n)}" if n > 1 else f"Differs: the default {_says(common, 1)}"


def _all(n: int, noun: str) -> str:
    return f"The {noun}" if n == 1 else f"Both {noun}s" if n == 2 else f"All {count(n)} {noun}s"


def _says(answer: Answer, n: int) -> str:
    if answer is None:
        return f"{_verb('see', n)} {MORE}"
    return f"{_verb('say', n)} {answer}" if answer else f"{_verb('find', n)} no number"


def _verb(stem: str, n: int) -> str:
    return stem + "s" if n == 1 else stem
