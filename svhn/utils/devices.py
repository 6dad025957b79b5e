"""Which device to work on."""

from __future__ import annotations

import torch

from .errors import UserError


def choose_device(name: str) -> torch.device:
    """ "auto" is the GPU where there is one; otherwise any name torch knows. Raises UserError for one it cannot use."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.empty(0, device=name).device
        if device.type == "meta":  # it only plays at being one
            raise RuntimeError("it holds no values")
        return device
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"The device {name!r} cannot be used ({reason}); try --device cpu.") from None
