import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import svhn


def test_every_public_name_is_there_and_another_is_an_attribute_error():
    assert all(callable(getattr(svhn, name)) for name in svhn.__all__)
    with pytest.raises(AttributeError, match="'Nothing'"):
        svhn.Nothing  # noqa: B018


def test_importing_the_package_or_the_service_does_not_import_what_takes_long():
    code = """import sys, svhn
assert not {"torch", "PIL"} & set(sys.modules)
import svhn.pipeline, svhn.batch.local
assert not {"torchvision", "torch._dynamo"} & set(sys.modules)"""
    subprocess.run([sys.executable, "-c", code], check=True)


ROOT = Path(__file__).resolve().parents[1]
PHOTO = ROOT / "demo" / "examples" / "plate-42.jpg"


def test_the_command_reads_a_photo_outside_the_repository(tmp_path):
    source, installed = tmp_path / "source", tmp_path / "installed"
    source.mkdir()
    for name in ("pyproject.toml", "requirements.txt", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for name in ("svhn", "weights"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("measured", "__pycache__"))
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--no-compile", "--target", installed]
    pip = [sys.executable, "-m", "pip", "install", *options, source]
    subprocess.run(pip, check=True, capture_output=True, text=True)
    assert not {"tests", "demo", "benchmarks", "tools", "helpers"} & {path.name for path in installed.iterdir()}

    command = [sys.executable, installed / "bin" / "svhn", "read", PHOTO, "--json"]
    ended = subprocess.run(
        command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(installed)}, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["number"] == "42"
