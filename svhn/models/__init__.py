"""Networks by name: one file each, its sizes in one dataclass.

A reader maps normalised crops (N, 3, S, S) to digit logits (N, 5, 11) and length logits (N, 7).
A localizer has `locate(photo)`: uint8 RGB (h, w, 3) -> boxes (K, 4) in photo pixels and scores (K,).
"""

from __future__ import annotations

import dataclasses
from typing import Any

from torch import nn

from .compact import CompactConfig, CompactReader
from .fcos import FCOS, FCOSConfig
from .goodfellow import GoodfellowConfig, GoodfellowReader
from .smaller_vgg import SmallerVGG, SmallerVGGConfig

READERS: dict[str, tuple[type[nn.Module], type]] = {
    "compact": (CompactReader, CompactConfig),
    "goodfellow": (GoodfellowReader, GoodfellowConfig),
}
LOCALIZERS: dict[str, tuple[type[nn.Module], type]] = {
    "fcos": (FCOS, FCOSConfig),
    "smaller_vgg": (SmallerVGG, SmallerVGGConfig),
}
NETWORKS = READERS | LOCALIZERS


def build(name: str, config: dict[str, Any] | None = None) -> nn.Module:
    """A fresh network by its registered name; `config` overrides fields of its dataclass.

    Raises KeyError with the known names, or TypeError for a field that the network does not have.
    """
    if name not in NETWORKS:
        raise KeyError(f"there is no network {name!r}; known are {', '.join(sorted(NETWORKS))}")
    network, defaults = NETWORKS[name]
    fields = {key: tuple(value) if isinstance(value, list) else value for key, value in (config or {}).items()}
    return network(dataclasses.replace(defaults(), **fields))
