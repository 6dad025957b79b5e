"""Readers learn from number crops, real and generated."""

from __future__ import annotations

import torch
from torch import nn

from ... import metrics
from ...data.crop_augment import centred_crops, halve, jittered_crops, random_patches
from ...data.datasets import CropSet, join, load_crops
from ...images.preprocess import normalise, sides
from ...labels import decode_joint
from ...models import build
from ..losses import reader_loss
from ..recipes import Recipe
from .base import Sources, Task
from .feeds import feed_shares


def whole_number_right(network: nn.Module, inputs: torch.Tensor, digits: torch.Tensor, length: torch.Tensor):
    """Normalised inputs (N, 3, H, W) and true classes (N, 5), (N,) -> whether each number was read correctly, (N,)
    bool."""
    digit_logits, length_logits = network(inputs)
    read, read_length, _ = decode_joint(digit_logits.float().log_softmax(-1), length_logits.float().log_softmax(-1))
    return (read == digits).all(-1) & (read_length == length)


def reader_task(recipe: Recipe, sources: Sources, device: torch.device) -> Task:
    """Read crops of house numbers."""
    path = sources.prepared / "train_crops.h5"
    feed = feed_shares(load_crops, "crops", recipe, sources, device)
    held_out = load_crops(path, "held_out", device)
    network = build(recipe.network, recipe.sizes)
    config = network.config

    def crops_of(batch: CropSet, generator: torch.Generator) -> tuple[CropSet, torch.Tensor]:
        if recipe.canvas:
            return batch, random_patches(batch, recipe.canvas, config.input_size, generator)
        batch, widest = halve(batch, recipe.halved, generator) if recipe.halved else (batch, None)
        return batch, jittered_crops(batch, config.input_size, recipe.crop_jitter, generator, widest)

    def loss(network: nn.Module, drawn: list[CropSet], generator: torch.Generator) -> torch.Tensor:
        batch, crops = crops_of(join(drawn), generator)
        inputs = normalise(crops, config.mean, config.std)
        inputs = inputs.contiguous(memory_format=torch.channels_last)
        return reader_loss(*network(inputs), batch.digits, batch.length, recipe.label_smoothing)

    @torch.inference_mode()
    def validate(network: nn.Module) -> dict[str, float]:
        right = []
        for rows in torch.arange(len(held_out), device=device).split(256):
            batch = held_out.take(rows)
            crops = normalise(centred_crops(batch, config.input_size, config.margins[0]), config.mean, config.std)
            right.append(whole_number_right(network, crops, batch.digits, batch.length))
        return {"held_out_accuracy": metrics.share(torch.cat(right).cpu().numpy())}

    example = torch.zeros(1, 3, *sides(config.input_size))
    return Task(network, loss, validate, "held_out_accuracy", example, feed)
