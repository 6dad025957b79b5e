import csv
import os
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from helpers.fake_pipeline import MANY, NOTHING, FakePipeline, encoded, number_in, photo_of, two_numbers
from helpers.full_disk import full_disk
from PIL import Image

from svhn.batch.local import COLUMNS, READER_FAILED, Row, read_folder, read_photos
from svhn.images import draw
from svhn.images.decode import open_photo
from svhn.utils.errors import DataError


def sent(number: str, name: str = "house.png", data: bytes | None = None) -> SimpleNamespace:
    """A file as a visitor sends it."""
    return SimpleNamespace(name=name, data=encoded(photo_of(number)) if data is None else data)


def test_every_file_is_a_row_in_its_order_and_a_broken_one_harms_no_other():
    two = sent("", "d.png", encoded(two_numbers("42", "128")))
    files = [sent("42", "a.png"), sent("", "b.png", b"no picture"), sent("", "c.png", b""), two]
    rows = list(read_photos(FakePipeline(), files, drawn=True))
    objects = [row.to_json() for row in rows]
    assert [one["file"] for one in objects] == ["a.png", "b.png", "c.png", "d.png"]
    assert [one.get("number") for one in objects] == ["42", None, None, "42"]
    assert ["JPEG, PNG" in objects[1]["error"], "empty" in objects[2]["error"]] == [True, True]
    assert set(objects[0]) == {"file", "number", "confidence", "box", "digit_probs", "length_probs", "ms"}
    assert [row.image is None for row in rows] == [False, True, True, False]
    assert (rows[0].image == draw.FOUND).all(-1).sum() > 1000
    assert (rows[0].also, rows[3].also) == ("", "128")
    right = slice(round(rows[3].image.shape[1] * 0.79), None)
    assert [(rows[i].image[:, right] == draw.FOUND).all(-1).sum() > 100 for i in (0, 3)] == [False, True]
    assert "others" not in objects[3]  # one number a photo, as `read --json`


def test_a_mistake_of_the_reader_costs_one_row(capsys):
    pipeline = FakePipeline()
    pipeline.read_all = lambda photo: [1 / 0 if number_in(photo) == "7" else FakePipeline().read(photo)]
    rows = list(read_photos(pipeline, [sent("42"), sent("7"), sent("128")]))
    assert [row.to_json().get("number") for row in rows] == ["42", None, "128"]
    assert rows[1].error == READER_FAILED
    assert "ZeroDivisionError" in capsys.readouterr().err


@pytest.fixture
def source(tmp_path) -> Path:
    (folder := tmp_path / "input").mkdir()
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


def test_every_picture_has_a_row_an_array_and_a_picture_and_a_damaged_one_its_error(source):
    put(source, a="42", b="1984", c=NOTHING, d=MANY)
    (source / "e.png").write_bytes(encoded(photo_of("128"))[:100])
    (source / "f.jpg").write_text("no picture")
    rows, lines, target = run(source)
    arrays = [[2, 4, 2, 10, 10, 10], [4, 1, 9, 8, 4, 10], [0, 10, 10, 10, 10, 10], [6, 10, 10, 10, 10, 10], [], []]
    assert [row.array for row in rows] == arrays
    assert ["damaged" in rows[4].error, "not a picture" in rows[5].error] == [True, True]
    assert tuple(lines[0]) == COLUMNS
    assert [[int(line[key]) for key in ("n", "d1", "d2", "d3", "d4", "d5")] for line in lines[:4]] == arrays[:4]
    assert [line["file"] for line in lines] == [row.file for row in rows] == [*(f"{c}.png" for c in "abcde"), "f.jpg"]
    assert [line["number"] for line in lines] == ["42", "1984", "", "", "", ""]
    assert [line["state"] for line in lines[:4]] == ["confident", "check", "no number", "more than five digits"]
    assert (lines[0]["confidence"], lines[0]["error"]) == ("0.999", "")
    corners = [[line[side] for side in ("x1", "y1", "x2", "y2")] for line in (lines[0], lines[2])]
    assert corners == [["24.0", "16.0", "72.0", "48.0"], [""] * 4]
    assert {lines[4][key] for key in COLUMNS if key not in ("file", "state", "error")} == {""}
    assert {path.name for path in target.iterdir()} == {*(f"{c}.png" for c in "abcd"), "readings.csv"}
    found, none = ((open_photo(target / name) == draw.FOUND).all(-1).sum() for name in ("a.png", "c.png"))
    assert found > 1000
    assert none == 0


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


def test_what_is_no_picture_and_the_output_itself_are_left_alone(source):
    put(source, a="42")
    (source / "B.JPEG").write_bytes(encoded(photo_of("7"), "JPEG"))
    (source / "deep").mkdir()
    put(source / "deep", c="128")
    (source / "folder.png").mkdir()
    (source / "labels.csv").write_text("file,number\n")
    (source / "._a.png").write_bytes(b"what macOS puts next to a.png")
    for _ in range(2):
        rows = read_folder(FakePipeline(), source, source / "output")
        assert [row.file for row in rows] == ["B.JPEG", "a.png"]


@pytest.mark.parametrize("same", [".", "../input", "../link"])
def test_output_must_not_be_the_input(source, same):
    put(source, a="42")
    (source.parent / "link").symlink_to(source)
    before = (source / "a.png").read_bytes()
    with pytest.raises(DataError, match="is the input folder itself"):
        list(read_folder(FakePipeline(), source, source / same))
    assert [path.name for path in source.iterdir()] == ["a.png"]
    assert (source / "a.png").read_bytes() == before


def test_output_that_cannot_be_written_is_reported(source):
    put(source, a="42")
    (source.parent / "output" / "a.png").mkdir(parents=True)
    for target in (source / "a.png", source / "a.png" / "deep", source.parent / "output"):
        with pytest.raises(DataError, match="cannot be written"):
            list(read_folder(FakePipeline(), source, target))
    assert (source / "a.png").read_bytes() == encoded(photo_of("42"))


def test_a_full_disk_is_a_sentence_and_leaves_no_part_of_a_file(source):
    noise = np.random.default_rng(0).integers(0, 255, (300, 300, 3), np.uint8)
    put(source, a="42")
    (source / "b.png").write_bytes(encoded(noise))
    target = source.parent / "output"
    with full_disk(), pytest.raises(DataError, match="cannot be written"):
        list(read_folder(FakePipeline(), source, target))
    assert [path.name for path in target.glob("[!.]*")] == ["a.png"]


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
    stopped_after(1, source)
    put(source, _="128")  # what other files left is not gone on with
    assert [row.file for row in run(source)[0]] == ["_.png", "a.png", "b.png", "c.png", "d.png"]


@pytest.mark.parametrize("name", ["=1+1.jpg", "a;=1+1.jpg", "a\t@b.jpg", "a;b;+1.jpg"])
def test_no_cell_is_a_formula_whatever_separates_cells(name):
    line = Row(name, error="Damaged.").csv_line(0.5)
    assert not re.search(r"(^|[;\t,])[=+@-]", line)
