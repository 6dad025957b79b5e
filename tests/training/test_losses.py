import math

import pytest
import torch

from svhn.models.fcos import cell_centres
from svhn.training.losses import dice_box_loss, digit_loss, fcos_loss, l2_box_loss, mask_loss, masks, reader_loss

DIGITS, LENGTH = torch.tensor([[4, 2, 10, 10, 10]]), torch.tensor([2])


def _logits(classes: torch.Tensor, n: int) -> torch.Tensor:
    return torch.nn.functional.one_hot(classes, n).float() * 20


def test_a_right_reading_costs_nothing_and_a_wrong_length_or_blank_costs_like_a_wrong_digit():
    for digits, length, cost in (((4, 2, 10), 2, 0), ((4, 2, 10), 3, 20), ((4, 2, 7), 2, 20), ((4, 3, 10), 2, 20)):
        read = _logits(torch.tensor([[*digits, 10, 10]]), 11), _logits(torch.tensor([length]), 7)
        assert reader_loss(*read, DIGITS, LENGTH) == pytest.approx(cost, abs=0.1)


def _perfect(box: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Maps of a 64×64 input that say just what one box asks for."""
    centres = cell_centres(16, 16, torch.device("cpu"))
    inside = ((centres > box[:2]) & (centres < box[2:])).all(-1)
    return torch.where(inside, 12.0, -12.0)[None], box.expand(1, 16, 16, 4)


def test_fcos_minds_a_missed_number_a_false_alarm_a_shifted_box_and_a_swapped_one():
    box, other = torch.tensor([4.0, 20.0, 28.0, 40.0]), torch.tensor([36.0, 20.0, 60.0, 40.0])
    scores, boxes = _perfect(box)
    nothing = torch.full((1, 1, 4), torch.nan)
    assert fcos_loss(scores, boxes, box[None, None]) < 1e-3
    assert fcos_loss(-scores, boxes, box[None, None]) > 1
    assert fcos_loss(scores, boxes, nothing) > 1
    assert fcos_loss(scores, boxes + 10, box[None, None]) > 0.3
    other_scores, other_boxes = _perfect(other)
    both, found = torch.maximum(scores, other_scores), torch.cat([boxes[:, :, :8], other_boxes[:, :, 8:]], dim=2)
    numbers = torch.stack([box, other])[None]
    assert fcos_loss(both, found, numbers) < 1e-3  # each claims its own cells
    assert fcos_loss(both, found.flip(2), numbers) > 0.5

    scores = torch.zeros(2, 8, 8, requires_grad=True)
    fcos_loss(scores, torch.zeros(2, 8, 8, 4), nothing.expand(2, 1, 4)).backward()
    assert torch.isfinite(scores.grad).all()


def test_a_digit_is_to_be_found_in_its_place_and_of_its_class():
    box, other = torch.tensor([[[10.0, 20.0, 26.0, 44.0]]]), torch.tensor([[[40.0, 20.0, 56.0, 44.0]]])
    score, found = _perfect(box[0, 0])
    scores = torch.full((1, 10, 16, 16), -12.0)
    scores[:, 4] = score
    assert digit_loss(scores, found, box, torch.tensor([[4]]), box) < 1e-3
    assert digit_loss(scores, found, box, torch.tensor([[7]]), box) > 1
    assert digit_loss(scores, found, other, torch.tensor([[4]]), other) > 1
    unmarked, blank = torch.full((1, 1, 4), torch.nan), torch.tensor([[10]])  # inside a number nothing is asked then
    assert digit_loss(scores, found, unmarked, blank, torch.tensor([[[8.0, 16.0, 28.0, 48.0]]])) < 1e-3
    assert digit_loss(scores, found, unmarked, blank, other) > 1


def test_the_dice_box_loss_of_a_case_worked_out_by_hand():
    # Two squares of side 1/2, one moved by half its side: 1/8 in common of 1/4 + 1/4, Dice 1/2; L2 (1/4)² / 4.
    true, moved = torch.tensor([[0.25, 0, 0.5, 0.5]]), torch.tensor([[0, 0, 0.5, 0.5]])
    assert dice_box_loss(true, true) == pytest.approx(0, abs=1e-6)
    assert l2_box_loss(moved, true) == pytest.approx(1 / 64)
    assert dice_box_loss(moved, true) == pytest.approx(0.5 + 0.1 / 64)
    assert dice_box_loss(torch.cat([true, moved]), true.expand(2, 4)) == pytest.approx(0.25 + 0.1 / 128)  # the mean


@pytest.mark.parametrize("box", [(0.0, 0, 0.1, 0.1), (0.6, 0.6, -0.1, 0.3)])
def test_boxes_that_do_not_touch_and_inverted_ones_still_have_a_slope(box):
    found = torch.tensor([box], requires_grad=True)
    loss = dice_box_loss(found, torch.tensor([[0.5, 0.5, 0.2, 0.2]]))
    loss.backward()
    assert loss > 0.99
    assert (found.grad != 0).any()
    assert found.grad.isfinite().all()


def test_masks_are_one_within_any_box():
    nan = [math.nan] * 4
    boxes = torch.tensor([[[0.25, 0.5, 0.5, 0.25], nan], [[0, 0, 0.25, 0.25], [0.5, 0.5, 1.0, 1.0]], [nan, nan]])
    row = masks(torch.tensor([[[0.1, 0, 0.5, 1]]]), 4)[0, 0]  # from 0.4 to 2.4 pixels; middles at 0.5, 1.5, 2.5
    assert row.tolist() == [1, 1, 0, 0]
    assert masks(boxes, 4).tolist() == [
        [[0, 0, 0, 0], [0, 0, 0, 0], [0, 1, 1, 0], [0, 0, 0, 0]],
        [[1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1]],
        [[0] * 4] * 4,
    ]


def test_the_mask_loss_of_cases_worked_out_by_hand():
    true = masks(torch.tensor([[[0.25, 0.5, 0.5, 0.25]]]), 4)
    assert mask_loss((true * 2 - 1) * 20, true) == pytest.approx(0, abs=1e-5)
    assert mask_loss((1 - true * 2) * 20, true) > 20
    assert mask_loss(torch.full((1, 4, 4), -20.0), torch.zeros(1, 4, 4)) == pytest.approx(0, abs=1e-5)  # both empty
    # Four pixels that may be or not, all of them true: 2 in common of 2 + 4, each side with 1 for safety; ln 2 a pixel.
    assert mask_loss(torch.zeros(1, 2, 2), torch.ones(1, 2, 2)) == pytest.approx(2 / 7 + math.log(2))
