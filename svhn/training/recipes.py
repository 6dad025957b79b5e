"""Recipes by name: every hyper-parameter of a network's training in one place."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ..data.crop_batches import CropJitter
from ..data.scene_batches import SceneJitter


@dataclass(frozen=True)
class Recipe:
    """How one network is trained. An epoch is `epoch_steps` steps, after which it is validated and saved.

    synthetic: share of every batch that comes from the generator of street numbers.
    """

    network: str
    steps: int
    batch_size: int
    learning_rate: float
    sizes: dict = field(default_factory=dict)  # overrides of the network's own dataclass
    weight_decay: float = 0.05
    warmup_steps: int = 200
    clip_norm: float = 2.0
    ema_decay: float = 0.998
    epoch_steps: int = 250
    label_smoothing: float = 0.02
    synthetic: float = 0.0
    synthetic_bank: int = 40_000  # pictures made once and drawn from, where making them fresh would be too slow
    crop_jitter: CropJitter = CropJitter()
    scene_jitter: SceneJitter = SceneJitter()
    scene_side: int = 192


COMPACT = Recipe("compact", steps=20_000, batch_size=64, learning_rate=2e-3, synthetic=0.6, synthetic_bank=100_000)

RECIPES = {
    "compact": COMPACT,
    "compact_synthetic": replace(COMPACT, synthetic=1.0),  # not a single real photo
    "goodfellow": Recipe("goodfellow", steps=20_000, batch_size=32, learning_rate=3e-4),
    "fcos": Recipe("fcos", steps=12_000, batch_size=24, learning_rate=1.5e-3, synthetic=0.4, synthetic_bank=10_000),
    "smaller_vgg": Recipe("smaller_vgg", steps=6_000, batch_size=64, learning_rate=1e-3),
}
