"""Choose the device; describe the machine and the commit that a run is made with."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

import torch

from .errors import UserError


def choose_device(name: str) -> torch.device:
    """ "auto" is the GPU if there is one; any other name must be one that torch knows. Raises UserError for one that
    cannot be used."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.empty(0, device=name).device
        if device.type == "meta":  # it holds no data
            raise RuntimeError("it holds no values")
        return device
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"The device {name!r} cannot be used ({reason}); try --device cpu.") from None


def machine(device: torch.device | str = "cpu") -> str:
    """A short description of the machine: the GPU if that is the device, else the processor."""
    if torch.device(device).type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"CPU, {os.cpu_count()} cores ({platform.machine()})"


def code_version() -> str:
    """The commit of this code, with "+" if the working tree differs from it; "unknown" without git."""
    try:
        git = ["git", "-C", str(Path(__file__).resolve().parents[1])]
        commit = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True)
        changed = subprocess.run([*git, "status", "--porcelain", "."], capture_output=True, text=True, check=True)
        return commit.stdout.strip() + ("+" if changed.stdout.strip() else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
