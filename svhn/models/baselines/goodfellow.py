"""The paper's reader: Goodfellow et al. 2013, arXiv:1312.6082, as the project's founding documents describe it.

Document 000 has the paper's own network: eight convolutions (the first with maxout units of three filters), one locally
connected layer, two dense layers of 3,072 units, and six heads. Units per location: 48, 64, 128, 160, then 192. Every
convolution is 5×5 with zero padding and followed by subtractive and contrast normalisation in the paper; BatchNorm
replaces that here. Max pooling 2×2 alternates stride 2 and 1 with padding 1, so 54×54 becomes 7×7 before the locally
connected layer, whose kernel the documents do not specify: 3×3 here.

Documents 002 and 004 use parts of it, selected by the configuration: neither has the locally connected layer, 004
normalises before each convolution, and its network for strips of MNIST digits has six convolutions, grey input and no
length head.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

from ...images.preprocess import MEAN, STD, Size, sides
from ...labels import DIGIT_CLASSES, LENGTH_CLASSES, MAX_DIGITS, length_from_blanks
from ..blocks import keep_scale


@dataclass(frozen=True)
class GoodfellowConfig:
    """Every size of the network. strides: of the pooling. local_units: of the locally connected layer, 0 for none.
    norm_first: BatchNorm before the convolution instead of after it. length_head: without one, the blanks give the
    length. margins: the paper trains on random 54×54 patches of a 64×64 crop with 15 % margin; the middle patch has
    5 %."""

    input_size: Size = 54
    margins: tuple[float, ...] = (0.05,)
    mean: float = MEAN
    std: float = STD
    grey: bool = False
    channels: tuple[int, ...] = (48, 64, 128, 160, 192, 192, 192, 192)
    kernel: int = 5
    strides: tuple[int, ...] = (2, 1, 2, 1, 2, 1, 2, 1)
    maxout: int = 3
    norm_first: bool = False
    local_units: int = 192
    dense: int = 3072
    dropout: float = 0.5
    map_dropout: float = 0.1  # of whole feature maps, after each pooling
    length_head: bool = True


class Maxout(nn.Module):
    """The largest of `pieces` filters for every unit, (N, units * pieces, H, W) -> (N, units, H, W)."""

    def __init__(self, pieces: int) -> None:
        super().__init__()
        self.pieces = pieces

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.unflatten(1, (-1, self.pieces)).amax(2)


class LocallyConnected(nn.Module):
    """A convolution whose filters are not shared between locations, (N, C, H, W) -> (N, units, H, W)."""

    def __init__(self, channels: int, units: int, size: tuple[int, int], kernel: int = 3) -> None:
        super().__init__()
        self.kernel, self.size = kernel, size
        fan_in = channels * kernel * kernel
        self.weight = nn.Parameter(torch.randn(size[0] * size[1], fan_in, units) * (2 / fan_in) ** 0.5)
        self.bias = nn.Parameter(torch.zeros(1, units, *size))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        patches = F.unfold(x, self.kernel, padding=self.kernel // 2)  # (N, C * k * k, H * W)
        local = patches.permute(2, 0, 1) @ self.weight  # (H * W, N, units)
        return local.permute(1, 2, 0).unflatten(-1, self.size) + self.bias


class GoodfellowReader(nn.Module):
    """Crop -> logits of five digit positions and of the length."""

    def __init__(self, config: GoodfellowConfig = GoodfellowConfig()) -> None:
        super().__init__()
        self.config = config
        blocks, inputs, size = [], 1 if config.grey else 3, sides(config.input_size)
        for index, (outputs, stride) in enumerate(zip(config.channels, config.strides, strict=True)):
            pieces = config.maxout if index == 0 else 1
            convolution = nn.Conv2d(inputs, outputs * pieces, config.kernel, padding=config.kernel // 2)
            norm = nn.BatchNorm2d(inputs if config.norm_first else outputs * pieces)
            blocks += [
                *((norm, convolution) if config.norm_first else (convolution, norm)),
                Maxout(pieces) if pieces > 1 else nn.ReLU(inplace=True),
                nn.MaxPool2d(2, stride, padding=1),
                nn.Dropout2d(config.map_dropout),
            ]
            size = tuple(side // 2 + 1 if stride == 2 else side + 1 for side in size)
            inputs = outputs
        self.convolutions = nn.Sequential(*blocks)
        self.local = nn.Identity()
        if config.local_units:
            local = LocallyConnected(inputs, config.local_units, size)
            self.local, inputs = nn.Sequential(local, nn.ReLU(inplace=True)), config.local_units
        self.dense = keep_scale(
            nn.Sequential(
                nn.Flatten(),
                nn.Linear(inputs * size[0] * size[1], config.dense),
                nn.ReLU(inplace=True),
                nn.Dropout(config.dropout),
                nn.Linear(config.dense, config.dense),
                nn.ReLU(inplace=True),
                nn.Dropout(config.dropout),
            )
        )
        self.digits = nn.Linear(config.dense, MAX_DIGITS * DIGIT_CLASSES)
        self.length = nn.Linear(config.dense, LENGTH_CLASSES) if config.length_head else None

    def forward(self, crops: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Normalised (N, 3, H, W) -> digit logits (N, 5, 11), length logits (N, 7)."""
        if self.config.grey:
            crops = crops.mean(1, keepdim=True)  # (N, 1, H, W)
        hidden = self.dense(self.local(self.convolutions(crops)))  # (N, 3072)
        digits = self.digits(hidden).unflatten(-1, (MAX_DIGITS, DIGIT_CLASSES))
        return digits, self.length(hidden) if self.length else length_from_blanks(digits)
