"""Small data sets in the layout of the official SVHN archives, drawn here: no official picture is needed."""

import io
import shutil
import tarfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import h5py
import numpy as np

LENGTHS = (2, 3, 1, 4, 2, 3, 5)


@dataclass
class Entry:
    """One image and its record; tests may change it before it is written."""

    name: str  # in the record, and of the file
    png: bytes | None  # None: the record has no photo
    labels: list[float]  # official: the digit zero is 10
    boxes: np.ndarray  # (k, 4) float64, left top width height

    @property
    def number(self) -> str:
        """The digits as text, in the order of the record."""
        return "".join(str(int(label) % 10) for label in self.labels)

    @property
    def photo(self) -> np.ndarray:
        """RGB uint8 (h, w, 3)."""
        return cv2.imdecode(np.frombuffer(self.png, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]


def png(photo: np.ndarray) -> bytes:
    """RGB uint8 (h, w, 3) -> file content."""
    return cv2.imencode(".png", photo[..., ::-1])[1].tobytes()


def draw(number: str, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A wall of noise with the number anywhere on it -> RGB (h, w, 3), digit boxes (k, 4) xywh."""
    height, width = int(rng.integers(36, 80)), 22 * len(number) + int(rng.integers(12, 90))
    photo = rng.integers(60, 100, (height, width, 3), np.uint8)
    left, top = int(rng.integers(4, width - 22 * len(number))), int(rng.integers(4, height - 28))
    boxes = [(left + 22 * i, top, 18, 24) for i in range(len(number))]
    for digit, (x, y, _, h) in zip(number, boxes, strict=True):
        cv2.putText(photo, digit, (x, y + h - 1), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (235, 235, 235), 2, cv2.LINE_AA)
    return photo, np.array(boxes, dtype=np.float64)


def entries(n: int, seed: int = 0) -> list[Entry]:
    """Images 1.png to n.png with numbers of one to five digits, most of them two or three."""
    rng, drawn = np.random.default_rng(seed), []
    for i in range(1, n + 1):
        number = "".join(map(str, rng.integers(0, 10, LENGTHS[i % len(LENGTHS)])))
        photo, boxes = draw(number, rng)
        drawn.append(Entry(f"{i}.png", png(photo), [float(d) or 10.0 for d in map(int, number)], boxes))
    return drawn


def write_digitstruct(path: Path, records: Iterable[Entry], attributes: bool = True, libver: str = "earliest") -> None:
    """digitStruct.mat as MATLAB lays it out; without `attributes` it lacks MATLAB's own on every single dataset."""
    with h5py.File(path, "w", userblock_size=512, libver=libver) as file:
        refs = file.create_group("#refs#")

        def add(data: np.ndarray, kind: str) -> h5py.Reference:
            dataset = refs.create_dataset(f"v{len(refs)}", data=data)
            if attributes:
                dataset.attrs["MATLAB_class"] = np.bytes_(kind)
                dataset.attrs["H5PATH"] = np.bytes_("/digitStruct")
            return dataset.ref

        rows = []
        for record in records:
            name = add(np.array([[ord(c)] for c in record.name], np.uint16), "char")
            bbox = refs.create_group(f"v{len(refs)}")
            left, top, width, height = np.asarray(record.boxes, np.float64).reshape(-1, 4).T
            fields = {"height": height, "label": record.labels, "left": left, "top": top, "width": width}
            for field, values in fields.items():
                column = np.array(values, np.float64).reshape(-1, 1)
                if len(column) > 1:
                    references = [add(value[None], "double") for value in column]
                    column = np.array(references, h5py.ref_dtype).reshape(-1, 1)
                bbox.create_dataset(field, data=column, dtype=h5py.ref_dtype if len(column) > 1 else None)
            rows.append((name, bbox.ref))
        for i, part in enumerate(("name", "bbox")):
            column = np.array([row[i] for row in rows], h5py.ref_dtype).reshape(-1, 1)
            file.create_dataset(f"digitStruct/{part}", data=column, dtype=h5py.ref_dtype)
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file, HDF5 schema 1.00 .".ljust(116) + bytes(8) + b"\x00\x02IM")


def write_split(
    folder: Path,
    split: str,
    n: int,
    as_tar: bool = True,
    seed: int = 0,
    spoil: Callable[[list[Entry]], None] | None = None,
    members: Iterable[tarfile.TarInfo | tuple[str, bytes]] = (),
    **layout,
) -> list[Entry]:
    """`folder`/split.tar.gz (or the folder split/) with n drawn images -> what was written.

    `spoil` may change the entries before they are written; `members` are added at the archive's end:
    (path, content), or a TarInfo for a link. `layout` goes to `write_digitstruct`.
    """
    written = entries(n, seed)
    if spoil:
        spoil(written)
    root = folder / split
    root.mkdir(parents=True)
    for entry in written:
        if entry.png is not None:
            (root / entry.name).write_bytes(entry.png)
    write_digitstruct(root / "digitStruct.mat", written, **layout)
    (root / "see_bboxes.m").write_text("% the official archives hold this script too\n")
    if as_tar:
        with tarfile.open(folder / f"{split}.tar.gz", "w:gz", compresslevel=1) as tar:
            tar.add(root, split)  # in the order of the names, as in the official ones
            for member in members:
                info, data = (tarfile.TarInfo(member[0]), member[1]) if isinstance(member, tuple) else (member, b"")
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
        shutil.rmtree(root)
    return written
