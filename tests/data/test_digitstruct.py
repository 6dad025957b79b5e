import h5py
import numpy as np
import pytest
from helpers import official

from svhn import boxes
from svhn.data import digitstruct
from svhn.data.archive import open_split
from svhn.data.digitstruct import FIELDS, MAX_DIGITS, Records, read, read_split
from svhn.utils.errors import DataError


def contents(records: Records) -> list[tuple[str, list, list]]:
    return [(record.name, record.labels.tolist(), record.boxes.tolist()) for record in records]


@pytest.mark.parametrize("layout", [{}, {"attributes": False}, {"libver": "latest"}])
def test_names_labels_and_boxes_of_every_record(tmp_path, layout):
    entries = official.entries(40)
    assert {len(entry.labels) for entry in entries} == {1, 2, 3, 4, 5}
    official.write_digitstruct(tmp_path / "x.mat", entries, **layout)
    records = read(tmp_path / "x.mat")
    assert contents(records) == [(e.name, e.labels, boxes.from_xywh(e.boxes).tolist()) for e in entries]
    assert [record.image_number for record in records] == list(range(1, 41))
    for outside in (40, -1):
        with pytest.raises(IndexError):
            records[outside]


def test_file_names_without_a_number(tmp_path):
    entries = official.entries(6)
    for entry, name in zip(entries, ("front.png", "-1.png", "1", "99999999999.png", "1.5.png", "٣.png"), strict=True):
        entry.name = name
    official.write_digitstruct(tmp_path / "x.mat", entries)
    assert [record.image_number for record in read(tmp_path / "x.mat")] == [None] * 6


def test_odd_numbers_come_as_they_are_also_directly_in_the_field(tmp_path):
    entries = [entry for entry in official.entries(40) if len(entry.labels) == 3][:2]
    entries[0].labels[0] = float("nan")
    entries[1].boxes[0] = (-3, 1e300, 0, float("inf"))
    official.write_digitstruct(tmp_path / "x.mat", entries)
    with h5py.File(tmp_path / "x.mat", "r+") as file:  # not what MATLAB writes for several digits
        _set(file[file["digitStruct/bbox"][1, 0]], "label", np.array(entries[1].labels)[:, None])
    records = read(tmp_path / "x.mat")
    assert np.isnan(records[0].labels[0])
    assert records.boxes[records.offsets[1]].tolist() == [-3, 1e300, 0, float("inf")]
    assert records[1].labels.tolist() == entries[1].labels


def test_a_box_in_fractions_of_pixels_is_damaged_unless_all_are(tmp_path):
    entries = official.entries(4)
    entries[2].boxes[-1, 1] += 2.0**-20
    official.write_digitstruct(tmp_path / "x.mat", entries)
    assert list(read(tmp_path / "x.mat").faults) == [2]
    for entry in entries:
        entry.boxes = entry.boxes + 0.25
    official.write_digitstruct(tmp_path / "x.mat", entries)
    assert read(tmp_path / "x.mat").faults == {}


def _set(group: h5py.Group, field: str, values: np.ndarray | None) -> None:
    del group[field]
    if values is not None:
        group[field] = values


def _long_name(file: h5py.File) -> h5py.Reference:
    return file["#refs#"].create_dataset("long", data=np.full((300, 1), 49, np.uint16)).ref


@pytest.mark.parametrize(
    ("damage", "name"),
    [
        (lambda file, group: _set(group, "left", None), True),
        (lambda file, group: _set(group, "left", np.zeros((1, 1))), True),
        (lambda file, group: group["left"].__setitem__((0, 0), h5py.Reference()), True),
        (lambda file, group: group["left"].__setitem__((0, 0), group.ref), True),
        (lambda file, group: [_set(group, field, np.ones((MAX_DIGITS + 1, 1))) for field in FIELDS], True),
        (lambda file, group: _set(group, "label", np.array([[b"one"], [b"two"]])), True),
        (lambda file, group: file["digitStruct/name"].__setitem__((2, 0), _long_name(file)), False),
        (lambda file, group: file["digitStruct/name"].__setitem__((2, 0), h5py.Reference()), False),
    ],
)
def test_damaged_record_is_a_fault_and_the_others_are_read(tmp_path, damage, name):
    entries = [entry for entry in official.entries(20) if len(entry.labels) == 2][:5]
    path = tmp_path / "x.mat"
    official.write_digitstruct(path, entries)
    with h5py.File(path, "r+") as file:
        damage(file, file[file["digitStruct/bbox"][2, 0]])
    records = read(path)
    assert list(records.faults) == [2]
    assert records.faults[2].startswith("its entry is damaged (")
    assert (records[2].name, len(records[2].labels)) == (entries[2].name if name else "", 0)
    assert [records[i].labels.tolist() for i in (0, 1, 3, 4)] == [entries[i].labels for i in (0, 1, 3, 4)]


def test_records_are_parsed_once_until_the_split_changes(tmp_path, monkeypatch):
    def spoil(entries: list[official.Entry]) -> None:
        entries[1].labels.append(3.0)

    official.write_split(tmp_path, "train", 4, as_tar=False, spoil=spoil)
    parsed = []
    monkeypatch.setattr(digitstruct, "read", lambda *given: parsed.append(given) or read(*given))
    source, cache = open_split(tmp_path, "train"), tmp_path / "train_records.npz"
    first = read_split(source, tmp_path)
    assert list(first.faults) == [1]
    for times in (1, 2):
        again = read_split(source, tmp_path)
        assert (contents(again), again.faults, len(parsed)) == (contents(first), first.faults, times)
        cache.write_bytes(cache.read_bytes()[:100])
    official.write_digitstruct(source.path / "digitStruct.mat", official.entries(2))
    assert len(read_split(source, tmp_path)) == 2
    assert len(parsed) == 3


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"something": 1}, "is not a readable MATLAB file"),
        ({"digitStruct/name": np.zeros((3, 1)), "digitStruct/bbox": np.zeros((3, 1))}, "is not laid out like"),
        ({"digitStruct/name": [[b"1"]], "digitStruct/bbox": np.array([["1"]], h5py.string_dtype())}, "is not laid out"),
        ({"digitStruct/name/x": 1, "digitStruct/bbox/x": 1}, "is not"),
    ],
    ids=["something else", "numbers", "texts", "groups"],
)
def test_other_hdf5_file(tmp_path, content, reason):
    with h5py.File(tmp_path / "x.mat", "w") as file:
        for name, values in content.items():
            file[name] = values
    with pytest.raises(DataError, match=f"x.mat {reason}"):
        read(tmp_path / "x.mat")


def test_truncated_file_or_more_names_than_records(tmp_path):
    official.write_digitstruct(tmp_path / "x.mat", official.entries(2))
    whole = (tmp_path / "x.mat").read_bytes()
    for share in (0, 0.3, 0.99):
        (tmp_path / "cut.mat").write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(DataError, match=r"cut.mat is not a readable MATLAB file"):
            read(tmp_path / "cut.mat")
    with h5py.File(tmp_path / "x.mat", "r+") as file:
        del file["digitStruct/name"]
        file.create_dataset("digitStruct/name", (3, 1), h5py.ref_dtype)
    with pytest.raises(DataError, match=r"x.mat is not laid out like"):
        read(tmp_path / "x.mat")
