"""Build the digits' atlas from font packages: writes `atlas.npz` and `FONTS.md`. Training needs only the atlas.

    npm pack @fontsource/NAME ...                       into a folder FONTS
    apt-get download fonts-NAME; dpkg -x fonts-NAME.deb FONTS/deb/fonts-NAME
    python -m tools.build_atlas FONTS

`FONTS.md` names the packages. Needs fontTools, brotli and Pillow with Raqm. The font files themselves are not
committed. Faces that are illegible on a contact sheet are listed, by the beginning of their names, in
`left_out_fonts.txt`.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import tarfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
from fontTools.ttLib import TTFont, TTLibError
from PIL import Image, ImageDraw, ImageFont

from svhn.synth.glyphs import ATLAS, CELL, FIGURE, LETTERS, pack

DIGITS = "0123456789"
SIZE = 192  # of the type while drawing, pixels
SHEET = 3 * SIZE  # on which a character is drawn
HERE = Path(__file__).parent
LICENCES = {  # words that name a licence -> its short name; a face under any other licence is left out
    "open font license": "OFL-1.1",
    "ofl": "OFL-1.1",
    "sil-1.1": "OFL-1.1",
    "apache": "Apache-2.0",
    "gust": "GUST Font License",
}
WEIGHTS = ("400", "700", "900", "200")
SMALLEST_FIGURE = 0.82  # below this share of the tallest digit a figure is old-style, not lining
TWINS = 0.96  # two faces whose masks overlap more than this are the same face to a camera
LETTER_FACES = 90


class Face(NamedTuple):
    """One face, drawn: digit masks (10, CELL, CELL) uint8, metrics (10, 3), side of the cell, letter masks or None."""

    name: str
    package: str
    licence: str
    masks: np.ndarray
    metrics: np.ndarray
    cell: float
    letters: np.ndarray | None


def licence_named(text: str) -> str:
    return next((name for words, name in LICENCES.items() if re.search(rf"\b{words}\b", text.lower())), "")


def npm_files(folder: Path) -> Iterator[tuple[str, str, str, bytes]]:
    """(face name, package, licence or "", font file) of every `@fontsource` tarball in the folder."""
    for path in sorted(folder.glob("fontsource-*.tgz")):
        with tarfile.open(path) as tar:
            package = json.load(tar.extractfile("package/package.json"))
            family = package["name"].split("/")[1]
            present = set(tar.getnames())
            for weight in WEIGHTS:
                for style in ("normal", "italic"):
                    member = f"package/files/{family}-latin-{weight}-{style}.woff2"
                    if member in present and (style == "normal" or weight == "400"):
                        data = tar.extractfile(member).read()
                        yield f"{family} {weight} {style}", package["name"], licence_named(package["license"]), data


def debian_files(folder: Path) -> Iterator[tuple[str, str, str, bytes]]:
    """The same for Debian packages unpacked under FOLDER/deb."""
    for package in sorted((folder / "deb").glob("fonts-*")):
        text = "".join(p.read_text(errors="replace") for p in package.glob("usr/share/doc/*/copyright"))
        licence = licence_named(" ".join(re.findall(r"^License: *(.+)", text, flags=re.M)))
        for path in sorted([*package.rglob("*.ttf"), *package.rglob("*.otf")]):
            yield path.stem, f"debian {package.name}", licence, path.read_bytes()


def draw(pen: ImageFont.FreeTypeFont, characters: str) -> tuple[np.ndarray, np.ndarray, float] | None:
    """Masks (len, CELL, CELL), metrics (len, 3) and the side of the cell; None when a character has no ink."""
    sheets, boxes = [], []
    for character in characters:
        sheet = Image.new("L", (SHEET, SHEET))
        at = (SHEET // 3, 2 * SHEET // 3)  # Pillow's own boxes include the space around the ink
        ImageDraw.Draw(sheet).text(at, character, font=pen, fill=255, anchor="ls", features=["lnum"])
        sheets.append(sheet)
        boxes.append(sheet.point(lambda v: 255 * (v > 90)).getbbox() or (0, 0, 0, 0))
    left, top, right, bottom = np.array(boxes, dtype=float).T
    widths, heights = right - left, bottom - top
    if heights.min() < SIZE / 10 or widths.min() < SIZE / 60:
        return None
    figure = float(np.median(heights))
    scale = min(FIGURE / figure, (CELL - 4) / heights.max(), (CELL - 2) / widths.max())
    side = CELL / scale
    masks = []
    for sheet, x, y in zip(sheets, (left + right - side) / 2, (top + bottom - side) / 2, strict=True):
        cell = sheet.transform((4 * CELL, 4 * CELL), Image.Transform.EXTENT, (x, y, x + side, y + side), Image.BILINEAR)
        masks.append(np.asarray(cell.resize((CELL, CELL), Image.BOX)))
    drop = (top + bottom) / 2 - (top.min() + bottom.max()) / 2
    return np.stack(masks), np.stack([widths, heights, drop], axis=1) / figure, side / figure


def drawn_face(name: str, package: str, licence: str, data: bytes) -> Face | None:
    """A font file as a face; None if it is unsuitable: no licence, no lining digits, or not ten different ones."""
    font = TTFont(io.BytesIO(data), fontNumber=0)
    licence = licence or licence_named(" ".join(str(r) for r in font["name"].names if r.nameID in (0, 13, 14)))
    known = font.getBestCmap() or {}
    if not licence or any(ord(c) not in known for c in DIGITS):
        return None
    font.flavor = None
    plain = io.BytesIO()
    font.save(plain)
    pen = ImageFont.truetype(io.BytesIO(plain.getvalue()), SIZE, layout_engine=ImageFont.Layout.RAQM)
    digits = draw(pen, DIGITS)
    if digits is None or not usable(*digits[:2]):
        return None
    letters = draw(pen, LETTERS) if all(ord(c) in known for c in LETTERS) else None
    return Face(name, package, licence, *digits, letters and letters[0])


def usable(masks: np.ndarray, metrics: np.ndarray) -> bool:
    """Whether these are lining figures that differ from one another and have enough ink to be seen."""
    flat = masks.reshape(10, -1) / 255.0
    ink = flat.sum(1)
    alike = (flat @ flat.T) / np.sqrt(np.outer((flat**2).sum(1), (flat**2).sum(1))) - np.eye(10)
    return metrics[:, 1].min() / metrics[:, 1].max() > SMALLEST_FIGURE and ink.min() > 80 and alike.max() < 0.97


def without_twins(faces: list[Face]) -> list[Face]:
    """The faces without those that are nearly the same as an earlier one."""
    flat = np.stack([f.masks.reshape(-1) for f in faces]).astype(np.float32)
    flat /= np.linalg.norm(flat, axis=1, keepdims=True)
    kept: list[int] = []
    for i, row in enumerate(flat):
        if not kept or (flat[kept] @ row).max() < TWINS:
            kept.append(i)
    return [faces[i] for i in kept]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("fonts", type=Path, help="folder with the packages")
    folder = parser.parse_args().fonts
    left_out = tuple((HERE / "left_out_fonts.txt").read_text().split())
    faces = []
    for name, package, licence, data in chain(npm_files(folder), debian_files(folder)):
        if not name.startswith(left_out):
            try:
                faces.append(drawn_face(name, package, licence, data))
            except (OSError, TTLibError, KeyError) as error:
                print(f"{name}: left out, {error}")
    faces = without_twins([f for f in faces if f])
    lettered = [f for f in faces if f.letters is not None]
    lettered = lettered[:: max(1, len(lettered) // LETTER_FACES)]
    aside = ATLAS.with_name("atlas.part.npz")
    np.savez_compressed(
        aside,
        masks=pack(np.stack([f.masks for f in faces])),
        metrics=np.stack([f.metrics for f in faces]).astype(np.float16),
        cell=np.array([f.cell for f in faces], dtype=np.float16),
        letters=pack(np.stack([f.letters for f in lettered])),
        names=np.array([f.name for f in faces]),
    )
    os.replace(aside, ATLAS)
    rows = [f"| {f.name} | `{f.package}` | {f.licence} |" for f in faces]
    head = "# Faces in the atlas\n\n| face | package | licence |\n|---|---|---|\n"
    ATLAS.with_name("FONTS.md").write_text(head + "\n".join(rows) + "\n")
    print(f"{len(faces)} faces, {ATLAS.stat().st_size / 2**20:.1f} MB")


if __name__ == "__main__":
    main()
