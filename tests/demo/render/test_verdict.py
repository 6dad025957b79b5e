import dataclasses
import html
import re

import numpy as np
import pytest
from helpers.fake_pipeline import MANY, NOTHING, photo_of, reading_of

from demo.render import text
from demo.render.certainty import RIVAL_SHARE, TIE_SHARE, rival_of, state_of
from svhn.data.annotations import Truth
from svhn.labels import BLANK
from svhn.reading import Reading


def reading(confidence: float = 0.9) -> Reading:
    return dataclasses.replace(reading_of("42", photo_of("42")), confidence=confidence)


def could_be(digit: int, share: float) -> Reading:
    """A reading of 42 whose last digit could be another one, with so much of the probability of the 2."""
    digits = reading().digit_probs.copy()
    two = 0.91 / (1 + share)
    digits[1, 2], digits[1, digit] = two, 0.91 - two
    return dataclasses.replace(reading(), digit_probs=digits)


def test_a_number_is_confident_from_the_limit_on_and_without_one_no_limit_matters():
    states = [state_of(reading(confidence=confidence), 0.6) for confidence in (1.0, 0.6, 0.5999, 0.0)]
    assert states == ["confident", "confident", "check", "check"]
    for number, state in ((NOTHING, "none"), (MANY, "long")):
        assert {state_of(reading_of(number, photo_of(number)), limit) for limit in (0.0, 1.0)} == {state}


@pytest.mark.parametrize(("share", "tied"), [(RIVAL_SHARE * 1.1, False), (TIE_SHARE * 1.1, True), (3, True)])
def test_a_rival_is_named_when_it_is_likely_enough(share, tied):
    rival = rival_of(could_be(7, share))
    assert (rival.number, rival.position, rival.digit, rival.near_tie) == ("47", 1, "7", tied)


def test_what_is_unlikely_and_no_number_are_no_rivals():
    assert rival_of(could_be(7, RIVAL_SHARE * 0.9)) is None
    lengths = np.full(7, 0.004)
    lengths[0], lengths[2] = 0.49, 0.49
    digits = reading().digit_probs.copy()
    digits[:2, 10] = 0.45
    digits[0, 4], digits[1, 2] = 0.46, 0.46
    assert rival_of(dataclasses.replace(reading(), length_probs=lengths, digit_probs=digits)) is None


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


WRONG = [("42", "47"), ("42", ""), (NOTHING, "42")]


@pytest.mark.parametrize(("number", "true"), [("42", "42"), (NOTHING, ""), (MANY, "123456"), *WRONG])
def test_right_or_wrong_in_more_than_colour(number, true):
    words = plain(text.verdict(reading_of(number, photo_of(number)), 0.6, Truth(true, None)))
    assert ("✗ Wrong" in words, "✓ Right" in words) == ((number, true) in WRONG, (number, true) not in WRONG)
    assert (true or "there is no number") in words
    assert ("Go closer" in words) == (number == NOTHING and bool(true))  # no such advice where there is nothing
    assert "<script>" not in text.refusal("<script>alert(1)</script>", "<script>alert(2)</script>.png")
