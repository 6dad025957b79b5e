from pathlib import Path

import cv2
import h5py
import numpy as np
import pytest
import torch
from helpers import official

from svhn import labels
from svhn.data import prepare
from svhn.utils.errors import DataError

Rows = dict[str, np.ndarray]  # column -> (N, ...)


def prepared(folder: Path, split: str = "train") -> tuple[prepare.Summary, Rows, Rows]:
    """Summary, crops and scenes of the split in `folder`."""
    out = folder / "prepared"
    summary = prepare.prepare(folder, split, out, progress=False)
    names = [f"{split}_{kind}" for kind in ("crops.h5", "records.npz", "scenes.h5")]
    assert sorted(path.name for path in out.iterdir()) == names
    return summary, *(rows(out / f"{split}_{kind}.h5") for kind in ("crops", "scenes"))


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


@pytest.mark.parametrize("as_tar", [True, False])
def test_every_record_is_written_with_its_number(tmp_path, as_tar):
    written = official.write_split(tmp_path, "train", 70, as_tar=as_tar)  # more than one block of rows
    summary, crops, scenes = prepared(tmp_path)
    assert (summary.records, summary.written, summary.skipped.total()) == (70, 70, 0)
    assert len(crops["number"]) == len(scenes["number"]) == 70
    truth = {int(entry.name[:-4]): entry.number for entry in written}
    assert numbers(crops) == truth
    assert dict(zip(scenes["number"].tolist(), scenes["length"].tolist(), strict=True)) == {
        image: len(number) for image, number in truth.items()
    }


def test_columns_have_the_agreed_shapes_and_types(tmp_path):
    official.write_split(tmp_path, "test", 3)
    _, crops, scenes = prepared(tmp_path, "test")
    common = {
        "box": ((3, 4), "f4"),
        "digit_boxes": ((3, 5, 4), "f4"),
        "digits": ((3, 5), "u1"),
        "length": ((3,), "u1"),
        "number": ((3,), "i4"),
    }
    assert {name: (a.shape, a.dtype.str[1:]) for name, a in crops.items()} == {
        "images": ((3, 3, 96, 96), "u1"),
        "aspect": ((3,), "f4"),
        **common,
    }
    assert {name: (a.shape, a.dtype.str[1:]) for name, a in scenes.items()} == {
        "images": ((3, 3, 256, 256), "u1"),
        "size": ((3, 2), "i4"),
        "scale": ((3,), "f4"),
        **common,
    }
    with h5py.File(tmp_path / "prepared" / "test_crops.h5") as file:
        attributes = {"format_version": 2, "split": "test", "source": "test.tar.gz", "margin": 0.5, "size": 96}
        assert dict(file.attrs) == attributes | {"stamp": file.attrs["stamp"]}


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


def test_scene_is_black_beyond_the_photo(tmp_path):
    official.write_split(tmp_path, "train", 8)
    _, _, scenes = prepared(tmp_path)
    for image, (height, width) in zip(scenes["images"], scenes["size"], strict=True):
        assert image[:, :height, :width].any()
        assert not image[:, height:].any()
        assert not image[:, :, width:].any()


def test_digits_are_stored_in_reading_order_and_ten_is_zero(tmp_path):
    shuffled = marked([(80, 20, 15, 30), (20, 22, 15, 30), (50, 21, 15, 30)])
    column = marked([(21, 55, 15, 30), (20, 5, 15, 30)])
    column.labels[1] = 10.0  # the official zero
    write(tmp_path, shuffled, column)
    _, crops, scenes = prepared(tmp_path)
    assert numbers(crops) == {1: "231", 2: "01"}
    assert scenes["digit_boxes"][0, :3, 0].tolist() == [20, 50, 80]
    assert scenes["digit_boxes"][1, :2, 1].tolist() == [5, 55]
    assert np.isnan(scenes["digit_boxes"][0, 3:]).all()
    assert np.isnan(crops["digit_boxes"][1, 2:]).all()
    assert crops["digits"].tolist() == [[2, 3, 1, 10, 10], [0, 1, 10, 10, 10]]


def test_more_than_five_digits_are_kept_and_counted(tmp_path):
    write(tmp_path, marked([(5 + 20 * i, 20, 15, 30) for i in range(7)]))
    summary, crops, scenes = prepared(tmp_path)
    assert summary.noted["more than five digits"] == 1
    assert crops["length"].tolist() == scenes["length"].tolist() == [labels.TOO_LONG]
    assert crops["digits"].tolist() == [[1, 2, 3, 4, 5]]
    assert scenes["digit_boxes"][0, :, 0].tolist() == [5, 25, 45, 65, 85]
    assert scenes["box"][0].tolist() == [5, 20, 140, 50]  # of all seven


def test_box_partly_outside_is_clipped_and_counted(tmp_path):
    write(tmp_path, marked([(-4, 20, 15, 30), (130, -7, 30, 120)]), marked([(0, 0, 150, 90)]))
    summary, _, scenes = prepared(tmp_path)
    assert summary.written == 2
    assert summary.noted == {"box partly outside the photo, clipped": 1}
    assert summary.problems == ["train.tar.gz, record 1, 1.png: box partly outside the photo, clipped"]
    assert scenes["digit_boxes"][0, :2].tolist() == [[0, 20, 11, 50], [130, 0, 150, 90]]


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


def test_same_input_same_rows_from_folder_and_archive(tmp_path):
    for name, as_tar in (("tar", True), ("again", True), ("dir", False)):
        official.write_split(tmp_path / name, "train", 12, as_tar=as_tar)
        prepared(tmp_path / name)
    for kind in ("crops", "scenes"):
        one, two, folder = (rows(tmp_path / name / "prepared" / f"train_{kind}.h5") for name in ("tar", "again", "dir"))
        for column, values in one.items():
            np.testing.assert_array_equal(values, two[column])
            order = one["number"].argsort(), folder["number"].argsort()
            np.testing.assert_array_equal(values[order[0]], folder[column][order[1]])


def test_threads_are_given_back(tmp_path):
    official.write_split(tmp_path, "train", 2)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        prepared(tmp_path)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
