import h5py
import numpy as np
import pytest
from helpers.full_disk import full_disk

from svhn.data.h5_writer import Column, Table, create_h5


def write(path, rows):
    with create_h5(path) as file:
        table, rng = Table(file, {"images": Column((3, 32, 32), "uint8", 4)}), np.random.default_rng(0)
        for _ in range(rows):
            table.append(images=rng.integers(0, 256, (3, 32, 32), np.uint8))
        table.flush()


@pytest.mark.parametrize("rows", [40, 1000])  # seen at the end, or on the way
def test_a_full_disk_is_an_error_that_the_process_survives(tmp_path, rows):
    with full_disk(), pytest.raises(OSError, match="large"):
        write(tmp_path / "a.h5", rows)
    write(tmp_path / "a.h5", 1)


def test_damage_is_noticed_wherever_it_strikes(tmp_path):
    write(path := tmp_path / "a.h5", 21)
    with h5py.File(path) as file:
        images = file["images"][:]
    assert images.shape == (21, 3, 32, 32)
    data, noticed = path.read_bytes(), 0
    for place in np.random.default_rng(0).integers(0, len(data), 100):
        path.write_bytes(data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :])
        try:
            with h5py.File(path) as file:
                assert np.array_equal(file["images"][:], images)
        except (OSError, KeyError):  # of which `datasets` makes one sentence
            noticed += 1
    assert noticed > 80
