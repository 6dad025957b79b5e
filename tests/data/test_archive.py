import os
import shutil
import tarfile
from pathlib import Path

import h5py
import pytest
from helpers import official

from svhn.data import archive
from svhn.data.archive import open_split
from svhn.utils.errors import DataError


def names(split: archive.Split) -> list[str]:
    return [name for name, _ in split.photos()]


def read_all(folder: Path) -> None:
    """What prepare does with a split."""
    split = open_split(folder, "train")
    with split.digitstruct(progress=False) as path:
        assert path.stat().st_size
    assert names(split)


@pytest.mark.parametrize("as_tar", [True, False])
def test_photos_and_digitstruct_as_they_were_written(tmp_path, as_tar):
    written = official.write_split(tmp_path, "test", 12, as_tar=as_tar)
    before = sorted(tmp_path.rglob("*"))
    split = open_split(tmp_path, "test")
    assert dict(split.photos()) == {entry.name: entry.png for entry in written}
    with split.digitstruct() as path, h5py.File(path) as file:
        assert file["digitStruct/name"].shape == (12, 1)
    assert sorted(tmp_path.rglob("*")) == before  # the folder may be read-only
    assert path.exists() == (not as_tar)  # the copy from the archive is gone


def test_order_is_the_archives_or_by_number_and_a_folder_is_preferred(tmp_path):
    litter = [("train/._1.png", b"a Mac's"), ("train/readme.txt", b"hello")]
    official.write_split(tmp_path, "train", 11, members=litter)
    assert names(open_split(tmp_path, "train")) == sorted(f"{i}.png" for i in range(1, 12))
    official.write_split(tmp_path / "other", "train", 11, as_tar=False)
    (tmp_path / "other" / "train" / "sketch.png").write_bytes(b"")
    (tmp_path / "other" / "train").rename(tmp_path / "train")
    assert names(open_split(tmp_path, "train")) == [f"{i}.png" for i in range(1, 12)] + ["sketch.png"]


def test_digitstruct_may_be_anywhere(tmp_path):
    official.write_split(tmp_path, "train", 3, as_tar=False)
    root = tmp_path / "train"
    with tarfile.open(tmp_path / "train.tar.gz", "w:gz") as tar:
        for path in sorted(root.iterdir(), reverse=True):  # see_bboxes.m, digitStruct.mat, the photos
            folder = "elsewhere/train" if path.name == "digitStruct.mat" else "train"
            tar.add(path, f"{folder}/{path.name}")
            path.unlink()
    root.rmdir()
    read_all(tmp_path)


def test_no_split_of_that_name_or_nothing_there(tmp_path):
    with pytest.raises(DataError, match="no split 'val'; choose one of train, test, extra"):
        open_split(tmp_path, "val")
    with pytest.raises(DataError, match=r"neither train.tar.gz nor a folder train.*download"):
        open_split(tmp_path, "train")


@pytest.mark.parametrize("as_tar", [True, False])
def test_without_digitstruct(tmp_path, as_tar):
    official.write_split(tmp_path, "train", 2, as_tar=False)
    (tmp_path / "train" / "digitStruct.mat").unlink()
    if as_tar:
        with tarfile.open(tmp_path / "train.tar.gz", "w:gz") as tar:
            tar.add(tmp_path / "train", "train")
        shutil.rmtree(tmp_path / "train")
    with pytest.raises(DataError, match=r"holds no digitStruct.mat"), open_split(tmp_path, "train").digitstruct():
        pass


def _flip_a_byte(data: bytes) -> bytes:
    at = len(data) * 3 // 4
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]


@pytest.mark.parametrize(
    ("damage", "place"),
    [(lambda data, share=share: data[: int(share * len(data))], "") for share in (0, 0.01, 0.6, 0.999)]
    + [
        (lambda data: data[:-8], ""),  # all members are there; only gzip's checksum is missing
        (_flip_a_byte, r"train/\w+"),
        (lambda data: b"<html>Please log in</html>", "its start"),
    ],
)
def test_damaged_archive(tmp_path, damage, place):
    official.write_split(tmp_path, "train", 5)
    path = tmp_path / "train.tar.gz"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError, match=rf"train.tar.gz .*truncated or damaged at or after {place}"):
        read_all(tmp_path)


@pytest.mark.parametrize("name", ["../3.png", "train/../../3.png", "/3.png", "train\\..\\..\\3.png"])
def test_member_that_leaves_the_folder(tmp_path, name):
    official.write_split(tmp_path, "train", 2, members=[(name, b"x")])
    with pytest.raises(DataError, match=r"train.tar.gz: the member .*3.png.* leads out of the folder"):
        read_all(tmp_path)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_member_that_is_no_file(tmp_path, kind):
    link = tarfile.TarInfo("train/3.png")
    link.type, link.linkname = kind, "1.png"
    official.write_split(tmp_path, "train", 2, members=[link])
    with pytest.raises(DataError, match=r"train.tar.gz: the member 'train/3.png' is a link or device"):
        read_all(tmp_path)


@pytest.mark.parametrize("make", [lambda path: path.symlink_to(__file__), os.mkfifo], ids=["link out", "pipe"])
def test_folder_with_a_link_that_leads_out_or_a_pipe(tmp_path, make):
    official.write_split(tmp_path, "train", 2, as_tar=False)
    make(tmp_path / "train" / "3.png")
    with pytest.raises(DataError, match=r"3.png is not a plain file inside the folder"):
        read_all(tmp_path)


@pytest.mark.parametrize("as_tar", [True, False])
def test_bytes_are_bounded(tmp_path, monkeypatch, as_tar):
    monkeypatch.setattr(archive, "MAX_BYTES", 100)
    official.write_split(tmp_path, "train", 2, as_tar=as_tar)
    assert [len(data) for _, data in open_split(tmp_path, "train").photos()] == [101, 101]
    if as_tar:
        monkeypatch.setattr(archive, "MAX_DIGITSTRUCT_BYTES", 1000)
        with pytest.raises(DataError, match="is not an official archive"):
            read_all(tmp_path)
