"""MNIST: readers learn from endless random strips of digits, classifiers from single digits."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from ... import metrics
from ...data.mnist import load_digits
from ...images.preprocess import normalise
from ...labels import decode_joint
from ...models import build
from ...models.baselines.cnn import SIDE
from ...synth.mnist_strips import STRIP, DigitJitter, Strips, jitter_digits, make_strips
from ..distributed import place
from ..losses import reader_loss
from ..recipes import Recipe
from .base import Sources, Task

FRESH = 2000  # strips of the validation digits, the same at every validation


def strip_task(recipe: Recipe, sources: Sources, device: torch.device) -> Task:
    """Read numbers composed of MNIST digits."""
    train = [t.to(device) for t in load_digits(sources.mnist, "train")]
    validation = [t.to(device) for t in load_digits(sources.mnist, "validation")]
    network = build(recipe.network, recipe.sizes)
    config, n = network.config, recipe.batch_size // place()[1]
    jitter = DigitJitter() if recipe.redrawn else None

    def loss(network: nn.Module, batch: None, generator: torch.Generator) -> torch.Tensor:
        strips = make_strips(*train, n, generator, jitter)
        inputs = normalise(strips.images, config.mean, config.std)
        return reader_loss(*network(inputs), strips.digits, strips.length, recipe.label_smoothing)

    def validate(network: nn.Module) -> dict[str, float]:
        return {"held_out_accuracy": metrics.share(strips_right(network, *validation, FRESH).cpu().numpy())}

    return Task(network, loss, validate, "held_out_accuracy", torch.zeros(1, 1, *STRIP))


@torch.inference_mode()
def read_strips(
    network: nn.Module, images: torch.Tensor, labels: torch.Tensor, n: int, seed: int = 0
) -> tuple[Strips, torch.Tensor, torch.Tensor]:
    """n fresh strips of these digits, the same for the same seed, and the network's readings: digit classes (n, 5),
    length classes (n,)."""
    batch = make_strips(images, labels, n, torch.Generator(images.device).manual_seed(seed))
    inputs = normalise(batch.images, network.config.mean, network.config.std)
    heads = zip(*(network(part) for part in inputs.split(250)), strict=True)
    digits, length, _ = decode_joint(*(torch.cat(head).float().log_softmax(-1) for head in heads))
    return batch, digits, length


def strips_right(network: nn.Module, images: torch.Tensor, labels: torch.Tensor, n: int, seed: int = 0) -> torch.Tensor:
    """Which strips of `read_strips` are read correctly, every digit and the length, (n,) bool."""
    batch, digits, length = read_strips(network, images, labels, n, seed)
    return (digits == batch.digits).all(-1) & (length == batch.length)


def digit_task(recipe: Recipe, sources: Sources, device: torch.device) -> Task:
    """Classify single MNIST digits."""
    images, labels = (t.to(device) for t in load_digits(sources.mnist, "train"))
    validation = [t.to(device) for t in load_digits(sources.mnist, "validation")]
    network = build(recipe.network, recipe.sizes)
    config, n = network.config, recipe.batch_size // place()[1]

    def loss(network: nn.Module, batch: None, generator: torch.Generator) -> torch.Tensor:
        rows = torch.randint(len(images), (n,), device=device, generator=generator)
        cells = jitter_digits(images[rows], DigitJitter(), generator) if recipe.redrawn else images[rows, None]
        logits = network(normalise(cells, config.mean, config.std))
        return F.cross_entropy(logits.float(), labels[rows], label_smoothing=recipe.label_smoothing)

    def validate(network: nn.Module) -> dict[str, float]:
        return {"held_out_accuracy": metrics.share(digits_right(network, *validation).cpu().numpy())}

    return Task(network, loss, validate, "held_out_accuracy", torch.zeros(1, 1, SIDE, SIDE))


@torch.inference_mode()
def digits_right(network: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Which digits (N, 28, 28) uint8 are classified correctly, (N,) bool."""
    config = network.config
    named = [network(normalise(part[:, None], config.mean, config.std)).argmax(-1) for part in images.split(500)]
    return torch.cat(named) == labels
