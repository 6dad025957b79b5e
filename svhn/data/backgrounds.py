"""Street pictures without numbers: surroundings for numbers in training, and examples of what is not a number."""

from __future__ import annotations

from pathlib import Path

import torch
from torch.nn.functional import pad
from torchvision.io import ImageReadMode, decode_image
from torchvision.transforms.v2 import functional as F

from ..labels import BLANK, MAX_DIGITS
from ..utils.errors import DataError
from .datasets import MAX_NUMBERS, SceneSet
from .split import is_held_out

SIDE = 256


def load_backgrounds(folder: Path, device: torch.device | str = "cpu") -> torch.Tensor:
    """The middle square of every picture for training, uint8 (M, 3, 256, 256), in the order of their paths. Raises
    DataError when there is none or one cannot be decoded."""
    return torch.stack([_middle_square(path) for path in background_paths(folder)]).to(device)


def background_paths(folder: Path, held_out: bool = False) -> list[Path]:
    """Every JPEG and PNG below the folder: those to train on or, with `held_out`, those whose name is a number that
    `is_held_out`. Raises DataError when there is none."""
    paths = [path for path in folder.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png")]
    chosen = sorted(path for path in paths if (path.stem.isdecimal() and is_held_out(int(path.stem))) == held_out)
    if not chosen:
        raise DataError(f"{folder} holds no JPEG or PNG pictures to use as backgrounds.")
    return chosen


def _decode(path: Path) -> torch.Tensor:
    """uint8 (3, h, w)."""
    try:
        return decode_image(str(path), ImageReadMode.RGB)
    except RuntimeError as error:
        raise DataError(f"{path} is not a picture that decodes ({str(error).splitlines()[0]}).") from None


def _middle_square(path: Path) -> torch.Tensor:
    picture = _decode(path)
    short = min(picture.shape[1:])
    return F.resize(F.center_crop(picture, [short, short]), [SIDE, SIDE], antialias=True)


def empty_scenes(folder: Path, device: torch.device | str = "cpu") -> SceneSet:
    """The same pictures as scenes without a number: each in full, its longer side 256, and its four quarters,
    enlarged. Raises DataError as `load_backgrounds` does."""
    views, sizes = [], []
    for path in background_paths(folder):
        picture = _decode(path)
        height, width = picture.shape[1:]
        h, w = height // 2, width // 2
        quarters = [picture[:, y : y + h, x : x + w] for y in (0, h) for x in (0, w)]
        for view in (picture, *quarters):
            scale = SIDE / max(view.shape[1:])
            h, w = (max(1, round(side * scale)) for side in view.shape[1:])
            views.append(pad(F.resize(view, [h, w], antialias=True), (0, SIDE - w, 0, SIDE - h)))
            sizes.append((h, w))
    n = len(views)
    return SceneSet(
        images=torch.stack(views).to(device),
        size=torch.tensor(sizes, dtype=torch.int32, device=device),
        box=torch.full((n, MAX_NUMBERS, 4), torch.nan, device=device),
        digit_box=torch.full((n, MAX_NUMBERS * MAX_DIGITS, 4), torch.nan, device=device),
        digit=torch.full((n, MAX_NUMBERS * MAX_DIGITS), BLANK, device=device),
    )
