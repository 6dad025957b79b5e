"""The comparison with other programs counts what each reads right, on the same photos."""

import sys

import numpy as np
import pytest

from benchmarks import peers
from svhn.data.annotations import Truth
from svhn.evaluation.evaluate import Example


def test_every_program_reads_every_photo_and_is_judged_by_its_number():
    photos = [Example(f"{i}.png", np.full((8, 8, 3), i, np.uint8), Truth(str(i % 2), None)) for i in range(4)]
    readers = {"ours": lambda photo: str(photo[0, 0, 0] % 2), "theirs": lambda photo: "1"}
    rows = [line.split(" | ") for line in peers.measure(photos, readers).splitlines()[2:]]
    assert [row[:2] for row in rows] == [["| ours", "4 of 4, 100.0%"], ["| theirs", "2 of 4, 50.0%"]]


def test_a_program_that_is_missing_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "rapidocr", None)
    with pytest.raises(SystemExit, match="pip install"):
        peers.rapid_ocr()
