import csv

import h5py
import pytest
from helpers import official

from svhn.data.prepare import prepare
from svhn.data.split import write_split_table
from svhn.utils.errors import DataError


def test_every_prepared_photo_has_its_part(tmp_path):
    def lose_one(entries):
        entries[6].png = None

    official.write_split(tmp_path, "train", 12, spoil=lose_one)
    prepare(tmp_path, "train", tmp_path, progress=False)
    assert write_split_table(tmp_path, tmp_path / "deep" / "split.csv") == {"train": 9, "held_out": 2}
    with (tmp_path / "deep" / "split.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["file", "number", "part"]
    numbers = [1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12]  # not in the order of the archive, 1, 10, 11, ...
    assert rows[1:] == [[f"{n}.png", str(n), "held_out" if n in (5, 10) else "train"] for n in numbers]


def test_nothing_is_written_without_prepared_photos_or_a_place(tmp_path):
    out, prepared = tmp_path / "split.csv", tmp_path / "train_crops.h5"
    with pytest.raises(DataError, match=r"holds no train_crops\.h5; make it with"):
        write_split_table(tmp_path, out)
    prepared.write_bytes(b"no HDF5")
    with pytest.raises(DataError, match="is not a prepared file"):
        write_split_table(tmp_path, out)
    h5py.File(prepared, "w").close()
    with pytest.raises(DataError, match="is not a prepared file"):
        write_split_table(tmp_path, out)
    assert not out.exists()
    with h5py.File(prepared, "w") as file:
        file["number"] = [1, 5]
    with pytest.raises(DataError, match="cannot be written"):
        write_split_table(tmp_path, prepared / "split.csv")
