"""What a network knows before it is trained: weights, a checkpoint, or torchvision's convolutions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from .. import weights
from ..models.ensemble import AveragedReader
from ..utils.errors import TrainingError
from ..utils.files import LOAD_ERRORS, describe_load_error, load_tensors
from . import checkpoint

IMAGENET = "imagenet"
IMAGENET_FILE = "https://download.pytorch.org/models/vgg16_bn-6c64b313.pth"
DOWNLOAD = Path("download")  # said in place of a file, it asks for torchvision's
LEAST = 0.5  # of a network's values that must fit


@dataclass(frozen=True)
class Beginning:
    """Tensors by name; where they come from, and the same in the words of a run's record."""

    known: dict[str, torch.Tensor]
    source: Path
    words: str


def needed(begins_with: str, run_dir: Path) -> Path:
    """What a recipe begins with where nobody says otherwise: the checkpoint of another recipe, beside its own run.

    Raises TrainingError when it is not there, and for ImageNet's weights, which are never fetched unasked.
    """
    if begins_with == IMAGENET:
        raise TrainingError(
            "This recipe begins with torchvision's ImageNet weights: --from vgg16_bn-6c64b313.pth where that file is, "
            "--from download to fetch its 528 MB; vgg16_pretrained needs neither."
        )
    path = run_dir.parent / begins_with / checkpoint.LAST
    if not path.is_file():
        raise TrainingError(f"There is no {path} to begin with; first: python -m svhn train {begins_with}")
    return path


def read(source: Path, name: str, part: str, seed: int) -> Beginning:
    """source: a folder of weights, whose network of that name is taken, a run or its checkpoint, torchvision's file, or
    `DOWNLOAD`. part, seed: as in `train`; of an average each seed goes on from another member.

    Raises TrainingError or WeightsError when it is missing or damaged, or has seen the held-out photos and `part` is
    to leave them out.
    """
    if source == DOWNLOAD:
        return _downloaded()
    if source.is_dir() and (source / "manifest.json").exists():
        return _from_weights(source, name, part, seed)
    return _from_torchvision(source) if source.suffix == ".pth" else _from_checkpoint(source, part)


def fill(network: nn.Module, name: str, beginning: Beginning) -> None:
    """Fills the network as far as the beginning fits it. Raises TrainingError when that is not far."""
    network.load_state_dict(network.state_dict() | fitting(network, name, beginning))


def fitting(network: nn.Module, name: str, beginning: Beginning) -> dict[str, torch.Tensor]:
    """What of the beginning fits the network. Raises TrainingError when that is not much."""
    own = network.state_dict()
    fits = {k: v for k, v in beginning.known.items() if k in own and own[k].shape == v.shape}
    if _values(fits) < LEAST * _values(own):
        raise TrainingError(f"{beginning.source} is of another network than {name}, or of another size.")
    return fits


def _values(state: dict[str, torch.Tensor]) -> int:
    return sum(tensor.numel() for tensor in state.values())


def _downloaded() -> Beginning:
    try:
        fetched = torch.hub.load_state_dict_from_url(IMAGENET_FILE, map_location="cpu", check_hash=True)
    except LOAD_ERRORS as error:
        raise TrainingError(
            f"{IMAGENET_FILE} cannot be fetched ({describe_load_error(error)}); give the file with --from."
        ) from None
    return Beginning(fetched, DOWNLOAD, "ImageNet")


def _from_weights(folder: Path, name: str, part: str, seed: int) -> Beginning:
    entries = weights.read_manifest(folder)["networks"]
    entry = entries.get(name, {})
    if part == "train" and ("measured" in entry or checkpoint.saw_everything(entry.get("data", ""))):
        raise TrainingError(
            f"The weights in {folder} have seen the held-out photos, so no figure would be held out; "
            f"go on from {folder / 'measured'}, or train on everything with --all."
        )
    network = weights.load(folder, name)
    if isinstance(network, AveragedReader):
        network = network.members[seed % len(network.members)]
    return Beginning(network.state_dict(), folder, entries[name]["file"])


def _from_torchvision(path: Path) -> Beginning:
    try:
        known = {key: value for key, value in load_tensors(path).items() if isinstance(value, torch.Tensor)}
    except LOAD_ERRORS as error:
        raise TrainingError(
            f"{path} cannot be read ({describe_load_error(error)}); give torchvision's vgg16_bn-6c64b313.pth."
        ) from None
    return Beginning(known, path, f"ImageNet ({path.name})")


def _from_checkpoint(path: Path, part: str) -> Beginning:
    path = path / checkpoint.LAST if path.is_dir() else path
    begun = checkpoint.load(path)
    if begun.state.saw_everything and part == "train":
        raise TrainingError(
            f"{path} has seen the held-out photos, so no figure would be held out; "
            "go on from a run without --all, or train on everything with --all."
        )
    words = f"{path.resolve().parent.name} after {begun.state.step} steps"
    if begun.state.saw_everything:
        words += f" on {checkpoint.EVERYTHING}"
    return Beginning(begun.network.state_dict(), path, words)
