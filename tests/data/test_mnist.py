import gzip

import pytest
import torch
from helpers.mnist_files import digit_in, write_mnist

from svhn.data import mnist
from svhn.data.mnist import FILES, load_digits
from svhn.utils.errors import DataError

PARTS = ("train", "validation", "test")


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(mnist, "VALIDATION", 20)


@pytest.mark.parametrize("packed", [True, False], ids=["packed", "unpacked"])
def test_parts_keep_apart(tmp_path, packed):
    write_mnist(tmp_path, train=63, test=7, packed=packed)
    before = sorted(tmp_path.rglob("*"))
    images, labels = zip(*(load_digits(tmp_path, part) for part in PARTS), strict=True)
    assert sorted(tmp_path.rglob("*")) == before  # the folder may be read-only
    assert [len(part) for part in images] == [len(part) for part in labels] == [43, 20, 7]
    assert labels[0].tolist() == [i % 10 for i in range(43)]
    assert labels[1].tolist() == [i % 10 for i in range(43, 63)]
    assert images[0].shape[1:] == (28, 28)
    assert images[0].dtype == torch.uint8
    assert [digit_in(image) for image in images[1]] == labels[1].tolist()


def test_a_missing_file_a_folder_in_its_place_or_too_few_digits_are_named(tmp_path):
    write_mnist(tmp_path, train=15)
    with pytest.raises(DataError, match="15 pictures"):
        load_digits(tmp_path, "train")
    (tmp_path / FILES[0]).mkdir()
    for name in reversed(FILES):
        (tmp_path / f"{name}.gz").unlink()
        with pytest.raises(DataError, match=f"holds no {name}.gz; put MNIST's four official files there"):
            load_digits(tmp_path, "train")


@pytest.mark.parametrize(
    ("name", "spoil", "reason"),
    [
        ("images-idx3", lambda data: data[: len(data) // 2], "is damaged"),
        ("images-idx3", lambda data: b"not packed", "is damaged"),
        ("images-idx3", lambda data: gzip.compress(b"neither pictures nor labels"), "are damaged"),
        ("images-idx3", lambda data: gzip.compress(b""), "are damaged"),
        ("images-idx3", lambda data: gzip.compress(b"\0\0\x0d\x03" + gzip.decompress(data)[4:]), "are damaged"),
        ("labels-idx1", lambda data: gzip.compress(gzip.decompress(data)[:-5]), "are damaged"),
        ("labels-idx1", lambda data: gzip.compress(b"\0\0\x08\x01\0\0\0\x02\0\1"), "40 pictures and 2 labels"),
    ],
)
def test_damaged_files(tmp_path, name, spoil, reason):
    write_mnist(tmp_path)
    path = tmp_path / f"train-{name}-ubyte.gz"
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(DataError, match=rf"{reason}.*fetch (it|them) again"):
        load_digits(tmp_path, "train")
