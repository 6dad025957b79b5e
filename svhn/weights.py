"""Weights on disk: half-precision safetensors and a manifest that describes them, with their sha256.

    weights/manifest.json               what each file is: network, sizes, data, seed, metrics
    weights/fcos-1a2b3c4d.safetensors   one file per network, at most 16 MiB, named by its content

Networks have the name of the recipe that trained them; an entry's "architecture" is the kind of network, because
several recipes can train one kind.

A new manifest replaces the old one in a single rename, after its files are written and before the old ones are
deleted: a process killed at any moment leaves a set that loads.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import nn

from .models import LOCALIZERS, NETWORKS, READERS, build
from .utils.errors import WeightsError
from .utils.files import write_atomic

MAX_BYTES = 16 * 2**20
ENTRY = {"file": str, "sha256": str, "config": dict}  # required of every network
FILE_NAME = re.compile(r"\w[\w.-]*")  # without a path to another folder
MAX_CONFIG_NUMBER = 10_000  # above every size, share and threshold of a real network
MIN_TEMPERATURE = 0.05  # and its inverse, 20, is the largest: beyond, all confidences would be 1 or 0


def read_manifest(folder: Path) -> dict:
    """The manifest: {"networks": {name: entry}, "localizer", "reader", "unsure_below"}. Raises WeightsError."""
    path = folder / "manifest.json"
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse_constant)
        if not {architecture(manifest, name) for name in manifest["networks"]} <= set(NETWORKS):
            raise WeightsError(f"{path} names a network that this version does not know; update the code or weights.")
        if manifest["localizer"] not in localizers(manifest) or manifest["reader"] not in readers(manifest):
            raise WeightsError(f"{path} has no entry for its own default networks; restore it from the repository.")
        if not 0 <= manifest["unsure_below"] <= 1:
            raise ValueError("unsure_below is a share")
        for entry in manifest["networks"].values():
            if not all(isinstance(entry[key], kind) for key, kind in ENTRY.items()):
                raise TypeError(f"it needs {', '.join(ENTRY)}")
            if not FILE_NAME.fullmatch(entry["file"]):
                raise ValueError(f"the file name {entry['file']!r}")
            if not all(0 <= number <= MAX_CONFIG_NUMBER for number in _numbers(entry["config"])):
                raise ValueError(f"a number in the config of {entry['file']}")
        for name in readers(manifest):
            if not MIN_TEMPERATURE <= manifest["networks"][name]["temperature"] <= 1 / MIN_TEMPERATURE:
                raise ValueError(f"the temperature of {name}")
        return manifest
    except FileNotFoundError:
        raise WeightsError(
            f"There are no weights in {folder}; train them with: python train_all.py --data DIR"
        ) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise WeightsError(f"{path} cannot be read ({error!r}); restore it from the repository.") from None


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text} is no number")


def _numbers(value: Any) -> Iterator[float]:
    """All numbers in a JSON value."""
    if isinstance(value, (int, float)):
        yield value
    elif isinstance(value, (dict, list)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _numbers(part)


def architecture(manifest: dict, name: str) -> str:
    """The kind of network of that name."""
    return manifest["networks"][name].get("architecture", name)


def saw_held_out(entry: dict) -> bool:
    """Whether a network of the manifest was trained on the held-out photos too; true if that is not recorded."""
    return entry.get("trained_on") != "train"


def default_saw_held_out(folder: Path) -> bool:
    """Whether a default network of the folder was trained on the held-out photos too."""
    manifest = read_manifest(folder)
    return any(saw_held_out(manifest["networks"][manifest[role]]) for role in ("localizer", "reader"))


def localizers(manifest: dict) -> list[str]:
    """The names of the localizers, the default first."""
    return _of_kind(manifest, LOCALIZERS, manifest["localizer"])


def readers(manifest: dict) -> list[str]:
    """The names of the readers, the default first."""
    return _of_kind(manifest, READERS, manifest["reader"])


def _of_kind(manifest: dict, kind: Container[str], default: str) -> list[str]:
    names = [name for name in manifest["networks"] if architecture(manifest, name) in kind]
    return sorted(names, key=lambda name: name != default)


def load(folder: Path, name: str, device: torch.device | str = "cpu") -> nn.Module:
    """The network of that name, float32, in evaluation mode. Raises WeightsError."""
    from safetensors import SafetensorError  # imported here, because training alone does not need it
    from safetensors.torch import load as parse

    manifest = read_manifest(folder)
    entries = manifest["networks"]
    if name not in entries:
        raise WeightsError(f"{folder} holds no weights of {name!r}, only of {', '.join(entries)}.")
    path = folder / entries[name]["file"]
    try:
        data = path.read_bytes()
    except OSError as error:
        raise WeightsError(f"{path} cannot be opened ({error.strerror}); restore it from the repository.") from None
    if hashlib.sha256(data).hexdigest() != entries[name]["sha256"]:
        raise WeightsError(f"{path} is not the file its manifest describes (sha256); restore it from the repository.")
    try:
        network = build(architecture(manifest, name), entries[name]["config"])
        network.load_state_dict({key: value.float() for key, value in parse(data).items()})
    except (RuntimeError, TypeError, KeyError, ValueError, SafetensorError) as error:
        reason = str(error).splitlines()[0]
        raise WeightsError(f"{path} does not fit the network {name!r} of this version ({reason}).") from None
    return network.to(device, memory_format=torch.channels_last).eval()


def save(folder: Path, networks: dict[str, nn.Module], manifest: dict) -> dict:
    """Write the networks and a manifest, in which each network's entry gets "file", "sha256" and "bytes"; return that
    manifest.

    `manifest["networks"]` has an entry for each name. Raises WeightsError if a file would be larger than `MAX_BYTES` or
    the folder cannot be written.
    """
    from safetensors.torch import save as serialise

    for name, network in networks.items():
        data = serialise({key: _half(value) for key, value in network.state_dict().items()})
        if len(data) > MAX_BYTES:
            raise WeightsError(f"{name} has {len(data) / 2**20:.1f} MiB; a file of weights can have up to 16 MiB.")
        digest = hashlib.sha256(data).hexdigest()
        entry = {"file": f"{name}-{digest[:8]}.safetensors", "sha256": digest, "bytes": len(data)}
        manifest["networks"][name] |= entry
        _write(folder / entry["file"], data)
    _write(folder / "manifest.json", (json.dumps(manifest, indent=2) + "\n").encode())
    current = {entry["file"] for entry in manifest["networks"].values()}
    for path in folder.glob("*.safetensors"):
        if path.name not in current:
            path.unlink()
    return manifest


def _write(path: Path, data: bytes) -> None:
    try:
        write_atomic(path, data)
    except OSError as error:
        raise WeightsError(f"{path} cannot be written ({error.strerror}); the earlier weights are kept.") from None


def _half(tensor: torch.Tensor) -> torch.Tensor:
    return (tensor.half() if tensor.is_floating_point() else tensor).cpu().contiguous()
