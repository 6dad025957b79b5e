import csv
import io
import zipfile

import pytest
from helpers.fake_pipeline import FakePipeline, encoded, photo_of

from demo import batch_export
from demo.batch_export import BatchExport, UniqueNames, safe_name
from demo.components.inputs import SentPhoto
from svhn.batch.local import read_photos
from svhn.utils.errors import UserError


def test_names_do_not_clash_in_the_table_and_the_zip(tmp_path):
    names = ["house.jpg", "one/house.jpg", "HOUSE.JPG", "house.png", "house-2.jpg"]
    files = [SentPhoto(name, encoded(photo_of("42"))) for name in names]
    with BatchExport(tmp_path / "new", FakePipeline.unsure_below) as made:
        for row in read_photos(FakePipeline(), files, drawn=True):
            made.add(row)
    with zipfile.ZipFile(made.zip_path) as archive:
        assert archive.testzip() is None
        *pictures, table = archive.namelist()
        assert archive.read(table) == made.csv_path.read_bytes()
    lines = list(csv.DictReader(io.StringIO(made.csv_path.read_text("utf-8-sig"), newline="")))
    assert [line["file"] for line in lines] == ["house.jpg", "house-2.jpg", "HOUSE-3.JPG", "house.png", "house-2-2.jpg"]
    assert [line["picture"] for line in lines] == pictures
    assert len({name.casefold() for name in pictures}) == len(names)


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
