import numpy as np
import pytest

from svhn.proposals import MOST_GROUPS, MOST_UNIONS, corrections, digit_groups, unions

ROW = [[0, 0, 10, 20], [22, 1, 32, 21], [44, 2, 54, 22]]  # gaps of 12 where digits are 20 high
STACK = [[0, 0, 10, 16], [1, 20, 11, 36], [0, 40, 10, 56]]


def _boxes(found: np.ndarray) -> set[tuple[float, ...]]:
    return {tuple(box) for box in found.tolist()}


@pytest.mark.parametrize(("digits", "whole"), [(ROW, (0, 0, 54, 22)), (STACK, (0, 0, 11, 56))], ids=["row", "stack"])
def test_distant_digits_are_joined_and_those_in_line_are_one_group_and_no_parts_of_it(digits, whole):
    boxes, scores = unions(np.array(digits, float), np.array([0.6, 0.5, 0.4]))
    assert whole in _boxes(boxes)
    assert len(boxes) == 3  # two neighbouring pairs and all three
    assert tuple(boxes[0]) == (*digits[0][:2], *np.max(digits[:2], axis=0)[2:])  # the two likeliest first
    assert scores == pytest.approx([0.55, 0.5, 0.45])
    boxes, scores = digit_groups(np.array([*digits, [300, 0, 310, 20]], float), np.array([0.6, 0.5, 0.4, 0.8]))
    assert _boxes(boxes) == {whole, (300, 0, 310, 20)}
    assert scores == pytest.approx([0.8, 0.5])


@pytest.mark.parametrize(
    "other",
    [[200, 0, 210, 20], [22, 40, 32, 60], [22, 0, 32, 60]],
    ids=["too far", "in another line and next to the stack", "of another size"],
)
def test_distractors_are_not_joined(other):
    assert unions(np.array([[0, 0, 10, 20], other], float), np.array([0.9, 0.8]))[0].shape == (0, 4)
    assert unions(np.array([other], float), np.array([0.9]))[0].shape == (0, 4)


def test_a_box_that_is_too_large_sideways_or_holds_two_things_is_corrected():
    corrected = _boxes(corrections((0.0, 0.0, 100.0, 60.0)))
    assert {(20, 0, 80, 60), (20, 12, 80, 48), (0, 27, 100, 60), (0, 0, 55, 60), (6, 0, 106, 60)} <= corrected


def test_proposals_are_few_and_may_be_none():
    close = np.array([[x, 0, x + 8, 16] for x in range(0, 120, 10)], float)
    assert len(unions(close, np.linspace(1, 0.1, 12))[0]) == MOST_UNIONS
    apart = close * [10, 1, 10, 1] - [0, 0, 72, 0]
    boxes, scores = digit_groups(apart, np.linspace(0.1, 1, 12))
    assert len(boxes) == len(scores) == MOST_GROUPS
    assert scores[0] == 1
    for propose in (digit_groups, unions):
        assert propose(np.zeros((0, 4)), np.zeros(0))[0].shape == (0, 4)
