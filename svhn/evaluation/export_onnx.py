"""Write the default networks of a weights folder as ONNX or OpenVINO files, for programs without PyTorch.

Both accept batches of any size, and the localizer photos of any size. What else a program must know is in the metadata,
each value as JSON: every field of the network's config, the number that the sides of a photo must be multiples of, the
reader's temperature, the thresholds. `docs/read_onnx.py` is such a program.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import nn

from .. import weights
from ..models.fcos import COARSEST, FCOS
from ..utils.errors import UserError, WeightsError
from ..utils.files import working_folder

PACKAGES = {"onnx": ("onnx",), "openvino": ("onnx", "openvino")}  # that writing each format needs; the first does both
READER_OUTPUTS = {"digits": {0: "batch"}, "length": {0: "batch"}}  # and which dimensions can change
MAPS_OUTPUTS = {
    "score": {0: "batch", 1: "rows", 2: "columns"},
    "box": {0: "batch", 1: "rows", 2: "columns"},
    "digit_score": {0: "batch", 2: "rows", 3: "columns"},
    "digit_box": {0: "batch", 1: "rows", 2: "columns"},
}


def convert(weights_dir: Path, file_format: str, out: Path) -> list[Path]:
    """Write the localizer and the reader into a folder as localizer.onnx and reader.onnx, or localizer.xml and
    reader.xml with a .bin each; return what was written.

    The input `images` is what the network takes, normalised (N, 3, H, W) float32; the outputs are named as the fields
    of `Maps`, or digits and length. Raises UserError if a package is missing or the folder cannot be written, and
    WeightsError for a localizer that does not take photos of any size.
    """
    missing = [package for package in PACKAGES[file_format] if find_spec(package) is None]
    if missing:
        raise UserError(f"Writing it needs {' and '.join(missing)}; install it with: pip install '.[export]'")
    manifest = weights.read_manifest(weights_dir)
    try:
        out.mkdir(parents=True, exist_ok=True)
        with working_folder(out, ".export-") as folder:
            for role in ("localizer", "reader"):
                network = weights.load(weights_dir, manifest[role])
                constants = _constants(manifest, role, network)
                _write_onnx(network, constants, folder / f"{role}.onnx")
                if file_format == "openvino":
                    _to_openvino(folder / f"{role}.onnx", constants)
            made = sorted(folder.iterdir())  # an .xml comes after its .bin
            for path in made:
                os.replace(path, out / path.name)
    except OSError as error:
        raise UserError(f"{out} cannot be written ({error.strerror}); choose another folder with --out.") from None
    return [out / path.name for path in made]


def _constants(manifest: dict, role: str, network: nn.Module) -> dict[str, str]:
    """What a program needs to know besides the file, each value as JSON."""
    name = manifest[role]
    constants = asdict(network.config) | {"network": name, "sha256": manifest["networks"][name]["sha256"]}
    if role == "reader":
        constants |= {"temperature": manifest["networks"][name]["temperature"]}
    elif isinstance(network, FCOS):
        constants |= {"multiple": COARSEST}
    else:
        raise WeightsError(f"The localizer {name} only sees photos of one size; make an fcos the default to export it.")
    constants |= {"unsure_below": manifest["unsure_below"], "selection": manifest.get("selection", {})}
    return {key: json.dumps(value) for key, value in constants.items()}


def _write_onnx(network: nn.Module, constants: dict[str, str], path: Path) -> None:
    import onnx

    if isinstance(network, FCOS):
        outputs = dict(list(MAPS_OUTPUTS.items())[: 4 if network.config.digits else 2])
        example, dynamic = torch.zeros(2, 3, 2 * COARSEST, 3 * COARSEST), {0: "batch", 2: "height", 3: "width"}
    else:
        outputs = READER_OUTPUTS
        example, dynamic = torch.zeros(2, 3, *_sides(network.config.input_size)), {0: "batch"}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(  # by tracing: the same graph in a fifth of the newer exporter's time
            network,
            (example,),
            path,
            dynamo=False,
            input_names=["images"],
            output_names=list(outputs),
            dynamic_axes={"images": dynamic, **outputs},
        )
    model = onnx.load(path)
    onnx.helper.set_model_props(model, constants)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def _to_openvino(path: Path, constants: dict[str, str]) -> None:
    """Replace an ONNX file by an .xml and a .bin of the same name, in full precision; the machine that runs it can
    choose a lower one."""
    import openvino

    model = openvino.convert_model(path)
    for key, value in constants.items():
        model.set_rt_info(value, ["svhn", key])
    openvino.save_model(model, path.with_suffix(".xml"), compress_to_fp16=False)
    path.unlink()


def _sides(size: int | Sequence[int]) -> tuple[int, int]:
    return (size, size) if isinstance(size, int) else tuple(size)
