"""Truth by content: the project's own examples, and a data set in the official layout."""

import io

import numpy as np
import pytest
from helpers import official
from PIL import Image

from demo import ground_truth, ui
from demo.ground_truth import TruthIndex
from svhn.data.annotations import Truth, read_labels
from svhn.images.decode import open_photo
from svhn.utils.errors import DataError
from tools.make_examples import scenes, surface


def expected(entry: official.Entry) -> Truth:
    left, top, width, height = entry.boxes.T
    return Truth(entry.number, (left.min(), top.min(), (left + width).max(), (top + height).max()))


def test_the_same_content_is_the_same_photo():
    truths = TruthIndex()
    truths.add(b"one", Truth("1", None))
    assert truths.find(b"one") == Truth("1", None)
    assert truths.find(b"other") is None
    assert len(truths) == 1


@pytest.mark.parametrize("as_tar", [True, False])
def test_data_set(tmp_path, as_tar):
    written = official.write_split(tmp_path, "train", 30, as_tar=as_tar)
    truths, copies = TruthIndex(), tmp_path / "copies"
    copies.mkdir()
    shown = ground_truth.index_data_set(tmp_path, truths, copies, shown=12)
    assert len(truths) == 30
    for entry in written:
        assert truths.find(entry.png) == expected(entry)
    by_name = {entry.name: entry for entry in written}
    assert 8 <= len(shown) <= 12
    for sample in shown:
        entry = by_name[sample.path.name]
        assert sample.path.read_bytes() == entry.png
        assert sample.truth == expected(entry)
        assert sample.path.parent == copies
        assert "train" in sample.title
    assert "learned" in ground_truth.describe_samples(shown)
    assert shown == ground_truth.index_data_set(tmp_path, TruthIndex(), copies, shown=12)


def test_test_is_offered_before_train_and_both_are_known(tmp_path):
    train = official.write_split(tmp_path, "train", 4, seed=1)
    test = official.write_split(tmp_path, "test", 4, seed=2)
    truths, copies = TruthIndex(), tmp_path / "copies"
    copies.mkdir()
    shown = ground_truth.index_data_set(tmp_path, truths, copies)
    assert {sample.title.split()[0] for sample in shown} == {"test"}
    assert "learned" not in ground_truth.describe_samples(shown)
    assert len(shown) == 4
    assert all(truths.find(entry.png) for entry in train + test)


def test_damaged_records_and_photos_are_left_out(tmp_path):
    def spoil(entries: list[official.Entry]) -> None:
        entries[0].labels[0] = 37.0
        entries[1].png = None
        entries[2].png = entries[2].png[:60]

    written = official.write_split(tmp_path, "test", 6, spoil=spoil)
    truths, copies = TruthIndex(), tmp_path / "copies"
    copies.mkdir()
    shown = ground_truth.index_data_set(tmp_path, truths, copies)
    assert truths.find(written[0].png) is None
    assert {sample.path.name for sample in shown} == {"4.png", "5.png", "6.png"}


def test_no_data_set(tmp_path):
    with pytest.raises(DataError, match="neither"):
        ground_truth.index_data_set(tmp_path / "nowhere", TruthIndex(), tmp_path)
    (tmp_path / "test.tar.gz").write_bytes(b"no archive")
    with pytest.raises(DataError, match="damaged"):
        ground_truth.index_data_set(tmp_path, TruthIndex(), tmp_path)


def test_own_examples_are_complete_and_small():
    samples = read_labels(ui.EXAMPLES)
    assert len(samples) >= 12
    assert {sample.path for sample in samples} == set(ui.EXAMPLES.glob("*.jpg"))
    assert sum(sample.path.stat().st_size for sample in samples) <= 2**20
    lengths = {len(sample.truth.number) for sample in samples}
    assert {0, 1, 2, 3, 5} <= lengths
    for sample in samples:
        height, width = open_photo(sample.path).shape[:2]
        if sample.truth.box is None:
            assert sample.truth.number == ""
            continue
        x1, y1, x2, y2 = sample.truth.box
        assert 0 <= x1 < x2 <= width
        assert 0 <= y1 < y2 <= height


def test_own_examples_are_what_the_script_draws():
    seed, name = next((i, name) for i, name in enumerate(scenes.SCENES) if name == "tile-7")
    rng = np.random.default_rng(seed)
    photo, box = surface.shoot(*scenes.SCENES[name][2](rng), rng)
    sample = next(s for s in read_labels(ui.EXAMPLES) if s.path.stem == name)
    assert box == pytest.approx(sample.truth.box, abs=1)
    file = io.BytesIO()
    Image.fromarray(photo).save(file, "JPEG", quality=scenes.QUALITY)
    assert np.abs(open_photo(file.getvalue()).astype(int) - open_photo(sample.path)).mean() < 3
