"""Files of torch.save: written whole, read without running what is in them, and what reading a damaged one raises."""

from __future__ import annotations

import struct
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from .files import whole

DAMAGES = (  # by torch.load, and by taking what is not in the content
    RuntimeError,
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    EOFError,
    OSError,
    UnpicklingError,
    struct.error,
)


def save(path: Path, content: dict[str, Any]) -> None:
    """Raises OSError or RuntimeError if it cannot be written; the file is then the one before."""
    with whole(path) as aside:
        torch.save(content, aside)


def load(path: Path, device: torch.device | str = "cpu") -> Any:
    """What was saved, on the device. Raises one of `DAMAGES`."""
    return torch.load(path, map_location=device, weights_only=True)


def reason(error: Exception) -> str:
    """What is wrong with a file, in a few words."""
    if isinstance(error, UnpicklingError):  # its own text tells how to load the file all the same, at one's own risk
        return "it is not PyTorch's, or damaged"
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(":")
