"""Localizers learn from full photos, real and generated."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from ... import metrics
from ...data.datasets import SceneSet, join, load_counted_scenes, load_scenes
from ...data.scene_augment import framed_views, jittered_scenes, photo_views
from ...images.preprocess import normalise, squashed
from ...models import build
from ..losses import BOX_LOSSES, digit_loss, fcos_loss, mask_loss, masks
from ..recipes import Recipe
from .base import Sources, Task
from .feeds import IN_MEMORY, feed_sets, feed_shares

CPU = torch.device("cpu")
CLEAR = 18  # pixels: lower numbers are a blur when they fill the view
COUNT_WEIGHT = 0.1  # of the digit count's loss, relative to the mask's


def fcos_task(recipe: Recipe, sources: Sources, device: torch.device) -> Task:
    """Find boxes at any place and scale."""
    path = sources.prepared / "train_scenes.h5"
    feed = feed_shares(load_scenes, "scenes", recipe, sources, device)
    network = build(recipe.network, recipe.sizes)
    config = network.config

    def loss(network: nn.Module, drawn: list[SceneSet], generator: torch.Generator) -> torch.Tensor:
        batch = join(drawn)
        scenes, boxes, digit_boxes = jittered_scenes(
            batch, recipe.scene_side, recipe.scene_jitter, sources.surroundings, generator
        )
        maps = network(normalise(scenes, config.mean, config.std).contiguous(memory_format=torch.channels_last))
        loss = fcos_loss(maps.score, maps.box, boxes)
        if config.digits:
            loss = loss + digit_loss(maps.digit_score, maps.digit_box, digit_boxes, batch.digit, boxes)
        return loss

    example = torch.zeros(1, 3, recipe.scene_side, recipe.scene_side)
    validate = _box_validation(load_scenes(path, "held_out", CPU, 0))
    return Task(network, loss, validate, "held_out_mean_iou", example, feed)


def box_task(recipe: Recipe, sources: Sources, device: torch.device) -> Task:
    """Regress one box, in shares of the network's view."""
    path = sources.prepared / "train_scenes.h5"
    feed = feed_shares(load_scenes, "scenes", recipe, sources, device)
    network = build(recipe.network, recipe.sizes)
    config, box_loss = network.config, BOX_LOSSES[recipe.box_loss]

    def loss(network: nn.Module, drawn: list[SceneSet], generator: torch.Generator) -> torch.Tensor:
        (batch,) = drawn
        views, boxes = photo_views(batch, config.input_size, config.centre, recipe.scene_jitter, generator)
        return box_loss(network(normalise(views, config.mean, config.std)), boxes[:, 0])

    example = torch.zeros(1, 3, config.input_size, config.input_size)
    validate = _box_validation(load_scenes(path, "held_out", CPU, 0))
    return Task(network, loss, validate, "held_out_mean_iou", example, feed)


def mask_task(recipe: Recipe, sources: Sources, device: torch.device) -> Task:
    """Decide which pixels belong to a number and, if the network counts, how many digits it has."""
    path = sources.prepared / "train_scenes.h5"
    scenes = load_counted_scenes(path, sources.part, device, IN_MEMORY)
    held_out = load_counted_scenes(path, "held_out", CPU)
    generated = [_with_clear_number(sources.synthetic)] if recipe.synthetic else []
    of_each = [1 - recipe.synthetic, recipe.synthetic][: 1 + len(generated)]
    feed = feed_sets([scenes, *generated], of_each, recipe, device)
    network = build(recipe.network, recipe.sizes)
    config = network.config

    def loss(network: nn.Module, drawn: list[SceneSet], generator: torch.Generator) -> torch.Tensor:
        batch, *others = drawn
        views, boxes = photo_views(batch, config.input_size, False, recipe.scene_jitter, generator)
        for scenes in others:
            framed = framed_views(scenes, config.input_size, recipe.scene_jitter, generator)
            views, boxes = (torch.cat(pair) for pair in zip((views, boxes), framed, strict=True))
        logits, count = network(normalise(views, config.mean, config.std).contiguous(memory_format=torch.channels_last))
        total = mask_loss(logits, masks(boxes, config.input_size))
        if config.count:  # only real scenes have it
            total = total + COUNT_WEIGHT * F.cross_entropy(count[: len(batch)].float(), batch.length)
        return total

    views = torch.stack([squashed(photo, config.input_size) for photo in photos_of(held_out)])
    sizes = held_out.size.flip(1).repeat(1, 2)[:, None]  # (N, 1, 4): w, h, w, h
    corners = held_out.box / sizes
    shares = torch.cat([corners[..., :2], corners[..., 2:] - corners[..., :2]], dim=2)
    true = masks(shares, config.input_size).numpy().astype(bool)

    @torch.inference_mode()
    def validate(network: nn.Module) -> dict[str, float]:
        outputs = [network(normalise(part.to(device), config.mean, config.std)) for part in views.split(32)]
        found = torch.cat([mask for mask, _ in outputs]).cpu().numpy() > 0
        measured = {"held_out_dice": float(metrics.dice(found, true).mean())}
        if config.count:
            seen = torch.cat([count for _, count in outputs]).argmax(-1).cpu()
            measured["held_out_count_accuracy"] = metrics.share((seen == held_out.length).numpy())
        return measured

    example = torch.zeros(1, 3, config.input_size, config.input_size)
    return Task(network, loss, validate, "held_out_dice", example, feed)


def _with_clear_number(scenes: SceneSet) -> SceneSet:
    """The scenes whose first number is tall enough to be legible close up."""
    height = scenes.box[:, 0, 3] - scenes.box[:, 0, 1]  # NaN, and so left out, where there is no number
    return scenes.take(height >= CLEAR)


def photos_of(scenes: SceneSet) -> list[np.ndarray]:
    """The photos without the rest of their canvases, which takes ten times the memory; each RGB uint8 (h, w, 3)."""
    images = (scenes.images[torch.tensor([row])][0] for row in range(len(scenes)))
    return [
        image[:, :h, :w].permute(1, 2, 0).numpy().copy()
        for image, (h, w) in zip(images, scenes.size.tolist(), strict=True)
    ]


def _box_validation(held_out: SceneSet):
    """Compare the best box of every held-out scene, found as in service, with the true one."""
    photos = photos_of(held_out)
    true = held_out.box[:, 0].numpy()

    def validate(network: nn.Module) -> dict[str, float]:
        found = np.zeros_like(true)
        for index, photo in enumerate(photos):
            boxes, _ = network.locate(photo)
            if len(boxes):
                found[index] = boxes[0]
        return {f"held_out_{name}": value for name, value in metrics.localisation(found, true).items()}

    return validate
