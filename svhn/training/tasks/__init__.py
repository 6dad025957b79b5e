"""What each network is trained on and how it is validated, for the loop in `engine`."""

from __future__ import annotations

import torch

from ...models import DIGITS, READERS
from ..recipes import MNIST, Recipe
from .base import Sources, Task
from .digits import digit_task, strip_task
from .localizers import box_task, fcos_task, mask_task
from .readers import reader_task

LOCALIZERS = {"fcos": fcos_task, "unet": mask_task}  # the others regress one box


def make_task(recipe: Recipe, sources: Sources, device: torch.device) -> Task:
    """The task of the recipe's network."""
    if recipe.network in DIGITS:
        make = digit_task
    elif recipe.network in READERS:
        make = strip_task if recipe.data == MNIST else reader_task
    else:
        make = LOCALIZERS.get(recipe.network, box_task)
    return make(recipe, sources, device)
