"""Networks by name: one file each, with its sizes in one dataclass.

`base` defines what a reader and a localizer can do. The remaining networks classify single MNIST digits: normalised (N,
1, 28, 28) -> logits (N, 10).
"""

from __future__ import annotations

import dataclasses
from typing import Any

from torch import nn

from .baselines.box_regression import SmallBox, SmallBoxConfig, SmallerVGG, SmallerVGGConfig
from .baselines.cnn import (
    CustomizedConfig,
    CustomizedReader,
    DigitCNN,
    DigitCNNConfig,
    Logistic,
    LogisticConfig,
    SimpleConfig,
    SimpleReader,
)
from .baselines.goodfellow import GoodfellowConfig, GoodfellowReader
from .baselines.unet import UNet, UNetConfig
from .baselines.vgg16 import VGG16Box, VGG16BoxConfig, VGG16Config, VGG16Reader
from .compact import CompactConfig, CompactReader
from .ensemble import AveragedConfig, AveragedReader
from .fcos import FCOS, FCOSConfig
from .no_localizer import Whole, WholeConfig

Registry = dict[str, tuple[type[nn.Module], type]]
READERS: Registry = {
    "compact": (CompactReader, CompactConfig),
    "averaged": (AveragedReader, AveragedConfig),
    "goodfellow": (GoodfellowReader, GoodfellowConfig),
    "customized": (CustomizedReader, CustomizedConfig),
    "vgg16": (VGG16Reader, VGG16Config),
    "simple": (SimpleReader, SimpleConfig),
}
LOCALIZERS: Registry = {
    "fcos": (FCOS, FCOSConfig),
    "smaller_vgg": (SmallerVGG, SmallerVGGConfig),
    "vgg16_box": (VGG16Box, VGG16BoxConfig),
    "small_box": (SmallBox, SmallBoxConfig),
    "unet": (UNet, UNetConfig),
    "whole": (Whole, WholeConfig),
}
DIGITS: Registry = {
    "logistic": (Logistic, LogisticConfig),
    "digit_cnn": (DigitCNN, DigitCNNConfig),
}
NETWORKS = READERS | LOCALIZERS | DIGITS


def build(name: str, config: dict[str, Any] | None = None) -> nn.Module:
    """A new network by its registered name; `config` overrides fields of its dataclass.

    Raises KeyError with the known names, or TypeError for a field that the network does not have.
    """
    if name not in NETWORKS:
        raise KeyError(f"there is no network {name!r}; known are {', '.join(sorted(NETWORKS))}")
    network, defaults = NETWORKS[name]
    fields = {key: tuple(value) if isinstance(value, list) else value for key, value in (config or {}).items()}
    return network(dataclasses.replace(defaults(), **fields))


def kind_of(network: nn.Module) -> str:
    """The registered name of a network."""
    return next(name for name, (kind, _) in NETWORKS.items() if type(network) is kind)
