import csv
from collections.abc import Callable
from pathlib import Path

import cv2
import h5py
import numpy as np
import pytest
import torch
from helpers import official
from helpers.full_disk import full_disk

from svhn import labels
from svhn.data import archive, prepare
from svhn.data.split import write_split_table
from svhn.utils.errors import DataError

Rows = dict[str, np.ndarray]  # column -> (N, ...)


def prepared(folder: Path) -> tuple[prepare.Summary, Rows, Rows]:
    """Summary, crops and scenes of the split train in `folder`."""
    out = folder / "prepared"
    summary = prepare.prepare(folder, "train", out)
    assert sorted(path.name for path in out.iterdir()) == ["train_crops.h5", "train_records.npz", "train_scenes.h5"]
    crops, scenes = (rows(out / f"train_{kind}.h5") for kind in ("crops", "scenes"))
    assert numbers(crops) == numbers(scenes)
    return summary, crops, scenes


def rows(path: Path) -> Rows:
    with h5py.File(path) as file:
        return {name: dataset[...] for name, dataset in file.items()}


def numbers(table: Rows) -> dict[int, str | None]:
    """By image number."""
    found = zip(table["number"], table["digits"], table["length"], strict=True)
    return {int(image): labels.decode(digits, length) for image, digits, length in found}


def marked(boxes: list[tuple[int, ...]], size: tuple[int, int] = (90, 150)) -> official.Entry:
    """A black photo with a white rectangle at each box x, y, w, h; the digits are 1, 2, 3 ..."""
    photo = np.zeros((*size, 3), np.uint8)
    for x, y, w, h in boxes:
        photo[max(y, 0) : y + h, max(x, 0) : x + w] = 255
    return official.Entry("1.png", official.png(photo), [float(i + 1) for i in range(len(boxes))], np.array(boxes))


def write(folder: Path, *entries: official.Entry) -> None:
    """These entries as 1.png, 2.png, ..., whatever they were called."""
    for i, entry in enumerate(entries):
        entry.name = f"{i + 1}.png"
    official.write_split(folder, "train", 0, spoil=lambda written: written.extend(entries))


def test_every_record_is_written_with_its_number_from_folder_or_archive(tmp_path, monkeypatch):
    tables, threads, set_to = [], torch.get_num_threads(), []
    monkeypatch.setattr(torch, "set_num_threads", set_to.append)
    for as_tar in (True, False):
        written = official.write_split(tmp_path / str(as_tar), "train", 70, as_tar=as_tar)  # more than a block of rows
        summary, crops, scenes = prepared(tmp_path / str(as_tar))
        assert (summary.records, summary.written, summary.skipped.total()) == (70, 70, 0)
        truth = {int(entry.name[:-4]): entry.number for entry in written}
        assert numbers(crops) == truth
        for image, (height, width) in zip(scenes["images"], scenes["size"], strict=True):
            assert image[:, :height, :width].any()
            assert not image[:, height:].any()  # black beyond the photo
            assert not image[:, :, width:].any()
        tables.append((crops, scenes))
    common = {"box": "4 f4", "digit_boxes": "5 4 f4", "digits": "5 u1", "length": "u1", "number": "i4"}
    own = {"images": "3 96 96 u1", "aspect": "f4"}, {"images": "3 256 256 u1", "size": "2 i4", "scale": "f4"}
    for table, columns in zip((crops, scenes), own, strict=True):  # what the loaders expect
        found = {name: " ".join(map(str, (*a.shape[1:], a.dtype.str[1:]))) for name, a in table.items()}
        assert found == columns | common
    for one, other in zip(*tables, strict=True):
        order, other_order = one["number"].argsort(), other["number"].argsort()
        for column, values in one.items():
            np.testing.assert_array_equal(values[order], other[column][other_order])
    assert set_to == [1, threads] * 2


def white(image: np.ndarray) -> list[int]:
    """The rectangle of what is white in (3, h, w), x1 y1 x2 y2."""
    x, y, w, h = cv2.boundingRect((image.mean(0) > 127).astype(np.uint8))
    return [x, y, x + w, y + h]


@pytest.mark.parametrize(
    ("box", "size"),
    [
        ((40, 30, 30, 40), (90, 150)),
        ((0, 0, 21, 33), (90, 150)),  # in the corner: the margin is outside the photo
        ((130, 50, 20, 40), (90, 150)),  # in the other corner
        ((0, 0, 12, 10), (10, 12)),  # the whole photo
        ((250, 100, 120, 181), (500, 700)),  # a photo larger than a scene
        ((3, 240, 5, 27), (300, 9)),  # a narrow one
    ],
)
def test_stored_boxes_are_where_the_digit_is(tmp_path, box, size):
    write(tmp_path, marked([box], size))
    _, crops, scenes = prepared(tmp_path)
    x, y, w, h = box
    factor = min(1, 256 / max(size))
    assert scenes["scale"][0] == pytest.approx(factor)
    assert scenes["size"][0] == pytest.approx(np.array(size) * factor, abs=0.51)
    by_axis = np.array([*scenes["size"][0][::-1] / size[::-1]] * 2)  # its rounding to whole pixels included
    assert scenes["box"][0] == pytest.approx(np.array([x, y, x + w, y + h]) * by_axis, rel=1e-5)
    assert scenes["box"][0] == pytest.approx(white(scenes["images"][0]), abs=1.01)
    assert scenes["digit_boxes"][0, 0] == pytest.approx(scenes["box"][0])
    # In the crop the digit is half as wide and high; at the photo's edge white is repeated outwards.
    assert crops["digit_boxes"][0, 0] == pytest.approx(crops["box"][0])
    left, top, right, bottom = crops["box"][0]
    assert right - left == pytest.approx(48, abs=5)
    assert bottom - top == pytest.approx(48, abs=5)
    seen = np.array(white(crops["images"][0]))
    at_edge = np.array([x == 0, y == 0, x + w == size[1], y + h == size[0]])
    assert seen[~at_edge] == pytest.approx(crops["box"][0][~at_edge], abs=1.01)
    assert (seen[at_edge] == np.array([0, 0, 96, 96])[at_edge]).all()
    assert crops["aspect"][0] == pytest.approx((2 * w) / (2 * h), rel=0.1)


def test_digits_are_stored_in_reading_order_too_many_are_kept_and_boxes_end_with_the_photo(tmp_path):
    shuffled = marked([(80, 20, 15, 30), (20, 22, 15, 30), (50, 21, 15, 30)])
    column = marked([(21, 55, 15, 30), (20, 5, 15, 30)])
    column.labels[1] = 10.0  # the official zero
    seven = marked([(5 + 20 * i, 20, 15, 30) for i in range(7)])
    outside = marked([(-4, 20, 15, 30), (130, -7, 30, 120)])
    write(tmp_path, shuffled, column, seven, outside)
    summary, crops, scenes = prepared(tmp_path)
    assert numbers(crops) == {1: "231", 2: "01", 3: None, 4: "12"}
    assert crops["length"].tolist() == scenes["length"].tolist() == [3, 2, labels.TOO_LONG, 2]
    assert crops["digits"].tolist()[:3] == [[2, 3, 1, 10, 10], [0, 1, 10, 10, 10], [1, 2, 3, 4, 5]]
    assert scenes["digit_boxes"][0, :3, 0].tolist() == [20, 50, 80]
    assert scenes["digit_boxes"][1, :2, 1].tolist() == [5, 55]
    assert np.isnan(scenes["digit_boxes"][0, 3:]).all()
    assert np.isnan(crops["digit_boxes"][1, 2:]).all()
    assert scenes["digit_boxes"][2, :, 0].tolist() == [5, 25, 45, 65, 85]
    assert scenes["box"][2].tolist() == [5, 20, 140, 50]  # of all seven
    assert scenes["digit_boxes"][3, :2].tolist() == [[0, 20, 11, 50], [130, 0, 150, 90]]
    assert summary.noted == {"more than five digits": 1, "box partly outside the photo, clipped": 1}
    assert summary.problems[-1] == "train.tar.gz, record 4, 4.png: box partly outside the photo, clipped"


@pytest.mark.parametrize("as_tar", [True, False])
def test_prepared_files_are_recognized_until_the_data_change(tmp_path, as_tar):
    official.write_split(tmp_path, "train", 5, as_tar=as_tar)
    out = tmp_path / "prepared"
    assert not prepare.is_prepared(tmp_path, "train", out)
    prepared(tmp_path)
    assert prepare.is_prepared(tmp_path, "train", out)
    (out / "train_crops.h5").write_bytes(b"damaged")
    assert not prepare.is_prepared(tmp_path, "train", out)
    prepared(tmp_path)
    official.write_split(tmp_path / "more", "train", 6, as_tar=as_tar)
    assert not prepare.is_prepared(tmp_path / "more", "train", out)
    with pytest.raises(DataError, match="holds neither"):
        prepare.is_prepared(tmp_path / "nowhere", "train", out)


def without_photos(count: int) -> Callable[[list[official.Entry]], None]:
    """Takes the photos of so many entries away."""
    return lambda entries: [setattr(entry, "png", None) for entry in entries[:count]] and None


def _photo(change: Callable[[bytes], bytes | None]) -> Callable[[official.Entry], None]:
    return lambda entry: setattr(entry, "png", change(entry.png))


def _label(value: float) -> Callable[[official.Entry], None]:
    return lambda entry: entry.labels.__setitem__(-1, value)


def _box(*box: float) -> Callable[[official.Entry], None]:
    return lambda entry: entry.boxes.__setitem__(-1, box)


NAN = float("nan")
TINY = official.png(np.zeros((7, 50, 3), np.uint8))


@pytest.mark.parametrize(
    ("spoil", "reason", "detail"),
    [
        (_photo(lambda png: None), "no photo", "no photo"),
        (_photo(lambda png: png[: len(png) // 2]), "photo cannot be decoded", "damaged"),
        (_photo(lambda png: b"<html>404</html>"), "photo cannot be decoded", "not a picture"),
        (_photo(lambda png: TINY), "photo cannot be decoded", "only 50×7 pixels"),
        (_photo(lambda png: png + bytes(archive.MAX_BYTES)), "photo cannot be decoded", "MB"),
        (lambda entry: setattr(entry, "name", "front door.png"), "file name is no number", "file name is no number"),
        *[(_label(value), "label outside 1 to 10", f"label {value} is") for value in (0, 11, 2.5, NAN)],
        *[(_box(5, 5, *size), "box without a size", "box without a size") for size in ((0, 20), (20, -3), (NAN, 3))],
        (_box(2000, 5, 20, 30), "box outside the photo", "lies outside the photo"),
        (_box(-30, 5, 30, 30), "box outside the photo", "lies outside the photo"),
        (_box(1e300, 5, 1e300, 1e300), "box outside the photo", "lies outside the photo"),
    ],
)
def test_record_that_cannot_be_used_is_skipped_and_listed(tmp_path, spoil, reason, detail):
    written = official.write_split(tmp_path, "train", 5, spoil=lambda entries: spoil(entries[2]))
    summary, crops, _ = prepared(tmp_path)
    assert numbers(crops) == {int(e.name[:-4]): e.number for e in written if e is not written[2]}
    assert (summary.records, summary.written, dict(summary.skipped)) == (5, 4, {reason: 1})
    [problem] = summary.problems
    assert problem.startswith(f"train.tar.gz, record 3, {written[2].name}: skipped, ")
    assert detail in problem
    counts = ["train.tar.gz: 5 records, 4 written, 1 skipped", f"  skipped, {reason}: 1"]
    assert str(summary).splitlines() == [problem, *counts]


def test_two_records_of_one_name_a_damaged_one_and_photos_too_many(tmp_path):
    again = official.Entry("2.png", None, [1.0], np.ones((1, 4)))
    spoil = {"as_tar": False, "spoil": lambda entries: entries.append(again)}
    written = official.write_split(tmp_path, "train", 4, **spoil)
    with h5py.File(tmp_path / "train" / "digitStruct.mat", "r+") as file:
        del file[file["digitStruct/bbox"][0, 0]]["left"]
    summary, crops, _ = prepared(tmp_path)
    assert dict(summary.skipped) == {"name used before": 1, "damaged record": 1}
    assert summary.problems[0].startswith("train, record 1, 1.png: skipped, its entry is damaged")
    assert "record 5, 2.png: skipped, record 2 has the same file name" in summary.problems[1]
    assert numbers(crops) == {int(e.name[:-4]): e.number for e in written[1:4]}
    photo = official.png(np.zeros((20, 20, 3), np.uint8))
    official.write_split(tmp_path / "more", "train", 3, members=[("train/99.png", photo), ("train/2.png", photo)])
    summary, crops, _ = prepared(tmp_path / "more")
    assert summary.noted == {"photo without a usable record": 1, "a photo of this name came before": 1}
    assert summary.problems[0] == "train.tar.gz, 99.png: photo without a usable record"
    assert set(numbers(crops)) == {1, 2, 3}


def test_half_the_photos_may_be_missing_but_not_more_and_listed_problems_are_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr("svhn.data.prepare_report.MAX_LISTED", 2)
    official.write_split(tmp_path / "half", "train", 6, spoil=without_photos(3))
    summary, *_ = prepared(tmp_path / "half")
    assert (len(summary.problems), summary.skipped["no photo"]) == (2, 3)
    assert "(only the first 2 of each kind are listed; all are counted)" in str(summary)
    official.write_split(tmp_path / "more", "train", 6, spoil=without_photos(4))
    with pytest.raises(DataError, match="lacks the photos of 4 of its 6 records"):
        prepare.prepare(tmp_path / "more", "train", tmp_path / "out", progress=False)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["train_records.npz"]


@pytest.mark.parametrize(("n", "reason"), [(0, "it has no records"), (3, r"photo cannot be decoded \(3\)")])
def test_nothing_to_write_is_an_error(tmp_path, n, reason):
    def spoil(entries: list[official.Entry]) -> None:
        for entry in entries:
            entry.png = b"<html>404</html>"

    official.write_split(tmp_path, "train", n, spoil=spoil)
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


def test_a_full_disk_or_a_file_in_the_way_is_a_sentence_and_leaves_nothing(tmp_path):
    official.write_split(tmp_path, "train", 40, as_tar=False)
    with full_disk(), pytest.raises(DataError, match="cannot be written: File too large"):
        prepare.prepare(tmp_path, "train", tmp_path / "out", progress=False)
    assert not [path for path in (tmp_path / "out").iterdir() if path.suffix != ".npz"]
    prepared(tmp_path)
    with pytest.raises(DataError, match="cannot be written"):
        prepare.prepare(tmp_path, "train", tmp_path / "train" / "1.png" / "out", progress=False)
    (tmp_path / "train" / "digitStruct.mat").write_bytes(b"x" * 5000)
    with pytest.raises(DataError, match=r"train: digitStruct.mat is not a readable MATLAB file"):
        prepared(tmp_path)


def test_every_prepared_photo_has_its_part(tmp_path):
    def lose_one(entries):
        entries[6].png = None

    official.write_split(tmp_path, "train", 12, spoil=lose_one)
    prepare.prepare(tmp_path, "train", tmp_path, progress=False)
    assert write_split_table(tmp_path, tmp_path / "deep" / "split.csv") == {"train": 9, "held_out": 2}
    with (tmp_path / "deep" / "split.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["file", "number", "part"]
    numbers = [1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12]  # not in the order of the archive, 1, 10, 11, ...
    assert rows[1:] == [[f"{n}.png", str(n), "held_out" if n in (5, 10) else "train"] for n in numbers]
    h5py.File(tmp_path / "train_crops.h5", "w").close()
    with pytest.raises(DataError, match="is not a prepared file"):
        write_split_table(tmp_path, tmp_path / "split.csv")
    assert not (tmp_path / "split.csv").exists()
