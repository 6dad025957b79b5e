from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from helpers import official

from svhn.data import digitstruct
from svhn.data.digitstruct import Records, read
from svhn.utils.errors import DataError


@pytest.fixture
def written(tmp_path: Path) -> tuple[Path, list[official.Entry]]:
    path, entries = tmp_path / "digitStruct.mat", official.entries(40)
    official.write_digitstruct(path, entries)
    return path, entries


def same(records: Records, entries: list[official.Entry]) -> bool:
    return len(records) == len(entries) and all(
        records[i].name == entry.name
        and records[i].labels.tolist() == list(entry.labels)
        and np.array_equal(records.boxes[records.offsets[i] : records.offsets[i + 1]], entry.boxes)
        for i, entry in enumerate(entries)
    )


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The records that were read through h5py."""
    seen, through_h5py = [], digitstruct._record

    def record(file: h5py.File, i: int) -> tuple:
        seen.append(int(i))
        return through_h5py(file, i)

    monkeypatch.setattr(digitstruct, "_record", record)
    return seen


@pytest.mark.parametrize("attributes", [True, False])
def test_official_layout_is_read_through_the_bytes(tmp_path, one_by_one, attributes):
    entries = official.entries(40)
    assert {len(entry.labels) for entry in entries} == {1, 2, 3, 4, 5}
    official.write_digitstruct(tmp_path / "x.mat", entries, attributes=attributes)
    assert same(read(tmp_path / "x.mat"), entries)
    assert one_by_one == [0]  # the sample that is read both ways


def test_several_blocks(written, one_by_one, monkeypatch):
    monkeypatch.setattr(digitstruct, "BLOCK", 7)
    monkeypatch.setattr(digitstruct, "CHECK_EVERY", 10)
    assert same(read(written[0]), written[1])
    assert one_by_one == [0, 10, 20, 30]


def test_newer_hdf5_is_read_through_h5py(tmp_path, one_by_one):
    entries = official.entries(12)
    official.write_digitstruct(tmp_path / "x.mat", entries, libver="latest")
    assert same(read(tmp_path / "x.mat"), entries)
    assert set(one_by_one) == set(range(12))


def test_disagreement_with_h5py_is_found_out(written, monkeypatch):
    def wrong(*args: object) -> tuple:
        names, values, good = through_bytes(*args)
        return names, [v + 1 for v in values], good

    through_bytes = digitstruct._block
    monkeypatch.setattr(digitstruct, "_block", wrong)
    assert same(read(written[0]), written[1])


def test_record_fields(written):
    records = read(written[0])
    record, entry = records[6], written[1][6]
    assert (record.name, record.image_number) == ("7.png", 7)
    assert record.boxes[:, :2].tolist() == entry.boxes[:, :2].tolist()
    assert record.boxes[:, 2:].tolist() == (entry.boxes[:, :2] + entry.boxes[:, 2:]).tolist()
    assert [r.image_number for r in records] == list(range(1, 41))
    for outside in (40, -1):
        with pytest.raises(IndexError):
            records[outside]


@pytest.mark.parametrize("name", ["front.png", "-1.png", "1", "99999999999.png", "1.5.png", "٣.png"])
def test_file_name_without_a_number(tmp_path, name):
    entries = official.entries(2)
    entries[1].name = name
    official.write_digitstruct(tmp_path / "x.mat", entries)
    assert read(tmp_path / "x.mat")[1].image_number is None


def test_odd_numbers_come_as_they_are(tmp_path):
    entries = official.entries(3)
    entries[0].labels[0] = float("nan")
    entries[1].boxes[0] = (-3.5, 1e300, 0, float("inf"))
    official.write_digitstruct(tmp_path / "x.mat", entries)
    records = read(tmp_path / "x.mat")
    assert np.isnan(records[0].labels[0])
    assert records.boxes[records.offsets[1]].tolist() == [-3.5, 1e300, 0, float("inf")]


def _drop_a_field(file: h5py.File, group: h5py.Group) -> None:
    del group["left"]


def _shorten_a_field(file: h5py.File, group: h5py.Group) -> None:
    del group["left"]
    group["left"] = np.zeros((1, 1))


def _null_reference(file: h5py.File, group: h5py.Group) -> None:
    group["left"][0, 0] = h5py.Reference()


def _reference_to_a_group(file: h5py.File, group: h5py.Group) -> None:
    group["left"][0, 0] = group.ref


def _far_too_many(file: h5py.File, group: h5py.Group) -> None:
    for name in digitstruct.FIELDS:
        del group[name]
        group[name] = np.ones((digitstruct.MAX_DIGITS + 1, 1))


def _text_for_numbers(file: h5py.File, group: h5py.Group) -> None:
    del group["label"]
    group["label"] = np.array([[b"one"], [b"two"]])


def _name_too_long(file: h5py.File, group: h5py.Group) -> None:
    file["digitStruct/name"][2, 0] = file["#refs#"].create_dataset("long", data=np.full((300, 1), 49, np.uint16)).ref


def _no_name(file: h5py.File, group: h5py.Group) -> None:
    file["digitStruct/name"][2, 0] = h5py.Reference()


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (_drop_a_field, "its entry is damaged"),
        (_shorten_a_field, "its fields have different numbers of digits"),
        (_null_reference, "its entry is damaged"),
        (_reference_to_a_group, "its entry is damaged"),
        (_far_too_many, "its entry is damaged (101 digits)"),
        (_text_for_numbers, "its entry is damaged"),
        (_name_too_long, "its file name is too long"),
        (_no_name, "its entry is damaged"),
    ],
)
def test_damaged_record_is_a_fault_and_the_others_are_read(tmp_path, damage: Callable, told):
    entries = [entry for entry in official.entries(20) if len(entry.labels) == 2][:5]
    path = tmp_path / "x.mat"
    official.write_digitstruct(path, entries)
    with h5py.File(path, "r+") as file:
        damage(file, file[file["digitStruct/bbox"][2, 0]])
    records = read(path)
    assert list(records.faults) == [2]
    assert records.faults[2].startswith(told)
    assert len(records[2].labels) == 0
    assert [records[i].labels.tolist() for i in (0, 1, 3, 4)] == [entries[i].labels for i in (0, 1, 3, 4)]


def test_values_directly_in_the_field_are_understood(tmp_path):
    """Not what MATLAB writes for several digits, but nothing else can be meant by it."""
    entries = [entry for entry in official.entries(20) if len(entry.labels) == 3][:1]
    path = tmp_path / "x.mat"
    official.write_digitstruct(path, entries)
    with h5py.File(path, "r+") as file:
        group = file[file["digitStruct/bbox"][0, 0]]
        del group["label"]
        group["label"] = np.array(entries[0].labels)[:, None]
    assert same(read(path), entries)


def test_no_records(tmp_path):
    official.write_digitstruct(tmp_path / "x.mat", [])
    assert len(read(tmp_path / "x.mat")) == 0


@pytest.mark.parametrize("share", [0, 0.3, 0.99])
def test_truncated_file(written, share):
    path = written[0]
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(DataError, match=r"digitStruct.mat is no MATLAB file"):
        read(path)


def test_other_hdf5_file(tmp_path):
    with h5py.File(tmp_path / "x.mat", "w") as file:
        file["something"] = 1
    with pytest.raises(DataError, match=r"x.mat is no MATLAB file"):
        read(tmp_path / "x.mat")
    with h5py.File(tmp_path / "y.mat", "w") as file:
        file["digitStruct/name"], file["digitStruct/bbox"] = np.zeros((3, 1)), np.zeros((3, 1))
    with pytest.raises(DataError, match=r"y.mat is not laid out like"):
        read(tmp_path / "y.mat")
    with h5py.File(tmp_path / "y.mat", "w") as file:
        file["digitStruct/name"], file["digitStruct/bbox"] = [[b"1.png"]], np.array([["1"]], h5py.string_dtype())
    with pytest.raises(DataError, match=r"y.mat is not laid out like"):
        read(tmp_path / "y.mat")
    official.write_digitstruct(tmp_path / "x.mat", official.entries(2))
    with h5py.File(tmp_path / "x.mat", "r+") as file:
        del file["digitStruct/name"]
        file.create_dataset("digitStruct/name", (3, 1), h5py.ref_dtype)
    with pytest.raises(DataError, match=r"x.mat is not laid out like"):
        read(tmp_path / "x.mat")
    with h5py.File(tmp_path / "z.mat", "w") as file:
        file.create_group("digitStruct/name")
        file.create_group("digitStruct/bbox")
    with pytest.raises(DataError, match=r"z.mat is no"):
        read(tmp_path / "z.mat")
