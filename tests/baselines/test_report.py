"""RESULTS.md is what the records say, every row of them, and nothing else."""

import json
import re
from pathlib import Path

import pytest

from svhn.baselines.documents import DOCUMENTS
from svhn.baselines.report import format_page, read_records
from svhn.baselines.systems import DIGITS, LENGTH_CHECK, LOCALIZER, PIPELINE, READER, STRIPS, SYSTEMS, System
from svhn.baselines.tables import bar, headline, percent, with_interval
from svhn.cli.parser import main
from svhn.utils.errors import DataError

ROOT = Path(__file__).resolve().parents[2]


def _read(share: float, images: int = 408) -> dict:
    return {"images": images, "sequence_accuracy": share, "interval_95": [share - 0.01, share + 0.01]}


def _figures(row: System, share: float) -> dict:
    """As `measure` writes them, of a system that is right in that share."""
    half = {"sequence_accuracy": share / 2, "accuracy_of_readings": share, "coverage_at_98": share / 4}
    read = {**_read(share), "digit_accuracy": 0.987, "coverage_at_98": 0.456}
    checkpoints = [{"checkpoint": "best", "steps": 1234, "part": "held_out", **read}] if row.every_checkpoint else []
    return {
        READER: {"held_out": read, "train": {**read, "images": 400}, "checkpoints": checkpoints},
        PIPELINE: {"held_out": read},
        DIGITS: {"test": _read(share, 10_000)},
        STRIPS: {"test": {**_read(share, 10_000), "digit_accuracy": 0.9987}},
        LOCALIZER: {
            "held_out": {
                "images": 408,
                "mean_iou": 0.7654,
                "mean_dice": 0.876,
                "recall_50": share,
                "containment": 0.765,
                "interval_95": [share - 0.01, share + 0.01],
                **({"mask_dice": 0.912} if row.name.startswith("unet") else {}),
            }
        },
        LENGTH_CHECK: {
            "held_out": {
                "images": 408,
                "count_accuracy": 0.87,
                "rejected": 31,
                "rejected_wrong": 29,
                "without": half,
                "with": {**half, "coverage_at_98": share / 2},
            }
        },
    }[row.kind]


def _record(row: System, share: float = 0.8, machine: str = "a small machine") -> dict:
    networks = {
        part: {
            "recipe": name,
            "parameters": 1_500_000,
            "seed": 7,
            "steps": 4321,
            "minutes": 12.3,
            "machine": machine,
            "data": f"data of {name}",
            "initialized_from": "",
            "code": "abc1234",
            "sha256": (name * 64)[:64],
        }
        for part, name in row.networks.items()
    }
    return {
        "row": row.name,
        "kind": row.kind,
        "networks": networks,
        "figures": _figures(row, share),
        "latency_ms": {"median": 4.56, "of": "something", "threads": 2},
        "left_out": 0,
        "date": "2026-01-02",
        "machine": "the measuring machine",
        "code": "def5678",
        "command": f"python -m svhn measure {row.name} --data DIR",
    }


def _line(page: str, row: System) -> str:
    return next(line for line in page.splitlines() if line.startswith(f"| {row.title} |"))


def _tables(page: str) -> list[list[str]]:
    return [block.splitlines() for block in page.split("\n\n") if block.startswith("|")]


ALL = {row.name: _record(row) for row in SYSTEMS}


def test_the_committed_page_is_what_the_committed_records_make():
    made, committed = format_page(read_records(ROOT / "results")), (ROOT / "RESULTS.md").read_text(encoding="utf-8")
    assert committed == made, "make it again with: python -m svhn results"


def test_committed_records_name_no_folder_of_the_machine_they_were_made_on():
    for path in (ROOT / "results").glob("*.json"):
        assert not re.search(r"(^|[\s\"'])(/\w+|[A-Z]:\\)", path.read_text(encoding="utf-8")), path.name


@pytest.mark.parametrize("row", SYSTEMS, ids=lambda row: row.name)
def test_a_row_has_its_metric_and_details(row):
    line = _line(format_page(ALL), row)
    main_figure = {LOCALIZER: "80.0 % (79.0 – 81.0 %)", LENGTH_CHECK: "20.0 % → 40.0 %"}
    assert main_figure.get(row.kind, "80.00 %" if row.data_set == "MNIST" else "80.0 % (79.0 – 81.0 %)") in line
    networks = len(set(row.networks.values()))
    assert f"{1.5 * networks:.1f} M" in line
    assert " 4.6 " in line
    assert " + ".join(["12.3"] * networks) + " min, A, seed 7" in line
    assert row.claim in line
    assert row.note in format_page(ALL)
    if row.kind in (READER, STRIPS):
        assert "98.7 %" in line or "99.87 %" in line
    if row.name.startswith("unet"):
        assert "91.2 %" in line
    if row.kind == LENGTH_CHECK:
        assert "31, of which 29 wrong" in line


def test_tables_are_whole_and_say_nothing_empty():
    tables = _tables(format_page(ALL))
    assert len(tables) > len(DOCUMENTS)
    for lines in tables:
        assert len({line.count("|") for line in lines}) == 1
    assert "None" not in format_page(ALL)
    assert "nan" not in format_page(ALL)


def test_every_network_is_listed_once_with_its_training_data():
    last = _tables(format_page(ALL))[-1]
    recipes = {name for row in SYSTEMS for name in row.networks.values()}
    assert len(last) - 2 == len(recipes)
    assert all(any(f"| data of {name} | – | 4,321 |" in line for line in last) for name in recipes)


def test_every_checkpoint_has_a_line_where_it_was_measured():
    page = format_page(ALL)
    assert "| best | 1,234 | 408 held out | 80.0 % (79.0 – 81.0 %) | 98.7 % |" in page
    assert page.count("Every checkpoint of") == sum(row.every_checkpoint for row in SYSTEMS)


def test_machines_have_letters():
    records = {row.name: _record(row, machine=f"machine {i % 2}") for i, row in enumerate(SYSTEMS[:3])}
    page = format_page(records)
    assert "(A: machine 0; B: machine 1)" in page
    assert "min, B, seed 7" in _line(page, SYSTEMS[1])


def test_bars_stand_in_the_order_of_their_figures():
    shares = {"goodfellow": 0.5, "customized": 0.9, "strips_on_photos": 0.0}
    rows = [row for row in SYSTEMS if row.name in shares]
    page = format_page({row.name: _record(row, shares[row.name]) for row in rows})
    chart = next(block for block in page.split("\n\n") if block.startswith("```")).splitlines()[1:-1]
    assert [re.search(r"(\S+) %", line)[1] for line in chart] == ["90.0", "50.0", "0.0"]
    assert [line.count("█") for line in chart] == [27, 15, 0]
    assert len(bar(1.0)) == 30
    assert bar(0.0) == ""
    assert bar(1 / 60) == "▌"


def test_what_is_not_measured_says_so():
    page = format_page({})
    assert all(row.missing in _line(page, row) for row in SYSTEMS)
    assert "download" in _line(page, next(row for row in SYSTEMS if row.name == "vgg16_imagenet"))
    assert "Side by side" not in page
    assert not re.search(r"\d\.\d %", page.split("## Document")[0])


def test_photos_left_out_are_reported():
    record = _record(SYSTEMS[0])
    assert "left out" not in format_page({SYSTEMS[0].name: record})
    record["left_out"] = 2
    assert "2 photos are damaged and left out" in format_page({SYSTEMS[0].name: record})


def test_a_second_decimal_is_for_many():
    assert percent(0.98765) == "98.8 %"
    assert percent(0.98765, 10_000) == "98.77 %"
    assert with_interval(_read(0.5)) == "50.0 % (49.0 – 51.0 %)"


def test_headlines_are_short():
    lines = {row.kind: headline(ALL[row.name]) for row in SYSTEMS}
    assert lines[READER] == "80.0 % (79.0 – 81.0 %) of 408 photos, true box"
    assert lines[LOCALIZER] == "recall at IoU 0.5: 80.0 % (79.0 – 81.0 %)"
    assert lines[LENGTH_CHECK] == "coverage at 98 %: 20.0 % → 40.0 %"
    assert lines[STRIPS].endswith("of 10,000 strips")


def _write(folder: Path, *rows: System) -> None:
    folder.mkdir()
    for row in rows:
        (folder / f"{row.name}.json").write_text(json.dumps(_record(row)))


def test_the_command_writes_the_page_of_a_folder(tmp_path, capsys):
    _write(tmp_path / "results", *SYSTEMS[:2])
    page = tmp_path / "PAGE.md"
    assert main(["results", "--records", str(tmp_path / "results"), "--out", str(page)]) == 0
    assert page.read_text(encoding="utf-8") == format_page({row.name: _record(row) for row in SYSTEMS[:2]})
    assert capsys.readouterr().out == f"{page}: 2 records\n"
    assert main(["results", "--records", str(tmp_path / "results"), "--out", str(tmp_path)]) == 1
    assert "is a folder" in capsys.readouterr().err
    assert main(["results", "--records", str(tmp_path / "results"), "--out", str(page / "x.md")]) == 1
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize(
    "spoil",
    [
        lambda record: "{",
        lambda record: "[]",
        lambda record: json.dumps({**record, "row": "strips"}),
        lambda record: json.dumps({**record, "kind": LOCALIZER}),
        lambda record: json.dumps({**record, "figures": {}}),
        lambda record: json.dumps({**record, "networks": {"reader": {}}}),
        lambda record: json.dumps({**record, "latency_ms": {"median": "fast", "threads": 2}}),
    ],
)
def test_a_damaged_record_is_reported_and_no_page_written(spoil, tmp_path, capsys):
    row = next(row for row in SYSTEMS if row.kind == READER)
    (tmp_path / f"{row.name}.json").write_text(spoil(_record(row)))
    assert main(["results", "--records", str(tmp_path), "--out", str(tmp_path / "PAGE.md")]) == 1
    assert f"measure {row.name} again" in capsys.readouterr().err
    assert not (tmp_path / "PAGE.md").exists()
    with pytest.raises(DataError):
        read_records(tmp_path)
