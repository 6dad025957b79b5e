"""Where a run comes from: the commit its code stands at, and the machine it runs on."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

import torch


def machine(device: torch.device | str = "cpu") -> str:
    """The machine in a few words: the GPU if that is the device, else the processor."""
    if torch.device(device).type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"CPU, {os.cpu_count()} cores ({platform.machine()})"


def code_version() -> str:
    """The commit that this code stands at, with "+" when the tree differs from it; "unknown" without git."""
    try:
        git = ["git", "-C", str(Path(__file__).resolve().parents[1])]
        commit = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True)
        changed = subprocess.run([*git, "status", "--porcelain", "."], capture_output=True, text=True, check=True)
        return commit.stdout.strip() + ("+" if changed.stdout.strip() else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
