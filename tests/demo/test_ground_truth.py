import dataclasses

import pytest
from helpers import official
from helpers.fake_pipeline import SIZE, FakePipeline, photo_of, reading_of

from demo import ground_truth
from demo.ground_truth import TruthIndex
from demo.session import PhotoResult
from svhn.boxes import Box
from svhn.data.annotations import Truth


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


PLACE, ELSEWHERE = (10.0, 10.0, 50.0, 30.0), (60.0, 40.0, 90.0, 60.0)


def found_at(box: Box, truth: Truth | None) -> PhotoResult:
    """Two readings, of which the second is at that box."""
    first, other = (reading_of(number, photo_of(number)) for number in ("42", "128"))
    return PhotoResult(b"", (first, dataclasses.replace(other, box=box)), truth, FakePipeline(), SIZE)


@pytest.mark.parametrize(
    ("true_box", "first", "other", "drawn"),
    [(PLACE, True, True, True), (ELSEWHERE, True, False, False), (None, True, False, True)],
    ids=["where the other is", "elsewhere", "nobody knows where"],
)
def test_the_truth_is_about_one_number_and_a_box_that_a_person_drew_over_it(true_box, first, other, drawn):
    truth = Truth("128", true_box)
    found = found_at((11.0, 9.0, 52.0, 31.0), truth)
    assert [found.truth_of(reading) == truth for reading in found.readings] == [first, other]
    corrected = dataclasses.replace(reading_of("7", photo_of("7")), box=PLACE)
    assert found_at(ELSEWHERE, truth).truth_of(corrected) == (truth if drawn else None)
