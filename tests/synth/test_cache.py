import shutil

import pytest
import torch
from helpers.full_disk import full_disk

from svhn.data.datasets import CropSet
from svhn.synth import cache
from svhn.utils.errors import DataError

CPU = torch.device("cpu")


@pytest.fixture
def makes(monkeypatch) -> list[int]:
    """How many pictures were asked for, each time that a bank was made; they are black."""
    made = []

    def crop_bank(n, seed, device, backgrounds):
        made.append(n)
        box = torch.zeros(n, 4)
        return CropSet(torch.zeros(n, 3, 4, 4), box, box.long(), box[:, 0].long(), box[:, 0] + seed, box[:, None])

    monkeypatch.setattr(cache, "crop_bank", crop_bank)
    return made


@pytest.fixture
def same_generator(monkeypatch):
    """Whose digest takes a while."""
    monkeypatch.setattr(cache, "generator_digest", lambda: "the same")


@pytest.mark.usefixtures("same_generator")
def test_a_bank_is_made_once_unless_numbers_seeds_or_backgrounds_are_others(makes, tmp_path):
    path, pictures = tmp_path / "deep" / "bank.pt", torch.zeros(1, 3, 256, 256, dtype=torch.uint8)
    for n, seed, backgrounds in ((3, 0, None), (4, 0, None), (4, 1, None), (4, 1, pictures), (4, 1, pictures + 1)):
        first, again = (cache.cached(path, cache.crop_bank, n, seed, CPU, backgrounds) for _ in range(2))
        assert first.aspect.tolist() == again.aspect.tolist() == [seed] * n
    assert makes == [3, 4, 4, 4, 4]
    assert [file.name for file in path.parent.iterdir()] == ["bank.pt"]


@pytest.mark.usefixtures("makes", "same_generator")
def test_a_full_disk_is_a_sentence_and_leaves_nothing(tmp_path):
    with full_disk(), pytest.raises(DataError, match=r"bank\.pt cannot be written"):
        cache.cached(tmp_path / "bank.pt", cache.crop_bank, 3000, 0, CPU, None)
    assert not list(tmp_path.iterdir())


@pytest.fixture
def generator(tmp_path, monkeypatch):
    """A copy of the generator's folder, which the key is made from."""
    here = tmp_path / "synth"
    shutil.copytree(cache.HERE, here, ignore=shutil.ignore_patterns("__pycache__", "atlas.npz"))
    monkeypatch.setattr(cache, "HERE", here)
    return here


@pytest.mark.parametrize("name", ["crops.py", "glazing.py", "assets/palette.json"])
def test_other_code_or_tables_make_the_bank_again(makes, tmp_path, generator, name):
    for module in generator.glob("*.py"):  # nothing else, which takes a while
        module.write_text("from .glazing import PANES" if module.stem == "crops" else "")
    for _ in range(2):
        cache.cached(tmp_path / "bank.pt", cache.crop_bank, 2, 0, CPU, None)
        (generator / name).write_text((generator / name).read_text() + "\nMORE = 1\n")
    assert makes == [2, 2]


def test_comments_docstrings_and_what_makes_no_pictures_do_not_count(generator):
    before = cache.generator_digest()
    for name in ("mnist_strips.py", "preview.py", "cache.py", "assets/FONTS.md"):
        (generator / name).write_text("changed")
    code = (generator / "scenes.py").read_text()
    changed = code.replace('"""Photos for', '"""Pictures for').replace("SCENE = 256  #", "SCENE = 256  # the")
    assert changed != code
    (generator / "scenes.py").write_text(changed)
    assert cache.generator_digest() == before


@pytest.mark.usefixtures("same_generator")
@pytest.mark.parametrize("content", [b"", b"nothing of PyTorch's", b"."])
def test_a_damaged_file_is_made_again(makes, tmp_path, content):
    path = tmp_path / "bank.pt"
    path.write_bytes(content)
    assert len(cache.cached(path, cache.crop_bank, 2, 0, CPU, None)) == 2
    cache.cached(path, cache.crop_bank, 2, 0, CPU, None)
    assert makes == [2]
