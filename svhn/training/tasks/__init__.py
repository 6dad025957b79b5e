"""The tasks of the training loop: what each network is trained on and how it is validated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from ..recipes import CLASSIFY_DIGITS, DETECT, READ, READ_STRIPS, REGRESS_BOX, SEGMENT, Recipe
from .base import Sources, Task
from .localizers import box_task, fcos_task, mask_task
from .mnist import digit_task, strip_task
from .readers import reader_task


@dataclass(frozen=True)
class Kind:
    """make: builds the task of a recipe. score: as of its task. scenes: whether it learns from full photos instead of
    crops. surroundings: whether real photos are set into street pictures."""

    make: Callable[[Recipe, Sources, torch.device], Task]
    score: str = "held_out_accuracy"
    scenes: bool = False
    surroundings: bool = False


TASKS = {
    READ: Kind(reader_task),
    READ_STRIPS: Kind(strip_task),
    CLASSIFY_DIGITS: Kind(digit_task),
    DETECT: Kind(fcos_task, "held_out_mean_iou", scenes=True, surroundings=True),
    REGRESS_BOX: Kind(box_task, "held_out_mean_iou", scenes=True),
    SEGMENT: Kind(mask_task, "held_out_dice", scenes=True),
}


def make_task(recipe: Recipe, sources: Sources, device: torch.device) -> Task:
    """The recipe's task, with its data."""
    return TASKS[recipe.task].make(recipe, sources, device)
