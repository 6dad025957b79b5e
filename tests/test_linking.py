"""Parts of a number become one proposal; distractors do not."""

import numpy as np
import pytest

from svhn.linking import MOST, proposals

ROW = [[0, 0, 10, 20], [22, 1, 32, 21], [44, 2, 54, 22]]  # gaps of 12 where digits are 20 high
STACK = [[0, 0, 10, 16], [1, 20, 11, 36], [0, 40, 10, 56]]


def _boxes(found: np.ndarray) -> set[tuple[float, ...]]:
    return {tuple(box) for box in found.tolist()}


@pytest.mark.parametrize(("digits", "joined"), [(ROW, (0, 0, 54, 22)), (STACK, (0, 0, 11, 56))], ids=["row", "stack"])
def test_distant_digits_are_joined(digits, joined):
    boxes = proposals(np.array(digits, float), np.array([0.6, 0.5, 0.4]))
    assert joined in _boxes(boxes)
    assert len(boxes) == 3  # two neighbouring pairs and all three
    assert tuple(boxes[0]) == (*digits[0][:2], *np.max(digits[:2], axis=0)[2:])  # the two likeliest first


@pytest.mark.parametrize(
    "other",
    [[200, 0, 210, 20], [22, 40, 32, 60], [22, 0, 32, 60]],
    ids=["too far", "in another line and next to the stack", "of another size"],
)
def test_distractors_are_not_joined(other):
    assert proposals(np.array([[0, 0, 10, 20], other], float), np.array([0.9, 0.8])).shape == (0, 4)


def test_overlapping_pieces_belong_together():
    boxes = proposals(np.array([[0, 0, 40, 20], [25, 0, 60, 21]], float), np.array([0.9, 0.8]))
    assert _boxes(boxes) == {(0, 0, 60, 21)}


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_boxes_give_no_proposal(count):
    assert proposals(np.zeros((count, 4)), np.zeros(count)).shape == (0, 4)


def test_there_are_never_many():
    boxes = np.array([[x, 0, x + 8, 16] for x in range(0, 120, 10)], float)
    assert len(proposals(boxes, np.linspace(1, 0.1, 12))) == MOST
