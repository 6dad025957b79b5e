"""A folder of pictures: each has a row, none is overwritten, and errors are reported."""

import csv
import os
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from helpers.fake_pipeline import MANY, NOTHING, FakePipeline, encoded, photo_of, two_numbers
from PIL import Image

from svhn.batch import COLUMNS, READER_FAILED, Row, read_folder, read_photos
from svhn.images import draw
from svhn.images.decode import open_photo
from svhn.reading import Reading
from svhn.utils.errors import DataError

STATES = {"42": "confident", "1984": "check", NOTHING: "no number", MANY: "more than five digits"}


@dataclass(frozen=True)
class Sent:
    """A file as a visitor sends it."""

    name: str
    data: bytes


def sent(number: str, name: str = "house.png") -> Sent:
    return Sent(name, encoded(photo_of(number)))


def test_every_file_is_a_row_in_its_order_and_a_broken_one_harms_no_other():
    files = [sent("42", "a.png"), Sent("b.png", b"no picture"), Sent("c.png", b""), sent("7", "d.png")]
    rows = list(read_photos(FakePipeline(), files, drawn=True))
    objects = [row.to_json() for row in rows]
    assert [one["file"] for one in objects] == ["a.png", "b.png", "c.png", "d.png"]
    assert [one.get("number") for one in objects] == ["42", None, None, "7"]
    assert "JPEG, PNG" in objects[1]["error"]
    assert "empty" in objects[2]["error"]
    assert set(objects[0]) == {"file", "number", "confidence", "box", "digit_probs", "length_probs", "ms"}
    assert [row.image is None for row in rows] == [False, True, True, False]
    assert (rows[0].image == draw.FOUND).all(-1).sum() > 1000
    assert rows[0].image.dtype == np.uint8


def test_further_numbers_are_listed_and_drawn():
    one, two = read_photos(FakePipeline(), [sent("42"), Sent("b.png", encoded(two_numbers("42", "128")))], drawn=True)
    assert (one.also, two.also) == ("", "128")
    right = slice(round(two.image.shape[1] * 0.79), None)
    assert (one.image[:, right] == draw.FOUND).all(-1).sum() == 0
    assert (two.image[:, right] == draw.FOUND).all(-1).sum() > 100
    assert "others" not in two.to_json()  # one number a photo, as `read --json`


def test_states():
    rows = read_photos(FakePipeline(), [sent(number) for number in STATES] + [Sent("x", b"")])
    assert [row.state(FakePipeline.unsure_below) for row in rows] == [*STATES.values(), "error"]


def test_one_photo_is_asked_for_at_a_time():
    asked = []

    class Watched:
        name = "house.png"

        @property
        def data(self) -> bytes:
            asked.append(self)
            return encoded(photo_of("42"))

    rows = read_photos(FakePipeline(), (Watched() for _ in range(3)))
    assert asked == []
    for count in (1, 2):
        next(rows)
        assert len(asked) == count


def test_a_mistake_of_the_reader_costs_one_row(capsys):
    class Stumbles(FakePipeline):
        def read_all(self, photo: np.ndarray) -> list[Reading]:
            readings = super().read_all(photo)
            return 1 / 0 if readings[0].number == "7" else readings

    rows = list(read_photos(Stumbles(), [sent("42"), sent("7"), sent("128")]))
    assert [row.to_json().get("number") for row in rows] == ["42", None, "128"]
    assert rows[1].error == READER_FAILED
    assert "ZeroDivisionError" in capsys.readouterr().err


@pytest.fixture
def source(tmp_path) -> Path:
    folder = tmp_path / "input"
    folder.mkdir()
    return folder


def put(folder: Path, **numbers: str) -> None:
    """a="42" becomes a.png, in which the fake pipeline reads 42."""
    for name, number in numbers.items():
        (folder / f"{name}.png").write_bytes(encoded(photo_of(number)))


def run(source: Path) -> tuple[list[Row], list[dict[str, str]], Path]:
    """What was yielded, the lines of the table, and the output folder, next to the input."""
    target = source.parent / "output"
    rows = list(read_folder(FakePipeline(), source, target))
    with (target / "readings.csv").open(newline="", encoding="utf-8") as file:
        return rows, list(csv.DictReader(file)), target


def test_every_picture_has_a_row_an_array_and_a_picture(source):
    put(source, a="42", b="30512", c=NOTHING, d=MANY)
    rows, lines, target = run(source)
    arrays = [[2, 4, 2, 10, 10, 10], [5, 3, 0, 5, 1, 2], [0, 10, 10, 10, 10, 10], [6, 10, 10, 10, 10, 10]]
    assert [row.array for row in rows] == arrays
    assert tuple(lines[0]) == COLUMNS
    assert [[int(line[key]) for key in ("n", "d1", "d2", "d3", "d4", "d5")] for line in lines] == arrays
    assert [line["file"] for line in lines] == [line["picture"] for line in lines] == [f"{c}.png" for c in "abcd"]
    assert [line["number"] for line in lines] == ["42", "30512", "", ""]
    assert lines[0]["confidence"] == "0.999"
    assert [lines[0][side] for side in ("x1", "y1", "x2", "y2")] == ["24.0", "16.0", "72.0", "48.0"]
    assert [lines[2][side] for side in ("x1", "y1", "x2", "y2")] == [""] * 4
    assert {path.name for path in target.iterdir()} == {"a.png", "b.png", "c.png", "d.png", "readings.csv"}


def test_pictures_have_a_green_box_where_something_was_found(source):
    put(source, a="42", b=NOTHING)
    target = run(source)[2]
    found, none = ((open_photo(target / name) == draw.FOUND).all(-1).sum() for name in ("a.png", "b.png"))
    assert found > 1000
    assert none == 0


def test_a_damaged_picture_has_a_row_with_its_error_and_the_rest_go_on(source):
    put(source, a="42", c="7")
    (source / "b.png").write_bytes(encoded(photo_of("128"))[:100])
    (source / "b2.jpg").write_text("no picture")
    rows, lines, target = run(source)
    assert [row.file for row in rows] == ["a.png", "b.png", "b2.jpg", "c.png"]
    assert ["damaged" in rows[1].error, "not a picture" in rows[2].error] == [True, True]
    assert [bool(line["error"]) for line in lines] == [False, True, True, False]
    assert rows[1].array == []
    assert {lines[1][key] for key in COLUMNS if key not in ("file", "state", "error")} == {""}
    assert not (target / "b.png").exists()
    assert lines[3]["number"] == "7"


def test_no_picture_is_written_over_another(source):
    contents = {"a.png": "42", "a.jpg": "7", "a.webp": "1984", "a.webp.png": "128", "A.PNG": "30512"}
    for name, number in contents.items():
        kind = {"jpg": "JPEG", "webp": "WEBP"}.get(name.split(".")[-1], "PNG")
        (source / name).write_bytes(encoded(photo_of(number), kind))
    rows, lines, target = run(source)
    written = {row.file: row.picture for row in rows}
    assert {name: rows[i].reading.number for i, name in enumerate(sorted(contents))} == contents
    assert len({name.casefold() for name in written.values()}) == len(contents)
    assert written["a.jpg"] == "a.jpg"
    assert {path.name for path in target.iterdir()} == {*written.values(), "readings.csv"}
    assert [line["picture"] for line in lines] == list(written.values())
    for name in written.values():
        with Image.open(target / name) as image:
            assert image.format == ("JPEG" if name.endswith(".jpg") else "PNG")


def test_what_is_no_picture_is_left_alone(source):
    put(source, a="42")
    (source / "B.JPEG").write_bytes(encoded(photo_of("7"), "JPEG"))
    (source / "deep").mkdir()
    put(source / "deep", c="128")
    (source / "folder.png").mkdir()
    (source / "labels.csv").write_text("file,number\n")
    (source / "._a.png").write_bytes(b"what macOS puts next to a.png")
    assert [row.file for row in run(source)[0]] == ["B.JPEG", "a.png"]


def test_output_inside_the_input_is_not_read_again(source):
    put(source, a="42")
    for _ in range(2):
        assert [row.file for row in read_folder(FakePipeline(), source, source / "output")] == ["a.png"]


@pytest.mark.parametrize("same", [".", "../input", "../link"])
def test_output_must_not_be_the_input(source, same):
    put(source, a="42")
    (source.parent / "link").symlink_to(source)
    before = (source / "a.png").read_bytes()
    with pytest.raises(DataError, match="is the input folder itself"):
        list(read_folder(FakePipeline(), source, source / same))
    assert [path.name for path in source.iterdir()] == ["a.png"]
    assert (source / "a.png").read_bytes() == before


@pytest.mark.parametrize(("name", "message"), [("input", "There is no picture"), ("nowhere", "cannot be opened")])
def test_without_pictures_nothing_is_written(source, name, message):
    target = source.parent / "output"
    with pytest.raises(DataError, match=message):
        list(read_folder(FakePipeline(), source.parent / name, target))
    assert not target.exists()


def test_output_that_cannot_be_written_is_reported(source):
    put(source, a="42")
    in_the_way = source.parent / "file"
    in_the_way.write_text("not a folder")
    for target in (in_the_way, in_the_way / "deep"):
        with pytest.raises(DataError, match="cannot be written"):
            list(read_folder(FakePipeline(), source, target))
    (source.parent / "output" / "a.png").mkdir(parents=True)
    with pytest.raises(DataError, match=r"output cannot be written \(Is a directory\)"):
        list(read_folder(FakePipeline(), source, source.parent / "output"))
    assert in_the_way.read_text() == "not a folder"


def test_a_name_that_is_no_text(source):
    try:
        (source / os.fsdecode(b"caf\xe9.png")).write_bytes(encoded(photo_of("42")))
    except OSError:
        pytest.skip("this file system has no such names")
    _, lines, target = run(source)
    assert lines[0]["file"] == lines[0]["picture"] == "caf\ufffd.png"
    assert (target / "caf\ufffd.png").is_file()


def stopped_after(count: int, source: Path) -> Path:
    """The output folder of a run that ended when it had given so many rows."""
    rows = read_folder(FakePipeline(), source, source.parent / "output")
    for _ in range(count):
        next(rows)
    rows.close()
    return source.parent / "output"


def test_a_stopped_run_has_a_row_for_every_picture_and_goes_on_where_it_was(source):
    put(source, a="42", c="7", d="128")
    (source / "b.png").write_bytes(b"no picture")
    target = stopped_after(3, source)
    assert {path.name for path in target.glob("*.*")} - {p.name for p in target.glob(".*")} == {"a.png", "c.png"}
    (kept,) = target.glob(".readings-*.csv")
    assert [line["picture"] for line in csv.DictReader(kept.open(newline=""))] == ["a.png", "", "c.png"]
    with kept.open("ab") as table:
        table.write(b"d.png,1")  # it was killed while it wrote
    rows, lines, _ = run(source)
    assert [row.file for row in rows] == ["b.png", "d.png"]  # what is wrong is reported again
    assert rows[0].error
    assert [line["file"] for line in lines] == ["a.png", "b.png", "c.png", "d.png"]
    assert [line["number"] for line in lines] == ["42", "", "7", "128"]
    assert not list(target.glob(".*"))
    assert [row.file for row in run(source)[0]] == ["a.png", "b.png", "c.png", "d.png"]  # a finished one is read again


def test_what_other_files_left_is_not_gone_on_with(source):
    put(source, b="42", c="7")
    stopped_after(1, source)
    put(source, a="128")
    assert [row.file for row in run(source)[0]] == ["a.png", "b.png", "c.png"]


@pytest.mark.parametrize("name", ["=1+1.png", "+1.png", "@SUM(A1).png", "=cmd|' calc'!A0.png"])
def test_no_cell_is_a_formula(source, name):
    (source / name).write_bytes(encoded(photo_of("42")))
    (line,) = run(source)[1]
    assert line["file"] == f"'{name}"


def test_photos_keep_their_colours(source):
    photo = np.full((600, 800, 3), (10, 40, 200), np.uint8)
    (source / "a.jpg").write_bytes(encoded(photo, "JPEG"))
    target = run(source)[2]
    assert np.abs(open_photo(target / "a.jpg")[0, 0].astype(int) - (10, 40, 200)).max() <= 4


@pytest.mark.parametrize("name", ["=1+1.jpg", "a;=1+1.jpg", "a\t@b.jpg", "a;b;+1.jpg"])
def test_no_cell_is_a_formula_whatever_separates_cells(name):
    line = Row(name, error="Damaged.").csv_line(0.5)
    assert not re.search(r"(^|[;\t,])[=+@-]", line)
