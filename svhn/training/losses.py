"""The loss of each kind of network. Every function returns a scalar."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch.nn import functional as F
from torchvision.ops import generalized_box_iou_loss, sigmoid_focal_loss

from ..models.fcos import cell_centres

CORE = 2.1  # pixels from a core's middle to its sides at least, or the smallest boxes would have no cell there


def reader_loss(
    digit_logits: torch.Tensor,
    length_logits: torch.Tensor,
    digits: torch.Tensor,
    lengths: torch.Tensor,
    smoothing: float = 0.0,
) -> torch.Tensor:
    """Cross-entropy of every head, summed: (N, 5, 11), (N, 7), classes (N, 5), (N,) -> scalar, a mean over N."""
    digit = F.cross_entropy(digit_logits.flatten(0, 1).float(), digits.flatten(), label_smoothing=smoothing)
    length = F.cross_entropy(length_logits.float(), lengths, label_smoothing=smoothing)
    return digit * digits.shape[1] + length


def fcos_loss(logits: torch.Tensor, found: torch.Tensor, boxes: torch.Tensor, core: float = 0.5) -> torch.Tensor:
    """Focal loss for where numbers are, generalised IoU loss for their boxes.

    logits (N, h, w), found (N, h, w, 4) and boxes (N, K, 4) in input pixels, NaN for absent ones. Cells in the core of
    a number (its box shrunk by `core`) are positive; the rest of the box is ignored, because its cells see only part of
    the number.
    """
    cores = _spans(logits.shape[1:], boxes, core, least=CORE)
    positive, inside = cores.covered(), _spans(logits.shape[1:], boxes).covered()  # (N, h, w)
    count = positive.sum().clamp_min(1)
    focal = sigmoid_focal_loss(logits, positive.float(), alpha=0.25, gamma=2.0)
    focal = (focal * (positive | ~inside)).sum() / count
    return focal + _box_term(found, boxes, cores, positive) / count


def digit_loss(
    logits: torch.Tensor,
    found: torch.Tensor,
    digit_boxes: torch.Tensor,
    digits: torch.Tensor,
    boxes: torch.Tensor,
    core: float = 0.6,
) -> torch.Tensor:
    """`fcos_loss` of every digit, one map of scores a class.

    logits (N, 10, h, w), found (N, h, w, 4), digit_boxes (N, K D, 4) and digits (N, K D) classes, number by number,
    boxes (N, K, 4) of the numbers; NaN where there is none. A number none of whose digits has a box is
    ignored: its digits were not annotated.
    """
    size = logits.shape[2:]
    cores = _spans(size, digit_boxes, core, least=CORE)
    unmarked = digit_boxes[..., 0].isnan().unflatten(1, (boxes.shape[1], -1)).all(-1)  # (N, K)
    unmarked = _spans(size, boxes.masked_fill(~unmarked[..., None], torch.nan))
    classes = F.one_hot(digits.clamp_max(9), 10).float()  # (N, KD, 10)
    target = torch.einsum("nyk,nxk,nkc->ncyx", cores.rows, cores.columns, classes).clamp_max(1)  # (N, 10, h, w)
    positive = cores.covered()
    counted = positive | ~(_spans(size, digit_boxes).covered() | unmarked.covered())
    count = positive.sum().clamp_min(1)
    focal = sigmoid_focal_loss(logits, target, alpha=0.25, gamma=2.0)
    return ((focal * counted[:, None]).sum() + _box_term(found, digit_boxes, cores, positive)) / count


class _Spans(NamedTuple):
    """The rows and columns of cells that each box covers, as 1 or 0. A cell is in a box if its row and its column
    are."""

    rows: torch.Tensor  # (N, h, K)
    columns: torch.Tensor  # (N, w, K)

    def covered(self) -> torch.Tensor:
        """The cells in any box, (N, h, w) bool."""
        return self.rows @ self.columns.mT > 0


def _spans(size: torch.Size, boxes: torch.Tensor, share: float = 1.0, least: float = 0.0) -> _Spans:
    """Boxes (N, K, 4) in input pixels, NaN for none, on a map of that size (h, w): the middle `share` of each side,
    but at least `least` pixels each way."""
    boxes = boxes.float().nan_to_num(-1e4)[:, None]  # (N, 1, K, 4)
    middle, half = (boxes[..., :2] + boxes[..., 2:]) / 2, (boxes[..., 2:] - boxes[..., :2]) / 2
    half = (half * share).clamp_min(least)
    centres = cell_centres(*size, boxes.device)  # (h, w, 2)
    x, y = centres[0, :, :1], centres[:, 0, 1:]  # (w, 1), (h, 1)
    return _Spans(*(((at - middle[..., i]).abs() <= half[..., i]).float() for i, at in ((1, y), (0, x))))


def _box_term(found: torch.Tensor, boxes: torch.Tensor, cores: _Spans, positive: torch.Tensor) -> torch.Tensor:
    """Summed generalised IoU loss of the positive cells (N, h, w), each compared with the box that contains it."""
    row, y, x = positive.nonzero(as_tuple=True)
    target = boxes[row, (cores.rows[row, y] * cores.columns[row, x]).argmax(-1)]
    return generalized_box_iou_loss(found[row, y, x], target, reduction="sum")


def l2_box_loss(shares: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Squared error of left, top, width and height in shares of what the network sees, (N, 4), (N, 4) -> scalar."""
    return F.mse_loss(shares.float(), target)


def dice_box_loss(shares: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """One minus the Dice coefficient of boxes given as left, top, width, height: (N, 4), (N, 4) -> scalar.

    Boxes that do not touch have no gradient, so a little L2 is added.
    """
    found, true = (torch.cat([b[:, :2], b[:, :2] + b[:, 2:].clamp_min(1e-3)], dim=1) for b in (shares.float(), target))
    low, high = torch.maximum(found[:, :2], true[:, :2]), torch.minimum(found[:, 2:], true[:, 2:])
    common = (high - low).clamp_min(0).prod(1)
    areas = (found[:, 2:] - found[:, :2]).prod(1) + (true[:, 2:] - true[:, :2]).prod(1)
    return (1 - 2 * common / areas).mean() + 0.1 * l2_box_loss(shares, target)


BOX_LOSSES = {"l2": l2_box_loss, "dice": dice_box_loss}


def masks(boxes: torch.Tensor, side: int) -> torch.Tensor:
    """Boxes (N, K, 4) as left, top, width, height in shares, NaN for none -> (N, side, side), 1 inside any."""
    at = (torch.arange(side, device=boxes.device) + 0.5) / side
    past = boxes[..., None, :2] + boxes[..., None, 2:]  # (N, K, 1, 2)
    inside = (at[:, None] >= boxes[..., None, :2]) & (at[:, None] < past)  # (N, K, side, 2)
    return (inside[..., 1][..., :, None] & inside[..., 0][..., None, :]).any(1).float()


def mask_loss(logits: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
    """One minus the soft Dice coefficient of each photo, plus the cross-entropy of its pixels, which has a gradient
    where Dice has none: (N, S, S), (N, S, S) -> scalar."""
    likely = logits.sigmoid()
    common, areas = (likely * true).sum((1, 2)), (likely + true).sum((1, 2))
    return (1 - (2 * common + 1) / (areas + 1)).mean() + F.binary_cross_entropy_with_logits(logits, true)
