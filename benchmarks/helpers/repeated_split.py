"""A large split in the official layout, made of a small one: its photos again and again, darker and brighter."""

from __future__ import annotations

import gzip
import shutil
import tarfile
from pathlib import Path

import cv2
import h5py
import numpy as np
from h5py import h5d, h5r, h5s, h5t

from svhn.data.archive import Split

VARIANTS = ((1.0, 0), (0.7, 10), (0.85, 25), (1.15, -10))  # factors of all values, and what is added
FASTEST = 1  # compression, also in the PNGs


def write_extra(source: Split, folder: Path, records: int) -> None:
    """FOLDER/extra.tar.gz with that many records. A picture is packed once, as a gzip member, which the archive
    repeats."""
    described = folder / "digitStruct.mat"
    with source.digitstruct() as path:
        shutil.copy(path, described)
    repeat_records(described, records)
    photos = sorted(source.photos(), key=lambda photo: int(Path(photo[0]).stem))
    packed = [_pack(_vary(content, *how)) for how in VARIANTS for _, content in photos]
    with (folder / "extra.part").open("wb") as file:
        size, content = _pack(described.read_bytes())
        file.write(_header("extra/digitStruct.mat", size) + content)
        for number in range(records):
            size, content = packed[number % len(packed)]
            file.write(_header(f"extra/{number + 1}.png", size) + content)
        file.write(gzip.compress(bytes(2 * 512)))
    described.unlink()
    (folder / "extra.part").rename(folder / "extra.tar.gz")


def repeat_records(path: Path, count: int) -> None:
    """Let a digitStruct.mat have `count` records, in the order of their pictures' numbers, with names of their own."""
    with h5py.File(path, "r+") as file:
        root, names = file["digitStruct"], file.create_group("names").id
        number = [int(bytes(file[at][:].astype(np.uint8)).decode()[:-4]) for at in root["name"][:, 0]]
        boxes = np.resize(root["bbox"][:, 0][np.argsort(number)], count)
        columns = {"name": [_write_text(names, f"{i}.png") for i in range(1, count + 1)], "bbox": boxes}
        for part, references in columns.items():
            del root[part]
            root.create_dataset(part, (count, 1), h5py.ref_dtype)[:, 0] = references


def _write_text(group: h5py.h5g.GroupID, text: str) -> h5py.Reference:
    dataset = h5d.create(group, text.encode(), h5t.NATIVE_UINT16, h5s.create_simple((len(text), 1)))
    dataset.write(h5s.ALL, h5s.ALL, np.frombuffer(text.encode("utf-16-le"), np.uint16)[:, None])
    return h5r.create(dataset, b".", h5r.OBJECT)


def _vary(png: bytes, factor: float, more: float) -> bytes:
    photo = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    varied = cv2.convertScaleAbs(photo, alpha=factor, beta=more)
    return cv2.imencode(".png", varied, [cv2.IMWRITE_PNG_COMPRESSION, FASTEST])[1].tobytes()


def _pack(content: bytes) -> tuple[int, bytes]:
    """Its size, and what follows a header in a tar.gz."""
    return len(content), gzip.compress(content + bytes(-len(content) % 512), FASTEST)


def _header(name: str, size: int) -> bytes:
    member = tarfile.TarInfo(name)
    member.size = size
    return gzip.compress(member.tobuf(), FASTEST)
