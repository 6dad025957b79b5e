import zipfile

import pytest

from demo import batch_export
from demo.batch_export import BatchExport, UniqueNames, safe_name
from svhn.utils.errors import UserError


def test_names_do_not_clash_and_fit_into_a_file_system(tmp_path):
    long, names = safe_name("門" * 300 + ".jpeg"), UniqueNames()
    assert long.endswith("門.jpeg")
    (tmp_path / names.unique(long)).touch()
    sent = ["house.jpg", "house.jpg", "HOUSE.JPG", "house.png", "house-2.jpg"]
    unique = ["house.jpg", "house-2.jpg", "HOUSE-3.JPG", "house.png", "house-2-2.jpg"]
    assert [names.unique(name) for name in sent] == unique


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        *[("../../etc/passwd", "passwd"), ("C:\\photos\\house.jpg", "house.jpg")],
        *[(name, "photo") for name in ("..", "", None)],
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


def test_a_broken_off_batch_leaves_nothing_open_and_too_large_a_one_is_a_sentence(tmp_path):
    with pytest.raises(KeyError), BatchExport(tmp_path / "new", 0.5) as made:
        raise KeyError
    assert zipfile.is_zipfile(made.zip_path)
    assert not made.csv_path.exists()
    batch_export.check_count(batch_export.MAX_PHOTOS)
    with pytest.raises(UserError, match="more than 200 files; please send at most 200"):
        batch_export.check_count(batch_export.MAX_PHOTOS + 1)
