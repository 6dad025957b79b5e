"""What each network is trained on and how it is validated, for the loop in `engine`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from .. import metrics
from ..data.batches import CropSet, SceneSet, draw, load_crops, load_scenes
from ..data.crop_batches import centred_crops, jittered_crops
from ..data.scene_batches import centre_patches, jittered_scenes
from ..labels import decode_joint
from ..models import READERS, build
from ..preprocess import CROP_MARGIN, normalise
from .engine import Task
from .losses import fcos_loss, patch_box_loss, reader_loss
from .recipes import Recipe


@dataclass(frozen=True)
class Sources:
    """Where training material comes from.

    prepared: folder of the HDF5 files; part: "train" leaves the held-out images out, "all" does not.
    synthetic: generated crops for a reader, scenes for a localizer, drawn from beside the real ones.
    surroundings: street pictures uint8 (M, 3, 256, 256) that scenes are set into.
    """

    prepared: Path
    part: str = "train"
    synthetic: CropSet | SceneSet | None = None
    surroundings: torch.Tensor | None = None


def make_task(recipe: Recipe, sources: Sources, device: torch.device) -> Task:
    """The task of the recipe's network. Raises KeyError for a name without one."""
    if recipe.network in READERS:
        return _reader_task(recipe, sources, device)
    return {"fcos": _fcos_task, "smaller_vgg": _smaller_vgg_task}[recipe.network](recipe, sources, device)


def _mixed(real, synthetic, recipe: Recipe) -> tuple[list, list[float]]:
    if synthetic is None or recipe.synthetic == 0:
        return [real], [1.0]
    return [real, synthetic], [1 - recipe.synthetic, recipe.synthetic]


def _reader_task(recipe: Recipe, sources: Sources, device: torch.device) -> Task:
    path = sources.prepared / "train_crops.h5"
    sets, shares = _mixed(load_crops(path, sources.part, device), sources.synthetic, recipe)
    held_out = load_crops(path, "held_out", device)
    network = build(recipe.network, recipe.sizes)
    config = network.config

    def loss(network: nn.Module, generator: torch.Generator) -> torch.Tensor:
        batch = draw(sets, shares, recipe.batch_size, generator)
        crops = jittered_crops(batch, config.input_size, recipe.crop_jitter, generator)
        inputs = normalise(crops, config.mean, config.std).contiguous(memory_format=torch.channels_last)
        return reader_loss(*network(inputs), batch.digits, batch.length, recipe.label_smoothing)

    @torch.inference_mode()
    def validate(network: nn.Module) -> dict[str, float]:
        right = []
        for rows in torch.arange(len(held_out), device=device).split(256):
            batch = held_out.take(rows)
            crops = centred_crops(batch, config.input_size, CROP_MARGIN)
            digit_logits, length_logits = network(normalise(crops, config.mean, config.std))
            digits, length, _ = decode_joint(digit_logits.log_softmax(-1), length_logits.log_softmax(-1))
            right.append((digits == batch.digits).all(-1) & (length == batch.length))
        return {"held_out_accuracy": metrics.share(torch.cat(right).cpu().numpy())}

    return Task(network, loss, validate)


def _fcos_task(recipe: Recipe, sources: Sources, device: torch.device) -> Task:
    path = sources.prepared / "train_scenes.h5"
    sets, shares = _mixed(load_scenes(path, sources.part, device), sources.synthetic, recipe)
    network = build(recipe.network, recipe.sizes)
    config = network.config

    def loss(network: nn.Module, generator: torch.Generator) -> torch.Tensor:
        batch = draw(sets, shares, recipe.batch_size, generator)
        scenes, boxes = jittered_scenes(batch, recipe.scene_side, recipe.scene_jitter, sources.surroundings, generator)
        inputs = normalise(scenes, config.mean, config.std).contiguous(memory_format=torch.channels_last)
        return fcos_loss(*network(inputs), boxes)

    return Task(network, loss, _box_validation(load_scenes(path, "held_out", torch.device("cpu"))))


def _smaller_vgg_task(recipe: Recipe, sources: Sources, device: torch.device) -> Task:
    path = sources.prepared / "train_scenes.h5"
    scenes = load_scenes(path, sources.part, device)
    network = build(recipe.network, recipe.sizes)
    config = network.config

    def loss(network: nn.Module, generator: torch.Generator) -> torch.Tensor:
        batch = draw([scenes], [1.0], recipe.batch_size, generator)
        patches, shares = centre_patches(batch, config.input_size, recipe.scene_jitter, generator)
        return patch_box_loss(network(normalise(patches, config.mean, config.std)), shares)

    return Task(network, loss, _box_validation(load_scenes(path, "held_out", torch.device("cpu"))))


def _box_validation(held_out: SceneSet):
    """The best box of every held-out scene, found as service finds it, against the true one."""
    photos = [
        image[:, :h, :w].permute(1, 2, 0).numpy()
        for image, (h, w) in zip(held_out.images, held_out.size.tolist(), strict=True)
    ]
    true = held_out.box[:, 0].numpy()

    def validate(network: nn.Module) -> dict[str, float]:
        found = np.zeros_like(true)
        for index, photo in enumerate(photos):
            boxes, _ = network.locate(photo)
            if len(boxes):
                found[index] = boxes[0]
        return {f"held_out_{name}": value for name, value in metrics.localisation(found, true).items()}

    return validate
