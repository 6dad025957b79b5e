"""MNIST's handwritten digits: the four official files, read by torchvision's own loader."""

from __future__ import annotations

import gzip
import shutil
import tempfile
import zlib
from pathlib import Path

import torch
from torchvision.datasets import MNIST

from ..utils.errors import DataError

FILES = tuple(f"{part}-{kind}-ubyte" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1"))
VALIDATION = 5000  # of the 60,000 training digits: they choose between checkpoints, and nothing trains on them


def load_digits(folder: Path, part: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Images (N, 28, 28) uint8 and labels (N,) of "train", "validation" (train's last 5,000) or "test".

    folder: holds the four official files, compressed or not. Raises DataError when one is missing or damaged.
    """
    with tempfile.TemporaryDirectory() as root:
        raw = Path(root, "MNIST", "raw")
        raw.mkdir(parents=True)
        for name in FILES:
            _unpack(Path(folder), name, raw / name)
        try:
            mnist = MNIST(root, train=part != "test")
        except (RuntimeError, LookupError, TypeError, ValueError, AssertionError):  # its own messages say little
            raise DataError(f"The MNIST files in {folder} are damaged; fetch them again.") from None
    kept = {"train": slice(-VALIDATION), "validation": slice(-VALIDATION, None)}.get(part, slice(None))
    images, labels = mnist.data[kept], mnist.targets[kept]
    if not len(images) or len(mnist.data) != len(mnist.targets):
        raise DataError(
            f"The MNIST files in {folder} hold {len(mnist.data)} pictures and {len(mnist.targets)} labels; fetch them "
            "again."
        )
    return images, labels


def _unpack(folder: Path, name: str, target: Path) -> None:
    packed, plain = folder / f"{name}.gz", folder / name
    path = packed if packed.is_file() else plain
    if not path.is_file():
        raise DataError(f"{folder} holds no {name}.gz; put MNIST's four official files there.")
    try:
        with gzip.open(path) if path == packed else path.open("rb") as source, target.open("wb") as out:
            shutil.copyfileobj(source, out)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} is damaged ({error}); fetch it again.") from None
