import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PHOTO = ROOT / "demo" / "examples" / "plate-42.jpg"


def test_the_command_reads_a_photo_outside_the_repository(tmp_path):
    source, installed = tmp_path / "source", tmp_path / "installed"
    source.mkdir()
    for name in ("pyproject.toml", "requirements.txt", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for name in ("svhn", "weights"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("measured", "__pycache__"))
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "--target", installed, source], check=True, capture_output=True, text=True)
    assert not {"tests", "demo", "benchmarks", "tools", "helpers"} & {path.name for path in installed.iterdir()}

    command = [sys.executable, installed / "bin" / "svhn", "read", PHOTO, "--json"]
    ended = subprocess.run(
        command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(installed)}, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["number"] == "42"
