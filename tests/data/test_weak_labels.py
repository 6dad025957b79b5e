import tarfile

import h5py
import numpy as np
import pytest
from helpers import official
from PIL import Image

from svhn.data.negatives import prepare_negatives
from svhn.data.save_corrections import Collection
from svhn.data.weak_labels import prepare_weak
from svhn.labels import encode
from svhn.reading import Reading
from svhn.utils.errors import DataError

LABELS = """file,number,grade,x1,y1,x2,y2
000001.png,42,eye,10,5,30,25
000002.png,7,eye,,,,
000003.png,128,two-models,0,0,60,40
lost.png,9,eye,1,1,5,5
"""


@pytest.fixture(params=["archive", "folder"])
def weak(tmp_path, request):
    folder = tmp_path / "weak"
    folder.mkdir()
    (folder / "labels.csv").write_text(LABELS)
    pictures = {f"{i:06d}.png": official.png(np.full((40, 60, 3), 50 * i, np.uint8)) for i in (1, 2, 3)}
    pictures["000004.png"] = b"nobody asked for this one"
    for name, data in pictures.items():
        (folder / name).write_bytes(data)
    if request.param == "archive":
        with tarfile.open(folder / "images.tar.gz", "w:gz") as tar:
            for name in pictures:
                tar.add(folder / name, f"images/{name}")
                (folder / name).unlink()
    return folder


def test_photos_with_a_proposed_box_become_rows_without_digit_boxes(weak, tmp_path):
    Collection(tmp_path / "corrected").save(np.full((40, 60, 3), 200, np.uint8), (10, 5, 30, 25), "305")
    counts = prepare_weak([weak, tmp_path / "corrected"], tmp_path / "out", progress=False)
    assert (counts["written"], counts["no box"], counts["no picture"]) == (3, 1, 1)
    with h5py.File(tmp_path / "out" / "weak_scenes.h5") as file:
        assert file["number"][:2].tolist() == [1, 3]
        assert file["length"][:].tolist() == [2, 3, 3]
        assert file["digits"][:].tolist() == [[4, 2, 10, 10, 10], [1, 2, 8, 10, 10], [3, 0, 5, 10, 10]]
        assert file["box"][0].tolist() == [10, 5, 30, 25]
        assert np.isnan(file["digit_boxes"][:]).all()
    with h5py.File(tmp_path / "out" / "weak_crops.h5") as file:
        assert file["images"].shape == (3, 3, 96, 96)
        assert file["images"][:].mean((1, 2, 3)) == pytest.approx([50, 150, 200], abs=1)


def test_a_list_that_gives_nothing_leaves_nothing_behind(weak, tmp_path):
    (weak / "labels.csv").write_text("file,number\n000002.png,7\n")
    with pytest.raises(DataError, match="could be used"):
        prepare_weak([weak], tmp_path / "out", progress=False)
    assert list((tmp_path / "out").iterdir()) == []


def _reading(number: str, confidence: float, box: tuple) -> Reading:
    digits, length = encode(number)
    probs = np.eye(11)[digits], np.eye(7)[length]
    return Reading(number, confidence, box, np.zeros((4, 4, 3), np.uint8), *probs, {})


def test_a_second_round_takes_better_boxes_and_leaves_doubtful_labels_out(weak, tmp_path):
    by_colour = {  # the pictures are 50, 100 and 150: labelled 42, 7 without a box, and 128
        50: [_reading("42", 0.6, (12, 6, 28, 24))],
        100: [_reading("99", 0.5, (0, 0, 9, 9)), _reading("7", 0.9, (20, 10, 30, 30))],
        150: [_reading("28", 0.95, (20, 0, 60, 40))],
    }
    counts = prepare_weak([weak], tmp_path / "out", lambda photo: by_colour[photo[0, 0, 0]], progress=False)
    assert (counts["written"], counts["surely read otherwise"]) == (2, 1)
    with h5py.File(tmp_path / "out" / "weak_scenes.h5") as file:
        assert file["number"][:].tolist() == [1, 2]
        assert file["box"][:].tolist() == [[12, 6, 28, 24], [20, 10, 30, 30]]


def test_negatives_are_cut_where_a_localizer_finds_something_and_elsewhere(tmp_path):
    folder = tmp_path / "streets"
    folder.mkdir()
    picture = np.full((120, 160, 3), 40, np.uint8)
    picture[30:60, 40:100] = 220
    for name in ("1", "5", "wall"):  # 5 is held out
        Image.fromarray(picture).save(folder / f"{name}.png")
    written = prepare_negatives(folder, tmp_path, lambda _: [(40.0, 30.0, 100.0, 60.0)], progress=False)
    with h5py.File(tmp_path / "negative_crops.h5") as file:
        assert written == len(file["images"]) == 2 * (1 + 4)
        assert not file["length"][:].any()
        assert (file["digits"][:] == 10).all()
        x1, y1, x2, y2 = file["box"][0].astype(int)
        assert file["images"][0][:, y1:y2, x1:x2].mean() == pytest.approx(220, abs=3)
