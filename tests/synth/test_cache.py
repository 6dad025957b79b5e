"""Banks: kept in a file, made anew only when what makes their pictures has changed."""

from __future__ import annotations

import ast

import pytest
import torch

from svhn.data.datasets import CropSet
from svhn.synth import cache as bank

CPU = torch.device("cpu")


@pytest.fixture
def makes(monkeypatch) -> list[int]:
    """How many pictures were asked for, each time that a bank was made; they are black."""
    made = []

    def crop_bank(n, seed, device, backgrounds):
        made.append(n)
        box = torch.zeros(n, 4)
        return CropSet(torch.zeros(n, 3, 4, 4), box, box.long(), box[:, 0].long(), box[:, 0] + seed)

    monkeypatch.setattr(bank, "crop_bank", crop_bank)
    return made


def _imports(name: str) -> set[str]:
    """The modules of svhn/synth that one of them imports."""
    tree = ast.parse((bank.HERE / f"{name}.py").read_text())
    return {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level == 1}


def test_the_makers_are_all_that_the_pictures_come_from():
    found, rest = set(), {"render"}
    while rest:
        found |= rest
        rest = {module for name in rest for module in _imports(name)} - found
    assert {name for name in bank.MAKERS if name.endswith(".py")} == {f"{name}.py" for name in found}
    tables = {f"assets/{word}" for name in found for word in _words(name) if (bank.HERE / "assets" / word).is_file()}
    assert {name for name in bank.MAKERS if not name.endswith(".py")} == tables


def _words(name: str) -> set[str]:
    """The strings in a module that may be names of files in assets/."""
    tree = ast.parse((bank.HERE / f"{name}.py").read_text())
    words = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return {word for word in words if word and "\n" not in word and len(word) < 50 and "/" not in word}


def test_a_bank_is_made_once_and_then_read(makes, tmp_path):
    path = tmp_path / "deep" / "bank.pt"
    first = bank.cached(path, bank.crop_bank, 3, 7, CPU, None)
    again = bank.cached(path, bank.crop_bank, 3, 7, CPU, None)
    assert makes == [3]
    assert torch.equal(first.aspect, again.aspect)
    assert again.aspect.tolist() == [7, 7, 7]
    assert [file.name for file in path.parent.iterdir()] == ["bank.pt"]


def test_other_numbers_seeds_and_backgrounds_are_other_banks(makes, tmp_path):
    pictures = torch.zeros(1, 3, 256, 256, dtype=torch.uint8)
    for n, seed, backgrounds in ((3, 0, None), (4, 0, None), (4, 1, None), (4, 1, pictures), (4, 1, pictures + 1)):
        bank.cached(tmp_path / "bank.pt", bank.crop_bank, n, seed, CPU, backgrounds)
    assert makes == [3, 4, 4, 4, 4]


@pytest.mark.parametrize(
    ("name", "made"), [("render.py", 2), ("assets/palette.json", 2), ("mnist_strips.py", 1), ("preview.py", 1)]
)
def test_only_what_makes_the_pictures_makes_them_anew(makes, tmp_path, monkeypatch, name, made):
    here = tmp_path / "synth"
    (here / "assets").mkdir(parents=True)
    for path in bank.HERE.rglob("*"):
        if path.is_file() and path.parent.name in ("synth", "assets"):
            (here / path.relative_to(bank.HERE)).write_bytes(path.read_bytes()[:100])
    monkeypatch.setattr(bank, "HERE", here)
    bank.cached(tmp_path / "bank.pt", bank.crop_bank, 2, 0, CPU, None)
    (here / name).write_text("changed")
    bank.cached(tmp_path / "bank.pt", bank.crop_bank, 2, 0, CPU, None)
    assert len(makes) == made


@pytest.mark.parametrize("content", [b"", b"nothing of PyTorch's", b"."])
def test_a_damaged_file_is_made_anew(makes, tmp_path, content):
    path = tmp_path / "bank.pt"
    path.write_bytes(content)
    assert len(bank.cached(path, bank.crop_bank, 2, 0, CPU, None)) == 2
    bank.cached(path, bank.crop_bank, 2, 0, CPU, None)
    assert makes == [2]
