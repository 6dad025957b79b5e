import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from svhn.data import save_corrections
from svhn.data.annotations import Truth, read_labels
from svhn.data.save_corrections import LABELS, Collection
from svhn.images.decode import open_photo
from svhn.utils.errors import DataError

BOX = (20.0, 10.0, 80.0, 40.0)


def photo(seed: int, size: tuple[int, int] = (64, 96)) -> np.ndarray:
    """RGB uint8 (h, w, 3), another one for every seed."""
    return np.random.default_rng(seed).integers(0, 256, (*size, 3), np.uint8)


def truths(folder: Path) -> list[Truth]:
    return [sample.truth for sample in read_labels(folder)]


@pytest.fixture
def collection(tmp_path) -> Collection:
    return Collection(tmp_path)


def test_what_is_saved_is_read_back_a_large_photo_smaller_and_one_saved_again_changed(
    collection, tmp_path, monkeypatch
):
    saved = [collection.save(photo(i), BOX, number) for i, number in enumerate(("7", "9876543210"))]
    assert [(one.path.name, one.photos, one.known) for one in saved] == [("1.png", 1, False), ("2.png", 2, False)]
    assert truths(tmp_path) == [Truth("7", BOX), Truth("9876543210", BOX)]
    for i, sample in enumerate(read_labels(tmp_path)):
        np.testing.assert_array_equal(open_photo(sample.path), photo(i))
    monkeypatch.setattr(save_corrections, "MAX_PIXELS", 96 * 64)
    large = collection.save(photo(0, (128, 192)), (40.0, 20.0, 160.0, 500.0), "12")
    assert open_photo(large.path).shape == (64, 96, 3)
    assert truths(tmp_path)[-1] == Truth("12", (20, 10, 80, 64))  # clipped to the photo, too
    restarted = Collection(tmp_path)
    again = restarted.save(photo(0), (10.0, 5.0, 50.0, 30.0), "42")
    assert (again.path.name, again.photos, again.known) == ("1.png", 3, True)
    assert truths(tmp_path)[0] == Truth("42", (10, 5, 50, 30))


def test_visitors_who_save_at_once_lose_nothing(collection, tmp_path):
    start = threading.Barrier(4)

    def visitor(i: int) -> list[str]:
        start.wait()
        return [collection.save(photo(10 * i + k), BOX, f"{10 * i + k}").path.name for k in range(4)]

    with ThreadPoolExecutor(4) as pool:
        names = [name for names in pool.map(visitor, range(4)) for name in names]
    assert sorted(names) == sorted(f"{i}.png" for i in range(1, 17))
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([LABELS, *names])
    for sample in read_labels(tmp_path):
        np.testing.assert_array_equal(open_photo(sample.path), photo(int(sample.truth.number)))


def test_what_cannot_be_used_is_refused(collection, tmp_path):
    for number in ("", "12a", "-1", "1 2", "١٢", "1.5", "12345678901"):
        with pytest.raises(DataError, match="digits"):
            collection.save(photo(0), BOX, number)
    with pytest.raises(DataError, match="outside"):
        collection.save(photo(0), (100.0, 10.0, 120.0, 40.0), "12")
    assert truths(tmp_path) == []
    assert [path.name for path in tmp_path.iterdir()] == [LABELS]


@pytest.mark.parametrize(("limit", "of_a_photo"), [("MAX_PHOTOS", 2), ("MAX_BYTES", None)])
def test_a_full_folder_still_takes_corrections(collection, tmp_path, monkeypatch, limit, of_a_photo):
    size = sum(collection.save(photo(i), BOX, "1").path.stat().st_size for i in range(2))
    monkeypatch.setattr(save_corrections, limit, of_a_photo or round(size * 1.2))
    with pytest.raises(DataError, match="no room"):
        collection.save(photo(2), BOX, "1")
    assert collection.save(photo(1), BOX, "2").known
    assert not (tmp_path / "3.png").exists()
    assert [truth.number for truth in truths(tmp_path)] == ["1", "2"]


@pytest.mark.parametrize("fails_at", [LABELS, "2.png"])
def test_a_full_disk_keeps_what_was_there(collection, tmp_path, monkeypatch, fails_at):
    collection.save(photo(0), BOX, "128")
    before = (tmp_path / LABELS).read_bytes()
    write_atomic = save_corrections.write_atomic

    def write(path: Path, data: bytes) -> None:
        if path.name == fails_at:
            raise OSError(28, "No space left on device")
        write_atomic(path, data)

    monkeypatch.setattr(save_corrections, "write_atomic", write)
    with pytest.raises(DataError, match="could not be saved: No space left on device"):
        collection.save(photo(1), BOX, "7")
    assert (tmp_path / LABELS).read_bytes() == before
    monkeypatch.undo()
    assert collection.save(photo(2), BOX, "42").path.name == "2.png"  # over what the failure may have left
    assert [truth.number for truth in truths(tmp_path)] == ["128", "42"]


@pytest.mark.parametrize(
    ("name", "content"), [(LABELS, b"file,number\n1.png,7\n"), (LABELS, b"\xff\xfe damaged"), ("1.png", b"a photo")]
)
def test_other_photos_are_left_alone_and_a_file_is_no_folder(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match="choose another folder"):
        Collection(tmp_path)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [(name, content)]
    with pytest.raises(DataError, match="cannot be collected in"):
        Collection(tmp_path / name)
