import pytest
from helpers import official

from demo import ground_truth
from demo.ground_truth import TruthIndex
from svhn.data.annotations import Truth
from svhn.utils.errors import DataError


def expected(entry: official.Entry) -> Truth:
    left, top, width, height = entry.boxes.T
    return Truth(entry.number, (left.min(), top.min(), (left + width).max(), (top + height).max()))


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
        assert (sample.path.read_bytes(), sample.truth) == (entry.png, expected(entry))
        assert sample.path.parent == copies
        assert "train" in sample.title
    assert "learned" in ground_truth.describe_samples(shown)
    assert shown == ground_truth.index_data_set(tmp_path, TruthIndex(), copies, shown=12)
    unseen = ground_truth.index_data_set(tmp_path, TruthIndex(), copies, shown=12, held_out=True)
    assert {sample.title for sample in unseen} == {f"held-out {n}" for n in range(5, 31, 5)}
    assert "learned" not in ground_truth.describe_samples(unseen)


def test_test_is_offered_before_train_and_damaged_photos_are_left_out(tmp_path):
    def spoil(entries: list[official.Entry]) -> None:
        entries[0].labels[0] = 37.0
        entries[1].png = None
        entries[2].png = entries[2].png[:60]

    train = official.write_split(tmp_path, "train", 4, seed=1)
    test = official.write_split(tmp_path, "test", 6, seed=2, spoil=spoil)
    truths = TruthIndex()
    shown = ground_truth.index_data_set(tmp_path, truths, tmp_path)
    assert {sample.path.name for sample in shown} == {"4.png", "5.png", "6.png"}
    assert {sample.title.split()[0] for sample in shown} == {"test"}
    assert "learned" not in ground_truth.describe_samples(shown)
    assert all(truths.find(entry.png) for entry in train + test[3:])
    assert truths.find(test[0].png) is None


def test_no_data_set(tmp_path):
    with pytest.raises(DataError, match="neither"):
        ground_truth.index_data_set(tmp_path / "nowhere", TruthIndex(), tmp_path)
    (tmp_path / "test.tar.gz").write_bytes(b"no archive")
    with pytest.raises(DataError, match="damaged"):
        ground_truth.index_data_set(tmp_path, TruthIndex(), tmp_path)
