"""Street pictures without numbers: what surrounds a number in training, and what it must not be confused with."""

from __future__ import annotations

from pathlib import Path

import torch
from torchvision.io import ImageReadMode, decode_image
from torchvision.transforms.v2 import functional as F

from ..utils.errors import DataError

SIDE = 256


def load_backgrounds(folder: Path, device: torch.device | str = "cpu") -> torch.Tensor:
    """Every JPEG and PNG below the folder, its middle square, uint8 (M, 3, 256, 256), in the order of their paths.

    Raises DataError when there is none or one does not decode.
    """
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
    if not paths:
        raise DataError(f"{folder} holds no JPEG or PNG pictures to use as backgrounds.")
    return torch.stack([_middle_square(path) for path in paths]).to(device)


def _middle_square(path: Path) -> torch.Tensor:
    try:
        picture = decode_image(str(path), ImageReadMode.RGB)  # (3, h, w)
    except RuntimeError as error:
        raise DataError(f"{path} is not a picture that decodes ({str(error).splitlines()[0]}).") from None
    short = min(picture.shape[1:])
    return F.resize(F.center_crop(picture, [short, short]), [SIDE, SIDE], antialias=True)
