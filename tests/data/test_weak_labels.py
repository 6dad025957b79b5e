import tarfile

import h5py
import numpy as np
import pytest
import torch
from helpers import official
from helpers.stand_ins import reading_of
from PIL import Image

from svhn.data.backgrounds import background_paths, empty_scenes, load_backgrounds
from svhn.data.negatives import prepare_negatives
from svhn.data.save_corrections import Collection
from svhn.data.weak_labels import prepare_weak
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


def test_a_second_round_takes_better_boxes_and_leaves_doubtful_labels_out(weak, tmp_path):
    by_colour = {  # the pictures are 50, 100 and 150: labelled 42, 7 without a box, and 128
        50: [reading_of("42", 0.6, (12, 6, 28, 24))],
        100: [reading_of("99", 0.5, (0, 0, 9, 9)), reading_of("7", 0.9, (20, 10, 30, 30))],
        150: [reading_of("28", 0.95, (20, 0, 60, 40))],
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


def test_every_picture_gives_its_middle_square_in_the_order_of_the_paths_but_every_fifth_is_held_out(tmp_path):
    (tmp_path / "sub").mkdir()
    wide = np.zeros((40, 120, 3), np.uint8)
    wide[:, 40:80] = (200, 100, 50)
    Image.fromarray(wide).save(tmp_path / "sub" / "b.png")
    for name in ("a.jpg", "005.jpg", "10.png"):
        Image.fromarray(np.full((90, 30), 128, np.uint8)).save(tmp_path / name)
    assert [path.name for path in background_paths(tmp_path)] == ["a.jpg", "b.png"]
    assert [path.name for path in background_paths(tmp_path, held_out=True)] == ["005.jpg", "10.png"]
    pictures = load_backgrounds(tmp_path)
    assert (pictures.shape, pictures.dtype) == ((2, 3, 256, 256), torch.uint8)
    assert pictures[0].float().mean().item() == pytest.approx(128, abs=2)
    assert pictures[1].float().mean((1, 2)).tolist() == pytest.approx([200, 100, 50], abs=2)


def test_a_folder_without_pictures_or_with_a_broken_one_is_reported(tmp_path):
    with pytest.raises(DataError, match="holds no"):
        load_backgrounds(tmp_path)
    (tmp_path / "broken.jpg").write_bytes(b"not a picture")
    with pytest.raises(DataError, match=r"broken\.jpg is not a picture"):
        load_backgrounds(tmp_path)


def test_empty_scenes_show_every_picture_whole_and_its_quarters(tmp_path):
    picture = np.zeros((60, 120, 3), np.uint8)
    picture[:30, 60:] = 200
    Image.fromarray(picture).save(tmp_path / "a.png")
    scenes = empty_scenes(tmp_path)
    assert scenes.size.tolist() == [[128, 256]] * 5
    assert scenes.box.isnan().all()
    assert scenes.digit_box.isnan().all()
    means = [image[:, :128].float().mean().item() for image in scenes.images]
    assert means == pytest.approx([50, 0, 200, 0, 0], abs=2)
