"""What each kind of network is trained to make small. Every function gives a scalar."""

from __future__ import annotations

import torch
from torch.nn import functional as F
from torchvision.ops import generalized_box_iou_loss, sigmoid_focal_loss

from ..models.fcos import cell_centres


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
    """Focal loss on where numbers are, generalised IoU loss on their boxes.

    logits (N, h, w), found (N, h, w, 4) and boxes (N, K, 4) in input pixels, NaN where there are fewer than K.
    Cells in the core of a number (its box shrunk by `core`) must say so; the rest of the box does not count,
    because its cells see the number, too, but not evenly.
    """
    rows, columns = logits.shape[1:]
    boxes = boxes.nan_to_num(-1e4)[:, None, None]  # (N, 1, 1, K, 4)
    centres = cell_centres(rows, columns, logits.device)[:, :, None]  # (h, w, 1, 2)
    middle, half = (boxes[..., :2] + boxes[..., 2:]) / 2, (boxes[..., 2:] - boxes[..., :2]) / 2
    # A cell's width at least, or the smallest numbers would have no core at all.
    in_core = ((centres - middle).abs() <= (half * core).clamp_min(2.1)).all(-1)  # (N, h, w, K)
    in_box = ((centres - middle).abs() <= half).all(-1)
    positive, ignored = in_core.any(-1), in_box.any(-1)
    count = positive.sum().clamp_min(1)
    focal = sigmoid_focal_loss(logits, positive.float(), alpha=0.25, gamma=2.0)
    focal = (focal * (positive | ~ignored)).sum() / count
    whose = in_core.float().argmax(-1)  # (N, h, w): which number the cell belongs to
    target = boxes.expand(-1, rows, columns, -1, -1).gather(3, whose[..., None, None].expand(-1, -1, -1, 1, 4))
    overlap = generalized_box_iou_loss(found[positive], target.squeeze(3)[positive], reduction="sum") / count
    return focal + overlap


def l2_box_loss(shares: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Squared error of left, top, width and height in shares of what the network sees, (N, 4), (N, 4) -> scalar."""
    return F.mse_loss(shares.float(), target)


def dice_box_loss(shares: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """One minus the Dice coefficient of the boxes, which left, top, width and height tell: (N, 4), (N, 4) -> scalar.

    Boxes that do not touch have no slope; a little L2 keeps them moving.
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
    """One minus the soft Dice coefficient of each photo, and the cross-entropy of its pixels, which has a slope where
    Dice has none: (N, S, S), (N, S, S) -> scalar."""
    likely = logits.sigmoid()
    common, areas = (likely * true).sum((1, 2)), (likely + true).sum((1, 2))
    return (1 - (2 * common + 1) / (areas + 1)).mean() + F.binary_cross_entropy_with_logits(logits, true)
