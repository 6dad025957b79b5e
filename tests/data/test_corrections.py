"""Photos that visitors corrected: what is written is what the project's own readers take, whatever comes together."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import h5py
import numpy as np
import pytest
from helpers import official

from svhn import boxes as bx
from svhn.data import corrections, digitstruct
from svhn.data.annotations import truth_from_record
from svhn.data.archive import DIGITSTRUCT
from svhn.data.corrections import Collection
from svhn.data.prepare import prepare
from svhn.images import open_photo
from svhn.training.train import train
from svhn.utils.errors import DataError

BOX = (20.0, 10.0, 80.0, 40.0)


def photo(seed: int, size: tuple[int, int] = (64, 96)) -> np.ndarray:
    """RGB uint8 (h, w, 3), another one for every seed."""
    return np.random.default_rng(seed).integers(0, 256, (*size, 3), np.uint8)


def records(folder: Path) -> digitstruct.Records:
    return digitstruct.read(folder / "train" / DIGITSTRUCT, progress=False)


@pytest.fixture
def collection(tmp_path: Path) -> Collection:
    return Collection(tmp_path)


def test_what_is_saved_is_read_back(collection: Collection, tmp_path: Path) -> None:
    saved = [collection.save(photo(i), BOX, number) for i, number in enumerate(("7", "204", "98765"))]
    assert [(one.path.name, one.photos, one.known) for one in saved] == [
        ("1.png", 1, False),
        ("2.png", 2, False),
        ("3.png", 3, False),
    ]
    found = records(tmp_path)
    assert [truth_from_record(found[i]).number for i in range(3)] == ["7", "204", "98765"]
    assert [truth_from_record(found[i]).box for i in range(3)] == [pytest.approx(BOX)] * 3
    assert found[1].labels.tolist() == [2, 10, 4]
    np.testing.assert_allclose(found[1].boxes, [(20, 10, 40, 40), (40, 10, 60, 40), (60, 10, 80, 40)])
    for i in range(3):
        np.testing.assert_array_equal(open_photo(tmp_path / "train" / f"{i + 1}.png"), photo(i))


def test_records_are_in_the_form_that_matlab_writes(
    collection: Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for i in range(3):
        collection.save(photo(i), BOX, "128")
    one_by_one, through_h5py = [], digitstruct._record
    monkeypatch.setattr(digitstruct, "_record", lambda file, i: one_by_one.append(i) or through_h5py(file, i))
    assert len(records(tmp_path)) == 3
    assert one_by_one == [0]  # the sample that is read both ways
    assert (tmp_path / "train" / DIGITSTRUCT).read_bytes()[:10] == b"MATLAB 7.3"


def test_prepare_takes_it(collection: Collection, tmp_path: Path) -> None:
    entries = official.entries(6)
    for entry in entries:
        collection.save(entry.photo, tuple(bx.union(bx.from_xywh(entry.boxes))), entry.number)
    summary = prepare(tmp_path, "train", tmp_path / "prepared", progress=False)
    assert (summary.written, summary.skipped.total()) == (6, 0)
    with h5py.File(tmp_path / "prepared" / "train_crops.h5") as crops:
        lengths = crops["length"][:].tolist()
    assert lengths == [len(entry.number) for entry in entries]


def test_too_few_to_train_with_is_told_before_anything_is_made(collection: Collection, tmp_path: Path) -> None:
    for entry in official.entries(4):
        collection.save(entry.photo, tuple(bx.union(bx.from_xywh(entry.boxes))), entry.number)
    prepare(tmp_path, "train", tmp_path / "prepared", progress=False)
    with pytest.raises(DataError, match=r"no photo to measure with.* five photos are the least"):
        train("compact", tmp_path / "prepared", tmp_path / "run", device="cpu")
    assert not (tmp_path / "run").exists()


def test_a_photo_saved_again_gets_the_new_box_and_number(tmp_path: Path) -> None:
    Collection(tmp_path).save(photo(0), BOX, "128")
    collection = Collection(tmp_path)  # the app was started again
    collection.save(photo(1), BOX, "7")
    again = collection.save(photo(0), (10.0, 5.0, 50.0, 30.0), "42")
    assert (again.path.name, again.photos, again.known) == ("1.png", 2, True)
    found = records(tmp_path)
    assert [truth_from_record(found[i]).number for i in range(len(found))] == ["42", "7"]
    assert truth_from_record(found[0]).box == (10, 5, 50, 30)


def test_a_large_photo_is_stored_smaller_and_the_box_fits(
    collection: Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corrections, "MOST_PIXELS", 96 * 64)
    saved = collection.save(photo(0, (128, 192)), (40.0, 20.0, 160.0, 500.0), "12")
    assert open_photo(saved.path).shape == (64, 96, 3)
    assert truth_from_record(records(tmp_path)[0]).box == (20, 10, 80, 64)  # cut to the photo, too


def test_visitors_who_save_at_once_lose_nothing(collection: Collection, tmp_path: Path) -> None:
    start = threading.Barrier(8)

    def visitor(i: int) -> list[str]:
        start.wait()
        return [collection.save(photo(10 * i + k), BOX, f"{10 * i + k}").path.name for k in range(4)]

    with ThreadPoolExecutor(8) as pool:
        names = [name for names in pool.map(visitor, range(8)) for name in names]
    assert sorted(names) == sorted(f"{i}.png" for i in range(1, 33))
    found = records(tmp_path)
    assert len(found) == 32
    for i in range(32):
        seed = int(truth_from_record(found[i]).number)
        np.testing.assert_array_equal(open_photo(tmp_path / "train" / found[i].name), photo(seed))
    assert sorted(path.suffix for path in (tmp_path / "train").iterdir()) == [".mat"] + [".png"] * 32


@pytest.mark.parametrize("number", ["", "12a", "-1", "1 2", "١٢", "1.5", "12345678901"])
def test_what_is_no_number_is_told(collection: Collection, tmp_path: Path, number: str) -> None:
    with pytest.raises(DataError, match="digits"):
        collection.save(photo(0), BOX, number)
    assert len(records(tmp_path)) == 0
    assert [path.name for path in (tmp_path / "train").iterdir()] == [DIGITSTRUCT]


def test_a_full_folder_still_takes_corrections(
    collection: Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corrections, "MOST_PHOTOS", 2)
    for i in range(2):
        collection.save(photo(i), BOX, "1")
    with pytest.raises(DataError, match="the 2 photos that can be kept"):
        collection.save(photo(2), BOX, "1")
    assert collection.save(photo(1), BOX, "2").known
    assert not (tmp_path / "train" / "3.png").exists()
    monkeypatch.setattr(corrections, "MOST_BYTES", 1000)
    with pytest.raises(DataError, match="no more room"):
        collection.save(photo(1), BOX, "3")
    assert truth_from_record(records(tmp_path)[1]).number == "2"


@pytest.mark.parametrize("fails_at", [DIGITSTRUCT, "2.png"])
def test_a_full_disk_is_told_and_leaves_what_was_there(
    collection: Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails_at: str
) -> None:
    collection.save(photo(0), BOX, "128")
    before = (tmp_path / "train" / DIGITSTRUCT).read_bytes()
    write_atomic = corrections.write_atomic

    def write(path: Path, data: bytes) -> None:
        if path.name == fails_at:
            raise OSError(28, "No space left on device")
        write_atomic(path, data)

    monkeypatch.setattr(corrections, "write_atomic", write)
    with pytest.raises(DataError, match="could not be saved: No space left on device"):
        collection.save(photo(1), BOX, "7")
    assert (tmp_path / "train" / DIGITSTRUCT).read_bytes() == before
    monkeypatch.undo()
    assert collection.save(photo(2), BOX, "42").path.name == "2.png"  # over what the failure may have left
    assert [truth_from_record(records(tmp_path)[i]).number for i in range(2)] == ["128", "42"]


@pytest.mark.parametrize("as_tar", [True, False])
def test_another_data_set_is_left_alone(tmp_path: Path, as_tar: bool) -> None:
    official.write_split(tmp_path, "train", 2, as_tar=as_tar)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(DataError, match="not collected here"):
        Collection(tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_folder_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(DataError, match="cannot be collected in"):
        Collection(tmp_path / "file")
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / DIGITSTRUCT).write_bytes(b"damaged")
    with pytest.raises(DataError, match="damaged"):
        Collection(tmp_path)
