"""Strips: labels match what is drawn, decoded from the pixels (the digits are bars of different height)."""

import numpy as np
import pytest
import torch
from helpers.mnist_files import digit_in, picture
from helpers.seeds import seeded

from svhn.labels import BLANK, decode
from svhn.synth.mnist_strips import CELL, STRIP, DigitJitter, jitter_digits, make_strips

IMAGES = torch.from_numpy(np.stack([picture(digit) for digit in range(10)]))
LABELS = torch.arange(10)


def _cells(strip: torch.Tensor) -> list[int | None]:
    """(1, 28, 140) -> the digit drawn in each of the five cells."""
    return [digit_in(cell) for cell in strip[0].split(CELL, dim=1)]


def _start(cells: list[int | None]) -> int:
    return next(i for i, digit in enumerate(cells) if digit is not None)


@pytest.mark.parametrize("hand", [None, DigitJitter(rotation=0, scale=0, shift=0)], ids=["as they are", "a still hand"])
def test_labels_say_what_is_drawn(hand):
    batch = make_strips(IMAGES, LABELS, 300, seeded(), hand)
    assert batch.images.shape == (300, 1, *STRIP)
    for strip, digits, length in zip(batch.images, batch.digits, batch.length.tolist(), strict=True):
        cells = _cells(strip)
        start = _start(cells)
        assert None not in cells[start : start + length]  # next to each other
        assert cells[:start] + cells[start + length :] == [None] * (5 - length)
        assert decode(digits.numpy(), length) == "".join(map(str, cells[start : start + length]))
        assert digits[length:].tolist() == [BLANK] * (5 - length)


def test_every_length_starts_at_every_cell_that_it_can():
    batch = make_strips(IMAGES, LABELS, 1000, seeded())
    starts = [_start(_cells(strip)) for strip in batch.images]
    seen = set(zip(batch.length.tolist(), starts, strict=True))
    assert seen == {(length, start) for length in range(1, 6) for start in range(6 - length)}
    assert torch.bincount(batch.length, minlength=6)[1:].min() > 140  # of 200 each
    assert set(batch.digits.flatten().tolist()) == {*range(10), BLANK}


@pytest.mark.parametrize("hand", [None, DigitJitter()])
def test_a_seed_fixes_the_strips(hand):
    first, second, other = (make_strips(IMAGES, LABELS, 20, seeded(s), hand) for s in (3, 3, 4))
    for name in ("images", "digits", "length"):
        assert torch.equal(getattr(first, name), getattr(second, name))
        assert not torch.equal(getattr(first, name), getattr(other, name))


def test_pixels_stay_in_range_however_wild_the_hand():
    images = torch.randint(0, 256, (10, 28, 28), generator=seeded(), dtype=torch.uint8)
    batch = make_strips(images, LABELS, 100, seeded(), DigitJitter(rotation=90, scale=0.9, shift=20))
    assert batch.images.min() >= 0
    assert batch.images.max() <= 255
    assert batch.images.isfinite().all()


def test_a_hand_draws_the_same_digit_a_little_otherwise():
    square = torch.zeros(400, 28, 28, dtype=torch.uint8)
    square[:, 10:18, 10:18] = 255
    drawn = jitter_digits(square, DigitJitter(rotation=0, scale=0.25, shift=3), seeded())
    assert drawn.shape == (400, 1, 28, 28)
    at = torch.arange(28) + 0.5
    area = drawn.sum((1, 2, 3)) / 255
    moved = torch.stack([(drawn.sum((1, side)) * at).sum(1) / 255 / area - 14 for side in (2, 3)], dim=1)  # y, x
    sides = area.sqrt() / 8
    assert moved.abs().max() == pytest.approx(3 / 0.75, abs=0.4)  # the shift is of what is seen: enlarged with it
    assert moved[:, 0].std() > 1
    assert moved[:, 1].std() > 1
    assert sides.min() == pytest.approx(1 / 1.25, abs=0.05)
    assert sides.max() == pytest.approx(1 / 0.75, abs=0.05)


def test_a_hand_turns_as_far_as_it_says():
    bar = torch.zeros(300, 28, 28, dtype=torch.uint8)
    bar[:, 4:24, 12:16] = 255
    drawn = jitter_digits(bar, DigitJitter(rotation=30, scale=0, shift=0), seeded())[:, 0]
    y, x = torch.meshgrid(torch.arange(28) - 13.5, torch.arange(28) - 13.5, indexing="ij")
    xy, yy, xx = ((drawn * product).sum((1, 2)) for product in (x * y, y * y, x * x))
    turned = torch.rad2deg(torch.atan2(2 * xy, yy - xx) / 2)  # of the long axis from upright
    assert turned.min() == pytest.approx(-30, abs=2)
    assert turned.max() == pytest.approx(30, abs=2)
