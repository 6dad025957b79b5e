import dataclasses

import numpy as np
import pytest
from helpers.fake_pipeline import MANY, NOTHING, photo_of, reading_of

from demo.render.certainty import RIVAL_SHARE, TIE_SHARE, rival_of, state_of
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


@pytest.mark.parametrize(
    ("share", "named", "tied"),
    [
        (RIVAL_SHARE * 0.9, False, False),
        (RIVAL_SHARE * 1.1, True, False),
        (TIE_SHARE * 1.1, True, True),
        (3, True, True),
    ],
)
def test_a_rival_is_named_when_it_is_likely_enough(share, named, tied):
    rival = rival_of(could_be(7, share))
    assert (rival is not None) == named
    if rival:
        assert (rival.number, rival.position, rival.digit, rival.near_tie) == ("47", 1, "7", tied)


def test_no_number_is_no_rival():
    lengths = np.full(7, 0.004)
    lengths[0], lengths[2] = 0.49, 0.49
    digits = reading().digit_probs.copy()
    digits[:2, 10] = 0.45
    digits[0, 4], digits[1, 2] = 0.46, 0.46
    assert rival_of(dataclasses.replace(reading(), length_probs=lengths, digit_probs=digits)) is None
