"""CSV, ZIP and small pictures of a batch, as they lie on the disk."""

import csv
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from helpers.browser_visit import near
from helpers.fake_pipeline import NOTHING, FakePipeline, encoded, photo_of, two_numbers
from PIL import Image

from demo import batch_export
from demo.batch_export import BatchExport, UniqueNames, safe_name
from demo.components.inputs import SentPhoto
from svhn.batch import COLUMNS, FORMULA, read_photos
from svhn.images import draw
from svhn.utils.errors import UserError


def wrote(folder: Path, files: list[SentPhoto]) -> tuple[list[dict[str, str]], dict[str, bytes], list[Path]]:
    """The lines of the CSV, the content of the ZIP, and the small pictures."""
    with BatchExport(folder / "new", FakePipeline.unsure_below) as made:
        small = [made.add(row)[1] for row in read_photos(FakePipeline(), files, drawn=True)]
    with zipfile.ZipFile(made.zip_path) as archive:
        assert archive.testzip() is None
        content = {name: archive.read(name) for name in archive.namelist()}
    assert content.pop(made.csv_path.name) == made.csv_path.read_bytes()
    lines = list(csv.DictReader(io.StringIO(made.csv_path.read_text("utf-8-sig"), newline="")))
    return lines, content, [path for path in small if path]


def photo(name: str | None, number: str = "42") -> SentPhoto:
    return SentPhoto(name, encoded(photo_of(number)))


def test_a_table_with_a_line_for_every_file(tmp_path):
    files = [photo("a.png"), photo("b.png", "1984"), photo("c.png", NOTHING), SentPhoto("d.png", b"")]
    files.append(SentPhoto("e.png", encoded(two_numbers("42", "128"))))
    lines, content, _ = wrote(tmp_path, files)
    assert tuple(lines[0]) == COLUMNS
    assert [line["file"] for line in lines] == ["a.png", "b.png", "c.png", "d.png", "e.png"]
    assert [line["number"] for line in lines] == ["42", "1984", "", "", "42"]
    assert [line["state"] for line in lines] == ["confident", "check", "no number", "error", "confident"]
    assert [line["picture"] for line in lines] == ["a.jpg", "b.jpg", "c.jpg", "", "e.jpg"]
    assert lines[0]["confidence"] == "0.999"
    assert [lines[0][side] for side in ("x1", "y1", "x2", "y2")] == ["24.0", "16.0", "72.0", "48.0"]
    assert float(lines[0]["ms"]) > 0
    assert "empty" in lines[3]["error"]
    assert lines[0]["error"] == ""
    assert [line["also"] for line in lines] == ["", "", "", "", "128"]
    assert list(content) == ["a.jpg", "b.jpg", "c.jpg", "e.jpg"]


def test_pictures_are_annotated_and_the_small_ones_small(tmp_path):
    large = np.repeat(np.repeat(photo_of("42"), 30, 0), 30, 1)  # 2880 x 1920
    _, content, (small,) = wrote(tmp_path, [SentPhoto("a.png", encoded(large))])
    picture = np.asarray(Image.open(io.BytesIO(content["a.jpg"])))
    assert max(picture.shape) == draw.LONG_SIDE[1]
    assert near(picture, draw.FOUND) > 1000
    assert Image.open(small).size == (batch_export.PREVIEW_SIDE, round(batch_export.PREVIEW_SIDE * 2 / 3))


def test_names_do_not_clash(tmp_path):
    names = ["house.jpg", "one/house.jpg", "HOUSE.JPG", "house.png", "house-2.jpg"]
    lines, content, _ = wrote(tmp_path, [photo(name) for name in names])
    assert [line["file"] for line in lines] == [
        *("house.jpg", "house-2.jpg", "HOUSE-3.JPG"),
        *("house.png", "house-2-2.jpg"),
    ]
    assert [line["picture"] for line in lines] == list(content)
    assert len({name.casefold() for name in content}) == len(names)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\photos\\house.jpg", "house.jpg"),
        ("..", "photo"),
        ("", "photo"),
        (None, "photo"),
        (".hidden.jpg", "hidden.jpg"),
        ("a:b*c?.jpg", "a_b_c_.jpg"),
        ("line\nbreak\x00.jpg", "line_break_.jpg"),
        ("gpj.\u202eexe", "gpj._exe"),
        ("nul.jpg", "_nul.jpg"),
        ("Straße 7 – Tür.jpg", "Straße 7 – Tür.jpg"),
    ],
)
def test_names_are_safe(name, kept):
    assert safe_name(name) == kept


def test_long_names_fit_into_a_file_system(tmp_path):
    name = safe_name("門" * 300 + ".jpeg")
    assert name.endswith("門.jpeg")
    (tmp_path / UniqueNames().unique(name)).touch()


@pytest.mark.parametrize("name", ["=1+1.jpg", "+1.jpg", "-1.jpg", "@SUM(A1).jpg", "=cmd|' calc'!A0.jpg", "＝1+1.jpg"])
def test_no_cell_is_a_formula(tmp_path, name):
    lines, content, _ = wrote(tmp_path, [photo(name), SentPhoto(name, b"")])
    cells = [cell for line in lines for cell in line.values()]
    assert not [cell for cell in cells if cell.startswith(FORMULA)]
    assert lines[0]["file"] == f"'{safe_name(name)}"
    assert [*content] == [lines[0]["picture"].removeprefix("'")]


def test_a_broken_off_batch_leaves_nothing_open(tmp_path):
    with pytest.raises(KeyError), BatchExport(tmp_path / "new", 0.5) as made:
        raise KeyError
    assert zipfile.is_zipfile(made.zip_path)
    assert not made.csv_path.exists()


def test_too_many_is_a_sentence():
    batch_export.check_count(batch_export.MAX_PHOTOS)
    with pytest.raises(UserError, match="more than 200 files; please send at most 200"):
        batch_export.check_count(batch_export.MAX_PHOTOS + 1)
