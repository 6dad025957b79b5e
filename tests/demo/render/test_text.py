import dataclasses
import html
import re

import pytest
from helpers.fake_pipeline import MANY, NOTHING, photo_of, reading_of

from demo.render import text
from svhn.data.annotations import Truth
from svhn.labels import BLANK
from svhn.reading import Reading


def plain(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def doubtful(second: float, length: int = 3, confidence: float = 0.4) -> Reading:
    """A reading of 128 that could be 123, with so much in the third digit, or another number of another length."""
    reading = reading_of("128", photo_of("128"))
    digits, lengths = reading.digit_probs.copy(), reading.length_probs.copy()
    digits[2, 3 if length == 3 else BLANK], digits[2, 8] = second, 0.91 - second
    if length == 2:
        lengths[2], lengths[3] = second, 0.95 - second
    return dataclasses.replace(reading, confidence=confidence, digit_probs=digits, length_probs=lengths)


def test_a_doubtful_digit_is_marked_with_its_rival_and_a_near_tie_offers_both():
    shown = text.verdict(doubtful(0.2), 0.6, None)
    assert '12<span class="doubtful">8<small>or 3</small></span>' in shown
    assert "It could also be 123" in plain(shown)
    assert "data-either" not in shown
    tie = text.verdict(doubtful(0.44), 0.6, None)
    assert re.findall(r'data-either="(\d+)" aria-pressed="(\w+)"', tie) == [("128", "true"), ("123", "false")]
    shorter = text.verdict(doubtful(0.45, length=2), 0.6, None)
    assert ("doubtful" in shorter, "It could also be 12 " in plain(shorter)) == (False, True)
    confident = text.verdict(doubtful(0.2, confidence=0.9), 0.6, None)
    assert ("doubtful" in confident, "could also" in confident) == (False, False)


def test_a_rejected_number_and_the_closest_guess_are_named():
    first, nothing = (reading_of(number, photo_of(number)) for number in ("42", NOTHING))
    rejected, guess = (dataclasses.replace(first, confidence=p) for p in (0.0, 0.12))
    assert text.REJECTED in text.verdict(rejected, 0.6, None)
    assert "42 (12 %)" in plain(text.verdict(dataclasses.replace(nothing, guess=guess), 0.6, None))


@pytest.mark.parametrize(
    ("number", "true", "right"),
    [
        *(("42", "42", True), ("42", "47", False), ("42", "", False)),
        *((NOTHING, "", True), (NOTHING, "42", False), (MANY, "123456", True)),
    ],
)
def test_right_or_wrong_in_more_than_colour(number, true, right):
    words = plain(text.verdict(reading_of(number, photo_of(number)), 0.6, Truth(true, None)))
    assert ("✓ Right" in words, "✗ Wrong" in words) == (right, not right)
    assert (true or "there is no number") in words
    assert ("Go closer" in words) == (number == NOTHING and bool(true))  # no such advice where there is nothing


def test_a_file_s_name_cannot_smuggle_markup_in():
    assert "<script>" not in text.refusal("<script>alert(1)</script>", "<script>alert(2)</script>.png")
