"""Recipes by name: every hyper-parameter of a network's training in one place.

`compact` and `fcos` train the default networks; most others are systems of the five documents
(`svhn/baselines/systems.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace

from ..data.augment import Appearance
from ..data.crop_augment import CropJitter
from ..data.scene_augment import SceneJitter
from ..models import efficientnet_lite

SVHN, MNIST = "svhn", "mnist"
READ, READ_STRIPS, CLASSIFY_DIGITS = "read", "read_strips", "classify_digits"  # tasks, see `tasks.TASKS`
DETECT, REGRESS_BOX, SEGMENT = "detect", "regress_box", "segment"
GENTLY = 0.25  # of the learning rate, where a short run continues from good weights


@dataclass(frozen=True)
class Recipe:
    """How one network is trained. An epoch is `epoch_steps` steps, after which it is validated and saved.

    task: what it learns to do, one of `tasks.TASKS`. data: "svhn" for photos, "mnist" for strips of digits or single
    ones. redrawn: whether MNIST's digits are rotated, scaled and shifted a little. synthetic: share of every batch that
    is generated. weak: share of photos whose box is only a proposal (`prepare --weak`). extra: share, of the photos
    with official boxes, that come from SVHN's split extra where that is prepared, and not from train. negatives: share
    of real pictures without a number. halved: share of a reader's crops that show a part of their number and are to be
    read as none. canvas: crops as the paper cuts them, random patches of a square of that many pixels; 0 means jittered
    ones. box_loss: "l2" or "dice", of networks that regress one box. patience: epochs without a better score after
    which training stops, 0 for never. plateau: epochs without a better score after which the learning rate is annealed
    and training then ends (see `stopping`), 0 where that follows steps or the clock. dense_rate: of the learning rate,
    for dense and locally connected layers: Adam moves every weight by as much, whatever their number, and with
    thousands of inputs that adds up until most units die. begins_with: the recipe whose network it is initialized from,
    as far as it fits; "imagenet" is torchvision's.
    """

    network: str
    steps: int
    batch_size: int
    learning_rate: float
    sizes: dict = field(default_factory=dict)  # overrides of the network's own dataclass
    task: str = READ
    data: str = SVHN
    redrawn: bool = True
    encoder_rate: float = 1.0
    dense_rate: float = 1.0
    weight_decay: float = 0.05
    warmup_steps: int = 200
    clip_norm: float = 2.0
    ema_decay: float = 0.998
    epoch_steps: int = 250
    label_smoothing: float = 0.02
    synthetic: float = 0.0
    synthetic_bank: int = 40_000  # pictures generated once and drawn from: new ones for every batch are too slow
    weak: float = 0.0
    extra: float = 0.0
    negatives: float = 0.0
    halved: float = 0.0
    crop_jitter: CropJitter = CropJitter()
    canvas: int = 0
    scene_jitter: SceneJitter = SceneJitter()
    scene_side: int = 192
    box_loss: str = "l2"
    patience: int = 0
    plateau: int = 0
    begins_with: str = ""

    @staticmethod
    def of(values: dict) -> Recipe:
        """From what JSON makes of one; fields that it lacks get their defaults. Raises TypeError for an unknown one."""
        nested = {"crop_jitter": CropJitter, "scene_jitter": SceneJitter}
        return _of(Recipe, {**values, **{k: _of(kind, values[k]) for k, kind in nested.items() if k in values}})


def _of(kind: type, values: dict):
    look = {"look": _of(Appearance, values["look"])} if "look" in values else {}
    values = {k: tuple(v) if isinstance(v, list) else v for k, v in {**values, **look}.items()}
    if "sizes" in values:
        values["sizes"] = {k: tuple(v) if isinstance(v, list) else v for k, v in values["sizes"].items()}
    if unknown := set(values) - {f.name for f in fields(kind)}:
        raise TypeError(f"{kind.__name__} has no {', '.join(sorted(unknown))}")
    return kind(**values)


COMPACT = Recipe(
    "compact",
    steps=40_000,
    batch_size=64,
    learning_rate=2e-3,
    synthetic=0.4,
    synthetic_bank=20_000,
    weak=0.3,
    extra=0.5,
    negatives=0.1,
    halved=0.04,
)
# What the readers of the documents learn from besides official photos, as this project's own does. Their steps are more
# than enough: `train-rows` ends a run when it gets no better.
MORE = {"synthetic": 0.4, "synthetic_bank": 20_000, "weak": 0.3, "extra": 0.5}
# Of crops for networks that are small or see few pictures: what they learn in a tenth of the steps that COMPACT has.
MILD = CropJitter(
    margin=0.1,
    margin_spread=0.05,
    margin_range=(-0.03, 0.25),
    loose=0.05,
    rotation=4.0,
    shear=0.08,
    look=Appearance(
        contrast=(0.7, 1.3),
        brightness=0.1,
        channel_gain=0.1,
        gamma=(0.85, 1.2),
        inverted=0.1,
        grey=0.1,
        swapped_channels=0.1,
        blurred=0.15,
        noise=0.02,
        erased=0.05,
        erased_side=(0.05, 0.15),
    ),
)
# With half of the dense units and a tenth of all maps dropped, the paper's network learns next to nothing in the first
# thousand steps; it had six days.
LESS_DROPPED = {"dropout": 0.2, "map_dropout": 0.0}
PAPER = Recipe(
    "goodfellow",
    steps=40_000,
    batch_size=32,
    learning_rate=1e-3,
    sizes=LESS_DROPPED,
    dense_rate=0.1,
    canvas=64,
    label_smoothing=0.0,
    epoch_steps=200,
    **MORE,
)
VGG16 = Recipe(
    "vgg16",
    steps=20_000,
    batch_size=32,
    learning_rate=5e-4,
    dense_rate=0.3,
    epoch_steps=200,
    weak=0.5,
    extra=0.5,
    crop_jitter=MILD,
)
SMALL_BOX = Recipe("small_box", task=REGRESS_BOX, steps=8_000, batch_size=64, learning_rate=1e-3)
UNET = Recipe("unet", task=SEGMENT, steps=8_000, batch_size=32, learning_rate=1.5e-3, epoch_steps=100)
# Six convolutions, no locally connected layer, no length head: document 004 leaves kernel and pooling open.
STRIP_SIZES = {
    "input_size": (28, 140),
    "margins": (0.05,),
    "grey": True,
    "channels": (48, 64, 128, 160, 192, 192),
    "strides": (2, 2, 1, 2, 1, 2),
    "kernel": 3,
    "maxout": 1,
    "norm_first": True,
    "local_units": 0,
    "dense": 1024,
    "length_head": False,
}

RECIPES = {
    "compact": COMPACT,
    "compact_synthetic": replace(COMPACT, synthetic=1.0, weak=0.0, extra=0.0, negatives=0.0),  # not a single real photo
    "fcos": Recipe(
        "fcos",
        task=DETECT,
        steps=40_000,
        batch_size=24,
        learning_rate=1.5e-3,
        sizes={"digits": True, "imagenet": True, "mean": efficientnet_lite.MEAN, "std": efficientnet_lite.STD},
        begins_with="efficientnet_lite0",
        encoder_rate=0.2,
        synthetic=0.4,
        synthetic_bank=6_000,
        weak=0.3,
        extra=0.5,
        negatives=0.06,
    ),
    # document 000
    "goodfellow": PAPER,
    "smaller_vgg": Recipe("smaller_vgg", task=REGRESS_BOX, steps=6_000, batch_size=64, learning_rate=1e-3),
    # document 001
    "customized": Recipe("customized", steps=20_000, batch_size=64, learning_rate=1e-3, crop_jitter=MILD, **MORE),
    "vgg16_scratch": VGG16,
    "vgg16_imagenet": replace(VGG16, begins_with="imagenet"),
    "vgg16_synthetic": replace(VGG16, synthetic=1.0, synthetic_bank=20_000, weak=0.0, extra=0.0),
    "vgg16_pretrained": replace(VGG16, learning_rate=2e-4, begins_with="vgg16_synthetic"),
    "vgg16_box": replace(VGG16, network="vgg16_box", task=REGRESS_BOX, weak=0.0, extra=0.0),
    # document 002
    "goodfellow_plain": replace(PAPER, sizes={**LESS_DROPPED, "local_units": 0, "maxout": 1}, patience=20),
    # document 003
    "mnist_logistic": Recipe("logistic", 6_000, 128, 2e-3, task=CLASSIFY_DIGITS, data=MNIST, redrawn=False),
    "mnist_cnn": Recipe("digit_cnn", 8_000, 128, 1e-3, task=CLASSIFY_DIGITS, data=MNIST),
    "simple_strips": Recipe("simple", 10_000, 128, 1e-3, task=READ_STRIPS, data=MNIST),
    "simple": Recipe("simple", steps=20_000, batch_size=64, learning_rate=5e-4, crop_jitter=MILD, **MORE),
    # document 004
    "strips": Recipe("goodfellow", 14_000, 64, 1e-3, sizes=STRIP_SIZES, task=READ_STRIPS, data=MNIST),
    "goodfellow_large": replace(PAPER, sizes={**LESS_DROPPED, "local_units": 0, "norm_first": True, "dense": 2048}),
    "l2_box": SMALL_BOX,
    "dice_box": replace(SMALL_BOX, box_loss="dice"),
    "unet_zeros": UNET,
    "unet_reflect": replace(UNET, sizes={"padding": "reflect"}),
    "unet_count": replace(
        UNET,
        learning_rate=1e-3,
        sizes={"padding": "reflect", "count": True},
        synthetic=0.5,
        synthetic_bank=10_000,
        begins_with="unet_reflect",
    ),
}


def with_batch(recipe: Recipe, size: int) -> Recipe:
    """The recipe with batches of that size: as many pictures in all, in fewer steps if they are larger, and the
    learning rate changed by the square root, as fits Adam (Malladi et al. 2022, arXiv 2205.10287)."""
    factor = size / recipe.batch_size
    return replace(
        recipe,
        batch_size=size,
        steps=max(1, round(recipe.steps / factor)),
        epoch_steps=max(1, round(recipe.epoch_steps / factor)),
        learning_rate=recipe.learning_rate * factor**0.5,
    )
