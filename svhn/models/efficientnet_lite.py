"""EfficientNet-Lite0 (Tan and Le 2019, arXiv:1905.11946; the edition for phones, without attention and with ReLU6):
features that have seen ImageNet, for a network with few photos of its own.

Its norms are folded into its convolutions, so that small batches do not move them.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional as F

MEAN, STD = 127 / 255, 128 / 255  # with which the photos it was pretrained on were normalised
NORM_EPSILON = 1e-3


class Stage(NamedTuple):
    """Blocks of one kind. Each widens the features by `expansion` inside; the first has the stride."""

    blocks: int
    channels: int
    expansion: int
    kernel: int
    stride: int


STEM = 32  # channels at stride 2
STAGES = (
    Stage(1, 16, 1, 3, 1),
    Stage(2, 24, 6, 3, 2),  # stride 4 of the photo
    Stage(2, 40, 6, 5, 2),  # 8
    Stage(3, 80, 6, 3, 2),
    Stage(3, 112, 6, 5, 1),  # 16
    Stage(4, 192, 6, 5, 2),
    Stage(1, 320, 6, 3, 1),  # 32
)
OUTPUTS = (1, 2, 4, 6)  # the last stage of every stride from 4 to 32
CHANNELS = tuple(STAGES[i].channels for i in OUTPUTS)
FROZEN = 2  # stages that, like the stem, keep ImageNet's weights: edges and textures are the same in every street


class Block(nn.Module):
    """Widen, filter every channel on its own, narrow; a skip connection where the shape is kept:
    (N, inputs, H, W) -> (N, outputs, H / stride, W / stride)."""

    def __init__(self, inputs: int, outputs: int, expansion: int, kernel: int, stride: int) -> None:
        super().__init__()
        inner = inputs * expansion
        self.expand = nn.Conv2d(inputs, inner, 1) if expansion > 1 else None
        padding = kernel // 2 if stride == 1 else 0
        self.depthwise = nn.Conv2d(inner, inner, kernel, stride, padding, groups=inner)
        self.project = nn.Conv2d(inner, outputs, 1)
        self.skips = stride == 1 and inputs == outputs

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        inner = F.relu6(self.expand(x)) if self.expand is not None else x
        outputs = self.project(
            F.relu6(self._filter(inner if self.depthwise.padding[0] else _pad(inner, self.depthwise)))
        )
        return x + outputs if self.skips else outputs

    def _filter(self, x: torch.Tensor) -> torch.Tensor:
        if not torch.is_grad_enabled():
            return self.depthwise(x)
        with torch.autocast(x.device.type, enabled=False):  # in bfloat16 its gradient takes twice as long on CPUs
            return self.depthwise(x.float())


class EfficientNetLite(nn.Module):
    """Normalised (N, 3, H, W), sides multiples of 32 -> features at strides 4, 8, 16 and 32 of `CHANNELS` channels."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, STEM, 3, 2)
        inputs, stages = STEM, []
        for stage in STAGES:
            blocks = []
            for i in range(stage.blocks):
                stride = stage.stride if i == 0 else 1
                blocks.append(Block(inputs, stage.channels, stage.expansion, stage.kernel, stride))
                inputs = stage.channels
            stages.append(nn.Sequential(*blocks))
        self.stages = nn.ModuleList(stages)
        for module in (self.stem, *self.stages[:FROZEN]):
            module.requires_grad_(False)

    def forward(self, images: torch.Tensor) -> list[torch.Tensor]:
        with torch.no_grad():
            x = F.relu6(self.stem(_pad(images, self.stem)))
            for stage in self.stages[:FROZEN]:
                x = stage(x)
        features = [x]
        for i, stage in enumerate(self.stages[FROZEN:], FROZEN):
            x = stage(x)
            if i in OUTPUTS:
                features.append(x)
        return features


def _pad(x: torch.Tensor, conv: nn.Conv2d) -> torch.Tensor:
    """As TensorFlow's "same" pads the input of a convolution whose stride divides the sides: what is odd at the end."""
    total = conv.kernel_size[0] - conv.stride[0]
    before, after = total // 2, total - total // 2
    return F.pad(x, (before, after, before, after))


def fold(published: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The published tensors, with norms -> those of `EfficientNetLite`. Raises KeyError if one is missing."""
    tensors = _fold(published, "_conv_stem", "_bn0", "stem")
    places = [(i, j) for i, stage in enumerate(STAGES) for j in range(stage.blocks)]
    for k, (i, j) in enumerate(places):
        convs = ("expand", "depthwise", "project")[STAGES[i].expansion == 1 :]
        for norm, conv in enumerate(convs):
            tensors |= _fold(
                published,
                f"_blocks.{k}._{conv}_conv",
                f"_blocks.{k}._bn{norm + 3 - len(convs)}",
                f"stages.{i}.{j}.{conv}",
            )
    return tensors


def _fold(published: dict[str, torch.Tensor], conv: str, norm: str, name: str) -> dict[str, torch.Tensor]:
    weight, bias, mean, variance = (
        published[f"{norm}.{key}"] for key in ("weight", "bias", "running_mean", "running_var")
    )
    scale = weight / (variance + NORM_EPSILON).sqrt()
    return {
        f"{name}.weight": published[f"{conv}.weight"] * scale[:, None, None, None],
        f"{name}.bias": bias - mean * scale,
    }
