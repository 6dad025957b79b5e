"""Choose the device; describe the machine and the commit that a run is made with."""

from __future__ import annotations

import ctypes
import os
import platform
import subprocess
from contextlib import suppress
from pathlib import Path

import torch

from .errors import UserError

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # as mallopt(3) has them
MOST_KEPT, MOST_SHARED = 64 * 2**20, 32 * 2**20  # bytes; glibc allows no more of the second


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


def prepare_for_service() -> None:
    """Set up this process to read photos on its processor.

    One thread: on pictures this small a second one gains a quarter, and on busy cores it costs tenfold. And freed
    memory is kept: to get that of a network's larger tensors anew for every call took a quarter of its time.
    """
    torch.set_num_threads(1)
    with suppress(OSError, AttributeError):  # not glibc
        glibc = ctypes.CDLL(None)
        glibc.mallopt(M_MMAP_THRESHOLD, MOST_SHARED)
        glibc.mallopt(M_TRIM_THRESHOLD, MOST_KEPT)


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
