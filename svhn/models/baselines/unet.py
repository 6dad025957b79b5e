"""Document 004's segmentation: U-Net (Ronneberger et al. 2015, arXiv:1505.04597), which decides for every pixel
whether it belongs to a number.

As in the document its depth is halved, 32 channels at the finest of five scales, and the convolutions are padded, with
zeros or, as the document proposes for later, by reflection. BatchNorm is added. The photo is stretched to 64×64.

With `count` the network also estimates how many digits there are: the document's closing idea, a check on the reader.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from ... import boxes as bx
from ...images.preprocess import MEAN, STD, normalise, squashed
from ...labels import LENGTH_CLASSES

SURE = 0.5  # probability from which a pixel belongs to a number


@dataclass(frozen=True)
class UNetConfig:
    """Every size of the network. padding: "zeros" or "reflect". min_share: the share of the photo that a number must
    cover. slack: how much too large regions come out on every side, measured on the held-out photos."""

    input_size: int = 64
    mean: float = MEAN
    std: float = STD
    channels: tuple[int, ...] = (32, 64, 128, 256, 512)
    padding: str = "zeros"
    count: bool = False
    max_boxes: int = 3
    min_share: float = 0.002
    slack: float = 0.025


class UNet(nn.Module):
    """Photo -> mask and, if it counts, the number of digits."""

    def __init__(self, config: UNetConfig = UNetConfig()) -> None:
        super().__init__()
        self.config = config
        double = partial(_double, padding=config.padding)
        steps = list(zip(config.channels, config.channels[1:], strict=False))  # (finer, coarser)
        self.first = double(3, config.channels[0])
        self.down = nn.ModuleList(double(fine, coarse) for fine, coarse in steps)
        self.up = nn.ModuleList(nn.ConvTranspose2d(coarse, fine, 2, 2) for fine, coarse in steps)
        self.join = nn.ModuleList(double(2 * fine, fine) for fine, _ in steps)
        self.mask = nn.Conv2d(config.channels[0], 1, 1)
        self.count = nn.Linear(config.channels[-1], LENGTH_CLASSES) if config.count else None

    def forward(self, views: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Normalised (N, 3, S, S) -> mask logits (N, S, S) and logits of the number of digits (N, 7), (N, 0) if it does
        not count."""
        scales = [self.first(views)]
        for down in self.down:
            scales.append(down(F.max_pool2d(scales[-1], 2)))
        x = scales.pop()  # (N, 512, S / 16, S / 16)
        count = self.count(x.mean((2, 3))).float() if self.count else x.new_zeros(len(x), 0)
        for up, join in zip(reversed(self.up), reversed(self.join), strict=True):
            x = join(torch.cat([scales.pop(), up(x)], dim=1))
        return self.mask(x).float().squeeze(1), count

    @torch.inference_mode()
    def segment(self, photo: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        """Photo (h, w, 3) uint8 -> the probability that each pixel of the stretched photo belongs to a number (S,
        S), and the probabilities of 0 ... 5 and more digits (7,), (0,) if it does not count."""
        device = next(self.parameters()).device
        view = squashed(photo, self.config.input_size)[None].to(device)
        mask, count = self(normalise(view, self.config.mean, self.config.std))
        return mask[0].sigmoid().cpu(), count[0].softmax(-1).cpu()

    def heat(self, photo: np.ndarray) -> np.ndarray:
        """Photo (h, w, 3) uint8 -> (S, S) in 0 ... 1 over the photo."""
        return self.segment(photo)[0].numpy()

    def digits_seen(self, photo: np.ndarray) -> np.ndarray | None:
        """Photo (h, w, 3) uint8 -> probabilities of 0 ... 5 and more digits (7,); None if it does not count."""
        return self.segment(photo)[1].numpy() if self.count else None

    def locate(self, photo: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Photo (h, w, 3) uint8 -> boxes (K, 4) in photo pixels and scores (K,), the largest first; K may be 0."""
        likely = self.segment(photo)[0]
        boxes, scores = [], []
        for region in regions(likely > SURE, self.config.max_boxes, self.config.min_share):
            rows, columns = (region.any(1 - axis).nonzero().flatten() for axis in (0, 1))
            boxes.append([columns[0].item(), rows[0].item(), columns[-1].item() + 1, rows[-1].item() + 1])
            scores.append(likely[region].mean().item())
        found = bx.expand(np.array(boxes, dtype=float).reshape(-1, 4), -self.config.slack)
        size, (height, width) = self.config.input_size, photo.shape[:2]
        return bx.scale(found, width / size, height / size), np.array(scores)


def regions(mask: torch.Tensor, most: int, min_share: float) -> list[torch.Tensor]:
    """bool (S, S) -> its connected regions, each bool (S, S), the largest first; those below `min_share` are left
    out."""
    import cv2  # training does without it

    _, label, stats, _ = cv2.connectedComponentsWithStats(mask.cpu().numpy().astype(np.uint8), connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA]  # the first is the background
    kept = [i for i in np.argsort(-areas, kind="stable") if areas[i] >= min_share * mask.numel()][:most]
    return [torch.from_numpy(label == i + 1) for i in kept]


def _double(inputs: int, outputs: int, padding: str) -> nn.Sequential:
    """Two padded 3×3 convolutions, (N, inputs, H, W) -> (N, outputs, H, W)."""
    layers = []
    for channels in (inputs, outputs):
        convolution = nn.Conv2d(channels, outputs, 3, padding=1, padding_mode=padding, bias=False)
        layers += [convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)
