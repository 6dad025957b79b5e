"""Whether a reading is confident, to check, or no number; and which other number it could be. No HTML in here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from svhn.reading import Reading

State = Literal["confident", "check", "none", "long"]

RIVAL_SHARE = 0.15  # of the reading's probability: a second number with less is not worth a word
TIE_SHARE = 0.5  # with more, both numbers are offered


@dataclass(frozen=True)
class Rival:
    """The second likeliest number, its probability, and the one position, from 0, at which it differs; None if more
    than one digit or the length differs."""

    number: str
    share: float
    position: int | None
    near_tie: bool

    @property
    def digit(self) -> str | None:
        """The rival's digit at `position`."""
        return None if self.position is None else self.number[self.position]


def state_of(reading: Reading, confident_from: float) -> State:
    """`confident_from` is the lowest confidence that needs no check; it comes with the weights."""
    if reading.number is None:
        return "long" if reading.too_long else "none"
    return "confident" if reading.confidence >= confident_from else "check"


def rival_of(reading: Reading) -> Rival | None:
    """Another number that the reader finds about as likely; None if there is none."""
    if reading.number is None:
        return None
    shares = dict(reading.likeliest(3))
    share = shares.pop(reading.number, 0.0)
    number, other = max(shares.items(), key=lambda item: item[1])
    if not number or other < RIVAL_SHARE * share:
        return None
    return Rival(number, other, _one_difference(reading.number, number), other >= TIE_SHARE * share)


def closest_guess(reading: Reading) -> Reading | None:
    """The reading of the likeliest number if none is reported."""
    return reading.guess if reading.number is None and reading.guess and reading.guess.number else None


def _one_difference(a: str, b: str) -> int | None:
    if len(a) != len(b):
        return None
    places = [i for i, (x, y) in enumerate(zip(a, b, strict=True)) if x != y]
    return places[0] if len(places) == 1 else None
