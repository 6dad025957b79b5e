from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from svhn.data import hdf5

USERBLOCK = 512


@pytest.fixture
def file(tmp_path: Path) -> tuple[hdf5.Bytes, h5py.File]:
    """A file with one of each kind of object, its bytes and the open file."""
    path = tmp_path / "x.mat"
    with h5py.File(path, "w", userblock_size=USERBLOCK) as made:
        made["number"] = np.array([[2.5]])
        made["column"] = np.arange(5.0)[:, None]
        made["row"] = np.arange(5.0)[None]
        made["matrix"] = np.zeros((2, 3))
        made["flat"] = np.zeros(3)
        made["short"] = np.zeros((1, 1), np.float32)
        made["big_endian"] = np.zeros((1, 1), ">f8")
        made["text"] = np.array([[49], [46]], np.uint16)
        made.create_dataset("chunked", data=np.zeros((4, 1)), chunks=(2, 1))
        made.create_dataset("unwritten", (1, 1), np.float64)
        made.create_dataset("references", (2, 1), h5py.ref_dtype)[:, 0] = [made["number"].ref, made["text"].ref]
        made["pair/a"], made["pair/b"] = np.zeros((1, 1)), np.zeros((1, 1))
        made["triple/a"] = made["triple/b"] = made["triple/c"] = 0
        for i in range(40):  # more than the header has room for: they go to continuation blocks
            made["number"].attrs[f"note {i}"] = "x" * i if i < 20 else i
    with h5py.File(path) as opened:
        yield hdf5.Bytes(np.fromfile(path, np.uint8), USERBLOCK), opened


def addresses(file: h5py.File, *names: str) -> np.ndarray:
    return np.array([h5py.h5o.get_info(file[name].id).addr for name in names])


def test_bytes_outside_the_file_are_zeros():
    data = hdf5.Bytes(np.arange(1, 21, dtype=np.uint8), base=4)
    assert data.take(np.array([0, 14, 15, -1, 10**15]), 2).tolist() == [[5, 6], [19, 20], [0, 0], [0, 0], [0, 0]]
    assert data.integers(np.array([0, 15]), 2).tolist() == [5 + 6 * 256, 0]
    assert data.equal(np.array([0, 1]), b"\x05\x06").tolist() == [True, False]


def test_datasets_that_are_understood(file):
    data, opened = file
    found = hdf5.datasets(data, addresses(opened, "number", "column", "row", "text", "references"))
    assert found.count.tolist() == [1, 5, 5, 2, 2]
    assert found.is_float.tolist() == [True, True, True, False, False]
    assert found.is_text.tolist() == [False, False, False, True, False]
    assert found.is_reference.tolist() == [False, False, False, False, True]
    assert data.take(found.address[:1], 8).view("<f8").item() == 2.5
    assert data.take(found.address[1:3], 40).view("<f8").tolist() == [[0, 1, 2, 3, 4]] * 2
    referred = data.integers(found.address[4] + np.array([0, 8]), 8)
    assert referred.tolist() == addresses(opened, "number", "text").tolist()


@pytest.mark.parametrize("name", ["matrix", "flat", "short", "big_endian", "chunked", "unwritten", "pair"])
def test_datasets_that_are_left_to_h5py(file, name):
    data, opened = file
    assert hdf5.datasets(data, addresses(opened, name)).count.tolist() == [0]


def test_addresses_that_lead_nowhere(file):
    data, _ = file
    nowhere = np.array([-1, 0, 3, len(data.data), 2**62])
    assert not hdf5.datasets(data, nowhere).count.any()
    assert not hdf5.children(data, nowhere, ("a", "b"))[1].any()


def test_children_of_a_group(file):
    data, opened = file
    members, understood = hdf5.children(data, addresses(opened, "pair", "triple", "number"), ("a", "b"))
    assert understood.tolist() == [True, False, False]  # the triple has more, and the number is no group
    assert members[0].tolist() == addresses(opened, "pair/a", "pair/b").tolist()
    assert not hdf5.children(data, addresses(opened, "pair"), ("a", "c"))[1].any()
