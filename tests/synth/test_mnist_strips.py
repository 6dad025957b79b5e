import numpy as np
import pytest
import torch
from helpers.mnist_files import digit_in, picture
from helpers.seeds import seeded

from svhn.labels import BLANK, decode
from svhn.synth.mnist_strips import CELL, STRIP, DigitJitter, make_strips

IMAGES = torch.from_numpy(np.stack([picture(digit) for digit in range(10)]))
LABELS = torch.arange(10)


def _cells(strip: torch.Tensor) -> list[int | None]:
    """(1, 28, 140) -> the digit drawn in each of the five cells."""
    return [digit_in(cell) for cell in strip[0].split(CELL, dim=1)]


@pytest.mark.parametrize("hand", [None, DigitJitter(rotation=0, scale=0, shift=0)], ids=["as they are", "a still hand"])
def test_labels_say_what_is_drawn(hand):
    batch, seen = make_strips(IMAGES, LABELS, 400, seeded(), hand), set()
    assert batch.images.shape == (400, 1, *STRIP)
    for strip, digits, length in zip(batch.images, batch.digits, batch.length.tolist(), strict=True):
        cells = _cells(strip)
        start = next(i for i, digit in enumerate(cells) if digit is not None)
        seen.add((length, start))
        assert None not in cells[start : start + length]  # next to each other
        assert cells[:start] + cells[start + length :] == [None] * (5 - length)
        assert decode(digits.numpy(), length) == "".join(map(str, cells[start : start + length]))
        assert digits[length:].tolist() == [BLANK] * (5 - length)
    assert seen == {(length, start) for length in range(1, 6) for start in range(6 - length)}
