"""MNIST's four official files, small, with drawn digits: digit d is a bar of d + 3 rows."""

import gzip
from pathlib import Path

import numpy as np
import torch


def picture(digit: int) -> np.ndarray:
    """uint8 (28, 28): the bar is in the upper left corner."""
    image = np.zeros((28, 28), np.uint8)
    image[2 : 5 + digit, 3:9] = 255
    return image


def digit_in(cell: torch.Tensor) -> int | None:
    """Which digit's bar a cell (28, 28) holds; None for a black cell. The number of rows identifies it."""
    rows = int((cell > 127).any(1).sum())
    return rows - 3 if rows else None


def write_mnist(folder: Path, train: int = 40, test: int | None = None, packed: bool = True) -> None:
    """The four files with so many digits each, 0 to 9 again and again; as many for both if `test` is None."""
    for part, count in (("train", train), ("t10k", train if test is None else test)):
        labels = (np.arange(count) % 10).astype(np.uint8)
        images = np.stack([picture(digit) for digit in labels.tolist()])
        head = b"\0\0\x08\x03" + b"".join(n.to_bytes(4, "big") for n in (count, 28, 28))
        contents = {
            f"{part}-images-idx3-ubyte": head + images.tobytes(),
            f"{part}-labels-idx1-ubyte": b"\0\0\x08\x01" + count.to_bytes(4, "big") + labels.tobytes(),
        }
        for name, content in contents.items():
            path = folder / (f"{name}.gz" if packed else name)
            path.write_bytes(gzip.compress(content, 1) if packed else content)
