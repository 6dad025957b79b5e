import dataclasses
import html
import re

import pytest
from helpers.fake_pipeline import MANY, NOTHING, photo_of, reading_of

from demo.render import text
from demo.render.certainty import RIVAL_SHARE, TIE_SHARE, state_of
from svhn.data.annotations import Truth
from svhn.labels import BLANK
from svhn.reading import Reading


def reading(confidence: float = 0.4) -> Reading:
    return dataclasses.replace(reading_of("42", photo_of("42")), confidence=confidence)


def could_be(digit: int, share: float, confidence: float = 0.4) -> Reading:
    """A reading of 42 whose last digit could be another one or `BLANK`, with so much of the probability of the 2."""
    found, rest = reading(confidence), share / (1 + share)
    found.digit_probs[1, [2, digit]] = 0.91 * (1 - rest), 0.91 * rest
    if digit == BLANK:
        found.length_probs[[2, 1]] = 0.95 * (1 - rest), 0.95 * rest
    return found


def test_a_number_is_confident_from_the_limit_on_and_without_one_no_limit_matters():
    states = [state_of(reading(confidence=confidence), 0.6) for confidence in (1.0, 0.6, 0.5999, 0.0)]
    assert states == ["confident", "confident", "check", "check"]
    for number, state in ((NOTHING, "none"), (MANY, "long")):
        assert {state_of(reading_of(number, photo_of(number)), limit) for limit in (0.0, 1.0)} == {state}


def plain(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def test_a_doubtful_digit_is_marked_with_its_rival_and_a_near_tie_offers_both():
    shown = text.verdict(could_be(7, RIVAL_SHARE * 1.1), 0.6, None)
    assert '4<span class="doubtful">2<small>or 7</small></span>' in shown
    assert "It could also be 47" in plain(shown)
    assert "data-either" not in shown
    for share in (TIE_SHARE * 1.1, 3):
        tie = text.verdict(could_be(7, share), 0.6, None)
        assert re.findall(r'data-either="(\d+)" aria-pressed="(\w+)"', tie) == [("42", "true"), ("47", "false")]
    shorter = text.verdict(could_be(BLANK, 0.9), 0.6, None)
    assert ("doubtful" in shorter, "It could also be 4 " in plain(shorter)) == (False, True)


def test_what_is_unlikely_and_no_number_are_no_rivals_and_a_confident_number_has_none():
    number_or_none = reading()
    number_or_none.length_probs[[0, 2]] = 0.49
    number_or_none.digit_probs[[0, 1], [4, 2]] = number_or_none.digit_probs[:2, BLANK] = 0.45
    for found in (could_be(7, RIVAL_SHARE * 0.9), number_or_none):
        assert text.CHECK in text.verdict(found, 0.6, None)
    confident = text.verdict(could_be(7, 0.3, confidence=0.9), 0.6, None)
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
