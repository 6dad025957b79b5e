"""Losses: smallest where the answer is right, and silent about what does not count."""

import pytest
import torch

from svhn.models.fcos import cell_centres
from svhn.training.losses import fcos_loss, patch_box_loss, reader_loss

DIGITS, LENGTH = torch.tensor([[4, 2, 10, 10, 10]]), torch.tensor([2])


def _logits(classes: torch.Tensor, n: int) -> torch.Tensor:
    return torch.nn.functional.one_hot(classes, n).float() * 20


def test_a_right_reading_costs_nothing_and_a_wrong_length_costs():
    right = reader_loss(_logits(DIGITS, 11), _logits(LENGTH, 7), DIGITS, LENGTH)
    wrong = reader_loss(_logits(DIGITS, 11), _logits(torch.tensor([3]), 7), DIGITS, LENGTH)
    assert right < 1e-3
    assert wrong == pytest.approx(20, abs=0.1)


def test_a_wrong_blank_counts_like_a_wrong_digit():
    extra = torch.tensor([[4, 2, 7, 10, 10]])
    assert reader_loss(_logits(extra, 11), _logits(LENGTH, 7), DIGITS, LENGTH) == pytest.approx(20, abs=0.1)


def _perfect(box: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Maps of a 64×64 input that say just what one box asks for."""
    centres = cell_centres(16, 16, torch.device("cpu"))
    inside = ((centres > box[:2]) & (centres < box[2:])).all(-1)
    return torch.where(inside, 12.0, -12.0)[None], box.expand(1, 16, 16, 4)


def test_fcos_is_content_with_the_right_map_and_box():
    box = torch.tensor([10.0, 20.0, 50.0, 40.0])
    assert fcos_loss(*_perfect(box), box[None, None]) < 1e-3


def test_fcos_minds_a_missed_number_a_false_alarm_and_a_shifted_box():
    box = torch.tensor([10.0, 20.0, 50.0, 40.0])
    scores, boxes = _perfect(box)
    nothing = torch.full((1, 1, 4), torch.nan)
    assert fcos_loss(-scores, boxes, box[None, None]) > 1
    assert fcos_loss(scores, boxes, nothing) > 1
    assert fcos_loss(scores, boxes + 10, box[None, None]) > 0.3


def test_fcos_without_any_number_has_a_finite_loss_and_gradient():
    scores = torch.zeros(2, 8, 8, requires_grad=True)
    loss = fcos_loss(scores, torch.zeros(2, 8, 8, 4), torch.full((2, 1, 4), torch.nan))
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(scores.grad).all()


def test_two_numbers_each_claim_their_own_cells():
    boxes = torch.tensor([[[4.0, 20.0, 28.0, 40.0], [36.0, 20.0, 60.0, 40.0]]])
    scores, found = (m.clone() for m in _perfect(boxes[0, 0]))
    other_scores, other = _perfect(boxes[0, 1])
    found[:, :, 8:] = other[:, :, 8:]
    assert fcos_loss(torch.maximum(scores, other_scores), found, boxes) < 1e-3
    assert fcos_loss(torch.maximum(scores, other_scores), found.flip(2), boxes) > 0.5


def test_the_patch_box_loss_is_the_mean_squared_error():
    assert patch_box_loss(torch.zeros(2, 4), torch.full((2, 4), 0.5)) == pytest.approx(0.25)
