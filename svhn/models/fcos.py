"""The default localizer: a fully convolutional U-Net that says at every place whether it lies inside a
number and how far that number's four sides are (the idea of FCOS, Tian et al. 2019, arXiv:1904.01355).

It takes the whole photo at any size and aspect and gives any number of boxes with scores, none included.
Small photos are seen once; larger ones, unless that settles it, a second time at a finer scale, for numbers far away.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torchvision.ops import box_iou, nms

from .. import boxes as bx
from ..preprocess import normalise, working_copy
from .blocks import Residual, conv_norm

STRIDE = 4  # pixels of the input per cell of the output
COARSEST = 32  # the input's sides must be multiples of this
TYPICAL_SIDE = 16.0  # pixels from a cell to the sides of a middling number: distances are exponents of it


@dataclass(frozen=True)
class FCOSConfig:
    """Every size of the network, and how its map becomes boxes.

    channels: width at strides 2, 4, 8, 16, 32. long_sides: the scales a photo is looked at; the finer ones
    only where the photo itself has the pixels and no coarser one is sure (sure_score), because close up a
    number's parts look like numbers. min_score: below it a box is not reported.
    """

    mean: float = 0.45
    std: float = 0.22
    channels: tuple[int, int, int, int, int] = (16, 40, 64, 112, 160)
    long_sides: tuple[int, ...] = (256, 640, 1280)
    sure_score: float = 0.7
    min_score: float = 0.1
    max_boxes: int = 6
    same_number_iou: float = 0.3
    slack: float = 0.02  # by which boxes come out too large on every side, measured on the held-out photos


class Merge(nn.Module):
    """A coarse map, enlarged, joined with the finer map beside it: (N, coarse, H/2, W/2), (N, fine, H, W) ->
    (N, fine, H, W)."""

    def __init__(self, coarse: int, fine: int) -> None:
        super().__init__()
        self.narrow = nn.Conv2d(coarse, fine, 1)
        self.blend = conv_norm(fine, fine)

    def forward(self, coarse: torch.Tensor, fine: torch.Tensor) -> torch.Tensor:
        return self.blend(fine + F.interpolate(self.narrow(coarse), scale_factor=2.0))


class FCOS(nn.Module):
    """Photo -> score and box at every fourth pixel."""

    def __init__(self, config: FCOSConfig = FCOSConfig()) -> None:
        super().__init__()
        self.config = config
        c2, c4, c8, c16, c32 = config.channels
        self.stem = conv_norm(3, c2, 3, 2)
        self.down4 = nn.Sequential(conv_norm(c2, c4, 3, 2), Residual(c4))
        self.down8 = nn.Sequential(conv_norm(c4, c8, 3, 2), Residual(c8))
        self.down16 = nn.Sequential(conv_norm(c8, c16, 3, 2), Residual(c16), Residual(c16))
        self.down32 = nn.Sequential(conv_norm(c16, c32, 3, 2), Residual(c32), Residual(c32))
        self.up16 = Merge(c32, c16)
        self.up8 = Merge(c16, c8)
        self.up4 = Merge(c8, c4)
        self.head = Residual(c4)
        self.score = nn.Conv2d(c4, 1, 1)
        self.sides = nn.Conv2d(c4, 4, 1)
        nn.init.constant_(self.score.bias, -4.0)  # at first nothing is a number: the focal loss stays calm

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Normalised (N, 3, H, W), sides multiples of 32 -> score logits (N, H/4, W/4) and boxes
        (N, H/4, W/4, 4) as (x1, y1, x2, y2) in input pixels."""
        x4 = self.down4(self.stem(images))  # (N, c4, H/4, W/4)
        x8 = self.down8(x4)
        x16 = self.down16(x8)
        x = self.down32(x16)  # (N, c32, H/32, W/32): sees the whole of a middling photo
        x = self.head(self.up4(self.up8(self.up16(x, x16), x8), x4))  # (N, c4, H/4, W/4)
        distances = self.sides(x).float().clamp(-4, 4).exp() * TYPICAL_SIDE  # (N, 4, h, w): left, top, right, bottom
        centres = cell_centres(*x.shape[2:], device=x.device)  # (h, w, 2)
        left_top, right_bottom = distances.permute(0, 2, 3, 1).split(2, dim=-1)  # (N, h, w, 2) each
        return self.score(x).float().squeeze(1), torch.cat([centres - left_top, centres + right_bottom], dim=-1)

    def heat_map(self, photo: np.ndarray, long_side: int) -> tuple[torch.Tensor, torch.Tensor, tuple[float, float]]:
        """Photo (h, w, 3) uint8 -> scores (H/4, W/4) in 0 ... 1, boxes (H/4, W/4, 4) in working pixels, and
        the factors (x, y) from photo to working copy."""
        device = next(self.parameters()).device
        image = working_copy(photo, long_side).to(device)  # (3, h', w')
        height, width = image.shape[1:]
        inputs = normalise(image[None], self.config.mean, self.config.std)
        pad = (0, -width % COARSEST, 0, -height % COARSEST)
        logits, found = self(F.pad(inputs, pad))  # zero is the mean grey
        rows, columns = -(-height // STRIDE), -(-width // STRIDE)
        factors = (width / photo.shape[1], height / photo.shape[0])
        return logits[0, :rows, :columns].sigmoid(), found[0, :rows, :columns], factors

    @torch.inference_mode()
    def heat(self, photo: np.ndarray) -> np.ndarray:
        """Photo (h, w, 3) uint8 -> (rows, columns) in 0 ... 1 over the whole photo: how much each place looked
        like a number at any of the scales that `locate` looks at."""
        maps = [heat for heat, *_ in self._looks(photo)]
        size = maps[-1].shape
        large = [F.interpolate(heat[None, None], size, mode="bilinear")[0, 0] for heat in maps]
        return torch.stack(large).amax(0).cpu().numpy()

    def _looks(self, photo: np.ndarray) -> Iterator[tuple[torch.Tensor, torch.Tensor, tuple[float, float]]]:
        """`heat_map` at one scale after the other, until one of them is sure."""
        longest, last = max(photo.shape[:2]), 0
        for long_side in self.config.long_sides:
            if last and longest <= 1.5 * last:
                break  # the photo has no more to show
            last = min(long_side, longest) if last else long_side
            look = self.heat_map(photo, last)
            yield look
            if look[0].max() >= self.config.sure_score:
                break

    @torch.inference_mode()
    def locate(self, photo: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Photo (h, w, 3) uint8 -> boxes (K, 4) in photo pixels and scores (K,), best first; K may be 0."""
        scores, found = [], []
        for heat, boxes, (x, y) in self._looks(photo):
            scores.append(heat.flatten())
            found.append(boxes.flatten(0, 1) / boxes.new_tensor([x, y, x, y]))
        boxes, scores = merge(torch.cat(found), torch.cat(scores), self.config)
        boxes = bx.clip(bx.expand(boxes.cpu().numpy(), -self.config.slack), photo.shape[1], photo.shape[0])
        keep = bx.area(boxes) > 0
        return boxes[keep], scores.cpu().numpy()[keep]


def cell_centres(rows: int, columns: int, device: torch.device) -> torch.Tensor:
    """Where the cells of the output lie in the input, (rows, columns, 2) as (x, y) pixels."""
    y, x = torch.meshgrid(torch.arange(rows, device=device), torch.arange(columns, device=device), indexing="ij")
    return (torch.stack([x, y], dim=-1) + 0.5) * STRIDE


def merge(boxes: torch.Tensor, scores: torch.Tensor, config: FCOSConfig) -> tuple[torch.Tensor, torch.Tensor]:
    """Votes of all cells (M, 4), (M,) -> one box a number (K, 4) with its score (K,), best first.

    A number's best cell suppresses the others; the box is then the score-weighted mean of those that agree
    with it, which is steadier than any single vote.
    """
    likely = scores > config.min_score
    boxes, scores = boxes[likely], scores[likely]
    if len(scores) > 1000:
        scores, order = scores.topk(1000)
        boxes = boxes[order]
    best = nms(boxes, scores, config.same_number_iou)[: config.max_boxes]
    agree = (box_iou(boxes[best], boxes) > 0.6).float() * scores  # (K, M)
    return agree @ boxes / agree.sum(1, keepdim=True).clamp_min(1e-6), scores[best]
