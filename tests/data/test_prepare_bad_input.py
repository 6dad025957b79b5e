from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from helpers import official
from helpers.full_disk import full_disk

from svhn import labels
from svhn.data import archive, prepare
from svhn.utils.errors import DataError


def prepared(folder: Path) -> tuple[prepare.Summary, dict[int, str | None]]:
    """Summary of the split train in `folder`, and the numbers written by image number."""
    out = folder / "prepared"
    summary = prepare.prepare(folder, "train", out, progress=False)
    with h5py.File(out / "train_crops.h5") as crops, h5py.File(out / "train_scenes.h5") as scenes:
        images = crops["number"][...].tolist()
        assert scenes["number"][...].tolist() == images
        found = map(labels.decode, crops["digits"][...], crops["length"][...].tolist())
        return summary, dict(zip(images, found, strict=True))


def _no_photo(entry: official.Entry) -> None:
    entry.png = None


def _half_a_photo(entry: official.Entry) -> None:
    entry.png = entry.png[: len(entry.png) // 2]


def _no_picture(entry: official.Entry) -> None:
    entry.png = b"<html>404</html>"


def _tiny_photo(entry: official.Entry) -> None:
    entry.png = official.png(np.zeros((7, 50, 3), np.uint8))


def _other_name(entry: official.Entry) -> None:
    entry.name = "front door.png"


def _label(value: float) -> Callable[[official.Entry], None]:
    def spoil(entry: official.Entry) -> None:
        entry.labels[-1] = value

    return spoil


def _box(*xywh: float) -> Callable[[official.Entry], None]:
    def spoil(entry: official.Entry) -> None:
        entry.boxes[-1] = xywh

    return spoil


@pytest.mark.parametrize(
    ("spoil", "reason", "detail"),
    [
        (_no_photo, "no photo", "no photo"),
        (_half_a_photo, "photo cannot be decoded", "damaged"),
        (_no_picture, "photo cannot be decoded", "not a picture"),
        (_tiny_photo, "photo cannot be decoded", "only 50×7 pixels"),
        (_other_name, "file name is no number", "file name is no number"),
        (_label(0), "label outside 1 to 10", "digit label 0 is not"),
        (_label(11), "label outside 1 to 10", "digit label 11 is not"),
        (_label(2.5), "label outside 1 to 10", "digit label 2.5 is not"),
        (_label(float("nan")), "label outside 1 to 10", "digit label nan is not"),
        (_box(5, 5, 0, 20), "box without a size", "box without a size"),
        (_box(5, 5, 20, -3), "box without a size", "box without a size"),
        (_box(5, 5, float("nan"), 3), "box without a size", "box without a size"),
        (_box(2000, 5, 20, 30), "box outside the photo", "lies outside the photo of"),
        (_box(-30, 5, 30, 30), "box outside the photo", "lies outside the photo of"),
        (_box(1e300, 5, 1e300, 1e300), "box outside the photo", "lies outside the photo of"),
    ],
)
def test_record_that_cannot_be_used_is_skipped_and_listed(tmp_path, spoil, reason, detail):
    written = official.write_split(tmp_path, "train", 5, spoil=lambda entries: spoil(entries[2]))
    summary, numbers = prepared(tmp_path)
    assert numbers == {int(e.name[:-4]): e.number for e in written if e is not written[2]}
    assert dict(summary.skipped) == {reason: 1}
    assert (summary.records, summary.written) == (5, 4)
    [problem] = summary.problems
    name = "front door.png" if spoil is _other_name else "3.png"
    assert problem.startswith(f"train.tar.gz, record 3, {name}: skipped, ")
    assert detail in problem
    assert str(summary).splitlines() == [
        problem,
        "train.tar.gz: 5 records, 4 written, 1 skipped",
        f"  skipped, {reason}: 1",
    ]


def test_damaged_record(tmp_path):
    official.write_split(tmp_path, "train", 3, as_tar=False)
    with h5py.File(tmp_path / "train" / "digitStruct.mat", "r+") as file:
        del file[file["digitStruct/bbox"][0, 0]]["left"]
    summary, numbers = prepared(tmp_path)
    assert summary.skipped["damaged record"] == 1
    assert summary.problems[0].startswith("train, record 1, 1.png: skipped, its entry is damaged")
    assert set(numbers) == {2, 3}


def test_two_records_of_one_name(tmp_path):
    written = official.write_split(
        tmp_path,
        "train",
        4,
        spoil=lambda entries: entries.append(official.Entry("2.png", None, [1.0], np.ones((1, 4)))),
    )
    summary, numbers = prepared(tmp_path)
    assert dict(summary.skipped) == {"name used before": 1}
    assert "record 5, 2.png: skipped, record 2 has the same file name" in summary.problems[0]
    assert numbers[2] == written[1].number


def test_photos_too_many(tmp_path):
    photo = official.png(np.zeros((20, 20, 3), np.uint8))
    official.write_split(tmp_path, "train", 3, members=[("train/99.png", photo), ("train/2.png", photo)])
    summary, numbers = prepared(tmp_path)
    assert summary.noted == {"photo without a usable record": 1, "a photo of this name came before": 1}
    assert summary.problems[0] == "train.tar.gz, 99.png: photo without a usable record"
    assert set(numbers) == {1, 2, 3}


def test_half_the_photos_may_be_missing_but_not_more(tmp_path):
    def without(count: int) -> Callable[[list[official.Entry]], None]:
        return lambda entries: [_no_photo(entry) for entry in entries[:count]] and None

    official.write_split(tmp_path / "half", "train", 6, spoil=without(3))
    assert prepared(tmp_path / "half")[0].skipped["no photo"] == 3
    official.write_split(tmp_path / "more", "train", 6, spoil=without(4))
    with pytest.raises(DataError, match="lacks the photos of 4 of its 6 records"):
        prepare.prepare(tmp_path / "more", "train", tmp_path / "out", progress=False)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["train_records.npz"]


@pytest.mark.parametrize(("n", "reason"), [(0, "it has no records"), (3, r"photo cannot be decoded \(3\)")])
def test_nothing_to_write_is_an_error(tmp_path, n, reason):
    official.write_split(tmp_path, "train", n, spoil=lambda entries: [_no_picture(entry) for entry in entries] and None)
    with pytest.raises(DataError, match=rf"Nothing in .*train.tar.gz could be used: {reason}.$"):
        prepare.prepare(tmp_path, "train", tmp_path / "out", progress=False)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["train_records.npz"]


def test_failure_leaves_the_earlier_files_and_nothing_else(tmp_path):
    official.write_split(tmp_path, "train", 30)
    prepared(tmp_path)
    before = {path.name: path.read_bytes() for path in (tmp_path / "prepared").glob("*.h5")}
    path = tmp_path / "train.tar.gz"
    path.write_bytes(path.read_bytes()[:-8])  # found out at the very end, after the last row
    with pytest.raises(DataError, match="truncated or damaged"):
        prepare.prepare(tmp_path, "train", tmp_path / "prepared", progress=False)
    assert {path.name: path.read_bytes() for path in (tmp_path / "prepared").glob("*.h5")} == before


def test_digitstruct_or_output_folder_that_cannot_be_used(tmp_path):
    official.write_split(tmp_path, "train", 2, as_tar=False)
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be written"):
        prepare.prepare(tmp_path, "train", tmp_path / "file" / "out", progress=False)
    (tmp_path / "train" / "digitStruct.mat").write_bytes(b"x" * 5000)
    with pytest.raises(DataError, match=r"train: digitStruct.mat is not a readable MATLAB file"):
        prepared(tmp_path)


def test_a_full_disk_is_a_sentence_and_leaves_nothing(tmp_path):
    official.write_split(tmp_path, "train", 40, as_tar=False)
    with full_disk(), pytest.raises(DataError, match="cannot be written: File too large"):
        prepare.prepare(tmp_path, "train", tmp_path / "out", progress=False)
    assert not [path for path in (tmp_path / "out").iterdir() if path.suffix != ".npz"]
    prepared(tmp_path)


def test_listed_problems_are_bounded_and_all_counted(tmp_path, monkeypatch):
    monkeypatch.setattr("svhn.data.prepare_report.MAX_LISTED", 2)
    official.write_split(tmp_path, "train", 9, spoil=lambda entries: [_no_photo(e) for e in entries[:4]] and None)
    summary, _ = prepared(tmp_path)
    assert len(summary.problems) == 2
    assert summary.skipped["no photo"] == 4
    assert "(only the first 2 of each kind are listed; all are counted)" in str(summary)


def test_photo_over_the_limit_is_refused_and_skipped(tmp_path, monkeypatch):
    entries = official.write_split(tmp_path, "train", 5)
    limit = max(len(entry.png) for entry in entries) - 1
    monkeypatch.setattr(archive, "MAX_BYTES", limit)
    monkeypatch.setattr("svhn.images.decode.MAX_BYTES", limit)
    summary, _ = prepared(tmp_path)
    assert dict(summary.skipped) == {"photo cannot be decoded": 1}
