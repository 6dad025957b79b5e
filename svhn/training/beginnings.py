"""What a network knows before it is trained: weights, a checkpoint, or torchvision's convolutions."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from .. import weights
from ..errors import TrainingError
from . import checkpoint

IMAGENET = "imagenet"
IMAGENET_FILE = "https://download.pytorch.org/models/vgg16_bn-6c64b313.pth"
EVERYTHING = "all images"  # in the words of what a network was trained on
DOWNLOAD = Path("download")  # said in place of a file, it asks for torchvision's


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


def fill(network: nn.Module, name: str, source: Path, part: str) -> str:
    """Fills the network as far as the source fits it; says in words what that was.

    source: a folder of weights whose network of that name is taken, a checkpoint, torchvision's file, or `DOWNLOAD`.
    part: as in `train`. Raises TrainingError or WeightsError when it does not fit.
    """
    if source.is_dir() and (source / "manifest.json").exists():
        return _from_weights(network, name, source, part)
    known, words = _from_file(source)
    own = network.state_dict()
    fitting = {key: value for key, value in known.items() if key in own and own[key].shape == value.shape}
    if not any(value.ndim > 1 for value in fitting.values()):
        raise TrainingError(f"{source} is of another network than {name}; nothing in it fits.")
    network.load_state_dict(own | fitting)
    return words


def _from_weights(network: nn.Module, name: str, folder: Path, part: str) -> str:
    entries = weights.read_manifest(folder)["networks"]
    if part == "train" and "measured" in entries.get(name, {}):
        raise TrainingError(
            f"The weights in {folder} have seen the held-out photos, so no figure would be held out; "
            f"go on from {folder / 'measured'}, or train on everything with --all."
        )
    try:
        network.load_state_dict(weights.load(folder, name).state_dict())
    except RuntimeError:
        raise TrainingError(f"The weights in {folder} are of a {name} of another size.") from None
    return entries[name]["file"]


def _from_file(source: Path) -> tuple[dict[str, torch.Tensor], str]:
    if source == DOWNLOAD:
        try:
            return torch.hub.load_state_dict_from_url(IMAGENET_FILE, map_location="cpu", check_hash=True), "ImageNet"
        except (OSError, RuntimeError) as error:
            raise TrainingError(f"{IMAGENET_FILE} cannot be fetched ({error}); give the file with --from.") from None
    if source.suffix == ".pth":
        try:
            return torch.load(source, map_location="cpu", weights_only=True), f"ImageNet ({source.name})"
        except checkpoint.DAMAGES as error:
            raise TrainingError(
                f"{source} cannot be read ({error}); give torchvision's vgg16_bn-6c64b313.pth."
            ) from None
    begun = checkpoint.load(source)
    return begun.network.state_dict(), f"{source.parent.name} after {begun.state.step} steps"
