"""What the benchmarks count, and that scripts which no other test runs still find what they import."""

import importlib
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import hostile, peers
from svhn.data.annotations import Truth
from svhn.evaluation.evaluate import Example

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = sorted(path for folder in ("benchmarks", "tools") for path in (ROOT / folder).rglob("*.py"))


@pytest.mark.filterwarnings("ignore")  # Pillow's, about what is damaged
def test_hostile_pictures_are_read_or_refused():
    outcome = hostile.judge(hostile.pictures(120, 0), hostile.in_process(SimpleNamespace(read=lambda photo: None)))
    assert outcome.failed == outcome.slow == []
    assert min(outcome.counts["read"], outcome.counts["refused"]) > 12
    assert len(hostile.judge(hostile.pictures(3, 0), {}.__getitem__).failed) == 3  # what goes wrong is named


def test_every_program_reads_every_photo_and_is_judged_by_its_number_and_a_missing_one_is_named(monkeypatch):
    photos = [Example(f"{i}.png", np.full((8, 8, 3), i, np.uint8), Truth(str(i % 2), None)) for i in range(4)]
    readers = {"ours": lambda photo: str(photo[0, 0, 0] % 2), "theirs": lambda photo: "1"}
    rows = [line.split(" | ") for line in peers.measure(photos, readers).splitlines()[2:]]
    assert [row[:2] for row in rows] == [["| ours", "4 of 4, 100.0%"], ["| theirs", "2 of 4, 50.0%"]]
    monkeypatch.setitem(sys.modules, "rapidocr", None)
    with pytest.raises(SystemExit, match="pip install"):
        peers.rapid_ocr()


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_can_be_imported(path):
    importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
