"""Small data sets in the layout of the official SVHN archives, drawn here: no official picture is needed."""

import io
import tarfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import h5py
import numpy as np

FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_TRIPLEX)


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


def draw(number: str, rng: np.random.Generator, size: tuple[int, int] | None = None) -> tuple[np.ndarray, np.ndarray]:
    """A wall with a plate on it, anywhere, and the number on that -> RGB (h, w, 3), digit boxes (k, 4) xywh.

    `size` is (height, width); it must leave room for the digits.
    """
    font, scale = FONTS[rng.integers(len(FONTS))], rng.uniform(0.7, 1.6)
    thick = max(1, round(2 * scale))
    glyphs = [_glyph(digit, font, scale, thick) for digit in number]
    gap, rim = 1 + round(3 * scale), 4 + round(5 * scale)
    plate_w = sum(g.shape[1] for g in glyphs) + gap * (len(glyphs) - 1) + 2 * rim
    plate_h = max(g.shape[0] for g in glyphs) + 2 * rim
    height, width = size or (round(plate_h * rng.uniform(1.1, 2.2)), round(plate_w * rng.uniform(1.1, 3.0)))
    left, top = (int(rng.integers(0, max(1, room))) for room in (width - plate_w, height - plate_h))

    wall, plate = rng.integers(60, 200, 3), rng.integers(0, 256, 3)
    ink = np.where(plate.mean() > 127, 20, 235) * np.ones(3)
    photo = wall + np.linspace(-25, 25, width)[:, None] + rng.normal(0, 6, (height, width, 1))  # (h, w, 3)
    photo[:: max(6, height // 5)] -= 30  # courses of brick
    photo[top : top + plate_h, left : left + plate_w] = plate
    x, boxes = left + rim, []
    for glyph in glyphs:
        h, w = glyph.shape
        patch = photo[top + rim : top + rim + h, x : x + w]
        patch += (ink - patch) * glyph[: patch.shape[0], : patch.shape[1], None]
        boxes.append((x, top + rim, w, h))
        x += w + gap
    photo = cv2.GaussianBlur(np.clip(photo, 0, 255).astype(np.uint8), (0, 0), rng.uniform(0.3, 0.9))
    return photo, np.array(boxes, dtype=np.float64)


def _glyph(digit: str, font: int, scale: float, thick: int) -> np.ndarray:
    """The ink of one digit, cut to it, (h, w) float in 0 ... 1."""
    canvas = np.zeros((120, 120), np.uint8)
    cv2.putText(canvas, digit, (20, 90), font, scale, 255, thick, cv2.LINE_AA)
    x, y, w, h = cv2.boundingRect(canvas)
    return canvas[y : y + h, x : x + w] / 255.0


def entries(n: int, seed: int = 0) -> list[Entry]:
    """Images 1.png to n.png with numbers of one to five digits, most of them two or three."""
    rng = np.random.default_rng(seed)
    drawn = []
    for i in range(1, n + 1):
        length = int(rng.choice([1, 2, 3, 4, 5], p=[0.15, 0.35, 0.3, 0.15, 0.05]))
        number = "".join(str(d) for d in rng.integers(0, 10, length))
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
        _pack(folder, split, members)
    return written


def _pack(folder: Path, split: str, members: Iterable[tarfile.TarInfo | tuple[str, bytes]]) -> None:
    """The folder becomes an archive, members in the order of their names as in the official ones."""
    root = folder / split
    with tarfile.open(folder / f"{split}.tar.gz", "w:gz", compresslevel=1) as tar:
        tar.add(root, split, recursive=False)
        for path in sorted(root.iterdir()):
            tar.add(path, f"{split}/{path.name}")
            path.unlink()
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                tar.addfile(member)
            else:
                info = tarfile.TarInfo(member[0])
                info.size = len(member[1])
                tar.addfile(info, io.BytesIO(member[1]))
    root.rmdir()
