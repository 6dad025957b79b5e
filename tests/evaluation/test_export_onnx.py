"""Exported networks give what PyTorch gives, and a program without PyTorch reads photos with them."""

import importlib.util
import json
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import openvino
import pytest
import torch

from svhn import weights
from svhn.cli.main import main
from svhn.data.annotations import read_labels
from svhn.evaluation.export_onnx import convert

ROOT = Path(__file__).resolve().parents[2]


def _run_onnx(path: Path, images: np.ndarray) -> tuple[list[np.ndarray], dict]:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(None, {"images": images}), session.get_modelmeta().custom_metadata_map


def _run_openvino(path: Path, images: np.ndarray) -> tuple[list[np.ndarray], dict]:
    model = openvino.Core().read_model(path)
    compiled = openvino.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return list(compiled(images).values()), model.get_rt_info("svhn").value


@pytest.mark.parametrize(
    ("file_format", "suffix", "run"), [("onnx", ".onnx", _run_onnx), ("openvino", ".xml", _run_openvino)]
)
def test_exported_networks_give_what_torch_gives(file_format, suffix, run, tiny_weights, tmp_path):
    written = convert(tiny_weights, file_format, tmp_path / "made" / "here")
    assert sorted(written) == sorted((tmp_path / "made" / "here").iterdir())
    shapes = {"localizer": [(1, 3, 32, 160), (3, 3, 96, 64)], "reader": [(1, 3, 64, 64), (5, 3, 64, 64)]}
    for role, name in (("localizer", "fcos"), ("reader", "compact")):
        network = weights.load(tiny_weights, name)
        for shape in shapes[role]:
            images = torch.randn(shape, generator=torch.Generator().manual_seed(0))
            with torch.inference_mode():
                expected = [output.numpy() for output in network(images) if output is not None]
            outputs, constants = run(tmp_path / "made" / "here" / f"{role}{suffix}", images.numpy())
            for ours, theirs in zip(expected, outputs, strict=True):
                assert ours.shape == theirs.shape
                assert np.abs(ours - theirs).max() < 1e-4
        assert json.loads(constants["mean"]) == network.config.mean
    assert json.loads(constants["temperature"]) == 1.5


def test_the_program_without_torch_reads_the_examples(tmp_path):
    assert main(["export", "--format", "onnx", "--out", str(tmp_path)]) == 0
    spec = importlib.util.spec_from_file_location("read_onnx", ROOT / "docs" / "read_onnx.py")
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    localizer, reader = program.load(tmp_path / "localizer.onnx"), program.load(tmp_path / "reader.onnx")
    right = []
    for sample in read_labels(ROOT / "demo" / "examples"):
        photo = cv2.imread(str(sample.path))[..., ::-1]
        box, _ = program.locate(photo, *localizer)
        right.append(program.read(photo, box, *reader)[0] == sample.truth.number)
    assert np.mean(right) >= 0.75  # a few need the second look, which it leaves out
