"""The default localizer: a fully convolutional U-Net that predicts, at every place, whether it is inside a number, and
the distances to that number's four sides (the idea of FCOS, Tian et al. 2019, arXiv:1904.01355). It predicts the same
for single digits, with their class: a lamp may look like a number, but not like a 4.

It accepts photos of any size and aspect and returns any number of boxes with scores, or none. Small photos are
processed once; larger ones, unless that is conclusive, again at a finer scale, for distant numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from .. import boxes as bx
from ..images.preprocess import MEAN, STD, normalise, pixel_bounds, view, working_copy
from ..labels import BLANK as DIGITS  # the classes below it: 0 ... 9
from .base import Detections
from .blocks import Residual, conv_norm
from .efficientnet_lite import CHANNELS, EfficientNetLite

STRIDE = 4  # pixels of the input per cell of the output
COARSEST = 32  # the input's sides must be multiples of this
TYPICAL_SIDE = (
    16.0  # pixels from a cell to the sides of a medium number; distances are predicted as exponents relative to it
)


@dataclass(frozen=True)
class FCOSConfig:
    """Every size of the network, and how its map becomes boxes.

    channels: width at strides 2, 4, 8, 16, 32. digits: whether it finds single digits, too. imagenet: whether
    its encoder is EfficientNet-Lite0, with that network's mean and std, instead of its own. long_sides: the
    scales a photo is looked at; the finer ones only where the photo itself has the pixels and no coarser one
    is sure (sure_score), because close up a number's parts look like numbers. overview: the scale of a last look,
    if none was sure, for numbers that fill the photo. min_score, min_digit_score: below them a number or a digit is
    not reported.
    """

    mean: float = MEAN
    std: float = STD
    channels: tuple[int, int, int, int, int] = (16, 40, 64, 112, 160)
    digits: bool = False
    imagenet: bool = False
    long_sides: tuple[int, ...] = (256, 640, 1280)
    overview: int = 128
    sure_score: float = 0.7
    min_score: float = 0.1
    max_boxes: int = 16
    same_number_iou: float = 0.3
    min_digit_score: float = 0.15
    max_digits: int = 40
    slack: float = 0.02  # how much too large boxes come out on every side, measured on the held-out photos


class Maps(NamedTuple):
    """The network's output at every fourth pixel; boxes are (x1, y1, x2, y2) in input pixels. Without digits, their
    maps are None."""

    score: torch.Tensor  # (N, h, w) logits: inside a number
    box: torch.Tensor  # (N, h, w, 4)
    digit_score: torch.Tensor | None = None  # (N, 10, h, w) logits: inside a digit of that class
    digit_box: torch.Tensor | None = None  # (N, h, w, 4)


class Merge(nn.Module):
    """Join a coarse map, enlarged, with the finer map of twice its size: (N, coarse, H/2, W/2), (N, fine, H, W) ->
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
        if config.imagenet:
            self.encoder = EfficientNetLite()
            widths = zip(CHANNELS, config.channels[1:], strict=True)
            self.laterals = nn.ModuleList(conv_norm(given, wanted, 1) for given, wanted in widths)
        else:
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
        nn.init.constant_(self.score.bias, -4.0)  # initially nothing is a number, which keeps the focal loss small
        if config.digits:
            self.digit_head = Residual(c4)
            self.digit_score = nn.Conv2d(c4, DIGITS, 1)
            self.digit_sides = nn.Conv2d(c4, 4, 1)
            nn.init.constant_(self.digit_score.bias, -5.0)

    def forward(self, images: torch.Tensor) -> Maps:
        """Normalised (N, 3, H, W), sides multiples of 32 -> maps of (H/4, W/4) cells."""
        if self.config.imagenet:
            features = zip(self.laterals, self.encoder(images), strict=True)
            x4, x8, x16, x = (lateral(x) for lateral, x in features)
        else:
            x4 = self.down4(self.stem(images))  # (N, c4, H/4, W/4)
            x8 = self.down8(x4)
            x16 = self.down16(x8)
            x = self.down32(x16)  # (N, c32, H/32, W/32): covers all of a medium photo
        x = self.head(self.up4(self.up8(self.up16(x, x16), x8), x4))  # (N, c4, H/4, W/4)
        score, box = self.score(x).float().squeeze(1), _boxes(self.sides(x))
        if not self.config.digits:
            return Maps(score, box)
        x = self.digit_head(x)
        return Maps(score, box, self.digit_score(x).float(), _boxes(self.digit_sides(x)))

    def look(self, photo: np.ndarray, long_side: int) -> tuple[Maps, tuple[float, float]]:
        """Photo (h, w, 3) uint8 -> its maps at that scale, scores as probabilities, without batch dimension and
        padding; and the factors (x, y) from photo to working copy."""
        device = next(self.parameters()).device
        image = working_copy(photo, long_side).to(device)  # (3, h', w')
        height, width = image.shape[1:]
        inputs = normalise(image[None], self.config.mean, self.config.std)
        pad = (0, -width % COARSEST, 0, -height % COARSEST)
        maps = self(F.pad(inputs, pad))  # zero is the mean grey
        return _of_one(maps, 0, (height, width)), (width / photo.shape[1], height / photo.shape[0])

    @torch.inference_mode()
    def heat(self, photo: np.ndarray) -> np.ndarray:
        """Photo (h, w, 3) uint8 -> (rows, columns) in 0 ... 1 over the photo: the maximum over the scales that
        `locate` uses of how much each place looks like a number."""
        maps = [maps.score for maps, _ in self._looks(photo)]
        size = max((heat.shape for heat in maps), key=math.prod)  # of the finest scale; the last look may be coarse
        large = [F.interpolate(heat[None, None], size, mode="bilinear")[0, 0] for heat in maps]
        return torch.stack(large).amax(0).cpu().numpy()

    def _looks(self, photo: np.ndarray) -> Iterator[tuple[Maps, tuple[float, float]]]:
        """`look` at one scale after the other until one is sure; if none is, at `overview` last."""
        longest, last = max(photo.shape[:2]), 0
        for long_side in self.config.long_sides:
            if last and longest <= 1.5 * last:
                break  # the photo has no finer detail
            last = min(long_side, longest) if last else long_side
            maps, factors = self.look(photo, last)
            yield maps, factors
            if maps.score.max() >= self.config.sure_score:
                return
        yield self.look(photo, self.config.overview)

    def locate(self, photo: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Photo (h, w, 3) uint8 -> boxes (K, 4) in photo pixels and scores (K,), best first; K may be 0."""
        found = self.detect(photo)
        return found.boxes, found.scores

    @torch.inference_mode()
    def detect(self, photo: np.ndarray) -> Detections:
        """Photo (h, w, 3) uint8 -> its numbers and, if the network knows them, its single digits."""
        return self._detections(self._looks(photo), photo.shape)

    @torch.inference_mode()
    def look_at(self, photo: np.ndarray, regions: np.ndarray, long_side: int) -> list[Detections]:
        """Detect in each region (R, 4) of the photo (h, w, 3) uint8, scaled to that longer side, all in one batch.
        Boxes are in pixels of the photo; a region may reach beyond it."""
        mean, std, device = self.config.mean, self.config.std, next(self.parameters()).device
        views = [view(photo, region, long_side, mean * 255) for region in regions]
        sides = [max(image.shape[i] for image, _ in views) for i in (1, 2)]
        batch = torch.zeros(len(views), 3, *(side + -side % COARSEST for side in sides))  # zero is the mean grey
        for row, (image, _) in zip(batch, views, strict=True):
            row[:, : image.shape[1], : image.shape[2]] = normalise(image, mean, std)
        maps = self(batch.to(device, memory_format=torch.channels_last))
        found = []
        for i, (region, (image, factors)) in enumerate(zip(regions, views, strict=True)):
            look = _of_one(maps, i, image.shape[1:])
            found.append(self._detections([(look, factors)], photo.shape, pixel_bounds(region)[:2]))
        return found

    def _detections(
        self,
        looks: Iterable[tuple[Maps, tuple[float, float]]],
        shape: tuple[int, ...],
        origin: tuple[int, int] = (0, 0),
    ) -> Detections:
        """Maps of looks at a photo (h, w, 3), with their factors from photo to view, which begins at that origin."""
        numbers, digits = [], []
        for maps, (x, y) in looks:
            to_photo, start = maps.box.new_tensor([x, y, x, y]), maps.box.new_tensor([*origin, *origin])
            numbers.append((maps.box.flatten(0, 1) / to_photo + start, maps.score.flatten()))
            if maps.digit_score is not None:
                score, label = maps.digit_score.flatten(1).max(0)
                digits.append((maps.digit_box.flatten(0, 1) / to_photo + start, score, label))
        config = self.config
        boxes, scores, _ = merge(*map(torch.cat, zip(*numbers, strict=True)), config=config)
        found = bx.clip(bx.expand(boxes.cpu().numpy(), -config.slack), shape[1], shape[0])
        keep = bx.area(found) > 0
        if not digits:
            return Detections(found[keep], scores.cpu().numpy()[keep])
        limits = replace(config, min_score=config.min_digit_score, max_boxes=config.max_digits, same_number_iou=0.4)
        boxes, digit_scores, labels = merge(*map(torch.cat, zip(*digits, strict=True)), config=limits)
        return Detections(
            found[keep],
            scores.cpu().numpy()[keep],
            bx.clip(boxes.cpu().numpy(), shape[1], shape[0]),
            digit_scores.cpu().numpy(),
            labels.cpu().numpy(),
        )


def _of_one(maps: Maps, index: int, size: tuple[int, int]) -> Maps:
    """The maps of one image of a batch, of that (height, width): without padding, scores as probabilities."""
    rows, columns = -(-size[0] // STRIDE), -(-size[1] // STRIDE)
    score, box = maps.score[index, :rows, :columns].sigmoid(), maps.box[index, :rows, :columns]
    if maps.digit_score is None:
        return Maps(score, box)
    digit_score = maps.digit_score[index, :, :rows, :columns].sigmoid()
    return Maps(score, box, digit_score, maps.digit_box[index, :rows, :columns])


def _boxes(sides: torch.Tensor) -> torch.Tensor:
    """Exponents of the distances to left, top, right and bottom (N, 4, h, w) -> boxes (N, h, w, 4), input pixels."""
    distances = sides.float().clamp(-4, 4).exp() * TYPICAL_SIDE
    centres = cell_centres(*sides.shape[2:], device=sides.device)  # (h, w, 2)
    left_top, right_bottom = distances.permute(0, 2, 3, 1).split(2, dim=-1)  # (N, h, w, 2) each
    return torch.cat([centres - left_top, centres + right_bottom], dim=-1)


def cell_centres(rows: int, columns: int, device: torch.device) -> torch.Tensor:
    """Where the cells of the output lie in the input, (rows, columns, 2) as (x, y) pixels."""
    y, x = torch.meshgrid(torch.arange(rows, device=device), torch.arange(columns, device=device), indexing="ij")
    return (torch.stack([x, y], dim=-1) + 0.5) * STRIDE


def merge(
    boxes: torch.Tensor, scores: torch.Tensor, labels: torch.Tensor | None = None, *, config: FCOSConfig
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
    """Votes of all cells (M, 4), (M,) and their classes (M,), if any -> one box a number (K, 4) with its score (K,)
    and class (K,), best first.

    A number's best cell suppresses the others; the box is then the score-weighted mean of those that agree
    with it, which is steadier than any single vote.
    """
    likely = scores > config.min_score
    boxes, scores = boxes[likely], scores[likely]
    labels = labels[likely] if labels is not None else None
    if len(scores) > 1000:
        scores, order = scores.topk(1000)
        boxes = boxes[order]
        labels = labels[order] if labels is not None else None
    best, iou = most_likely(boxes, scores, config.same_number_iou, config.max_boxes)
    agree = (iou > 0.6).float() * scores  # (K, M)
    mean = agree @ boxes / agree.sum(1, keepdim=True).clamp_min(1e-6)
    return mean, scores[best], labels[best] if labels is not None else None


def most_likely(
    boxes: torch.Tensor, scores: torch.Tensor, same_iou: float, most: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Non-maximum suppression, but only of the `most` best: boxes (M, 4), scores (M,) -> indices (K,), best first, and
    their IoU with all boxes (K, M)."""
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(1)
    left, best, ious = scores.clone(), [], []
    while len(best) < min(most, len(scores)) and left.amax() > 0:
        i = int(left.argmax())
        low, high = torch.maximum(boxes[i, :2], boxes[:, :2]), torch.minimum(boxes[i, 2:], boxes[:, 2:])
        common = (high - low).clamp_min(0).prod(1)
        iou = common / (areas[i] + areas - common)
        left[iou > same_iou] = 0
        left[i] = 0
        best.append(i)
        ious.append(iou)
    indices = torch.tensor(best, dtype=torch.long, device=boxes.device)
    return indices, torch.stack(ious) if ious else boxes.new_zeros(0, len(boxes))
