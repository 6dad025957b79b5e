import csv
import io
import zipfile
from pathlib import Path

import pytest
from helpers.fake_pipeline import FakePipeline, encoded, photo_of

from demo import batch_export
from demo.batch_export import BatchExport, UniqueNames, safe_name
from demo.components.inputs import SentPhoto
from svhn.batch.local import read_photos
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


def test_a_broken_off_batch_leaves_nothing_open_and_too_large_a_one_is_a_sentence(tmp_path):
    with pytest.raises(KeyError), BatchExport(tmp_path / "new", 0.5) as made:
        raise KeyError
    assert zipfile.is_zipfile(made.zip_path)
    assert not made.csv_path.exists()
    batch_export.check_count(batch_export.MAX_PHOTOS)
    with pytest.raises(UserError, match="more than 200 files; please send at most 200"):
        batch_export.check_count(batch_export.MAX_PHOTOS + 1)
