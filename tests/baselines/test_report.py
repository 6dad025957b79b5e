import json
import re
import shutil
from pathlib import Path

import pytest

from svhn.baselines.report import format_page, read_records
from svhn.baselines.systems import DIGITS, LENGTH_CHECK, LOCALIZER, READER, STRIPS, SYSTEMS, System
from svhn.baselines.tables import headline
from svhn.cli.main import main
from svhn.utils.errors import DataError

ROOT = Path(__file__).resolve().parents[2]
RECORDS = read_records(ROOT / "results")
PAGE = format_page(RECORDS)


def _line(page: str, row: System) -> str:
    return next(line for line in page.splitlines() if line.startswith(f"| {row.title} |"))


def test_the_committed_page_is_what_the_committed_records_make():
    committed = (ROOT / "RESULTS.md").read_text(encoding="utf-8")
    assert committed == PAGE, "make it again with: python -m svhn results"


def test_committed_records_name_no_folder_of_the_machine_they_were_made_on():
    for path in (ROOT / "results").glob("*.json"):
        assert not re.search(r"(^|[\s\"'])(/\w+|[A-Z]:\\)", path.read_text(encoding="utf-8")), path.name


@pytest.mark.parametrize("row", [row for row in SYSTEMS if row.name in RECORDS], ids=lambda row: row.name)
def test_a_row_has_its_metric_and_details(row):
    record, line = RECORDS[row.name], _line(PAGE, row)
    metrics = record["figures"]["test" if row.kind in (DIGITS, STRIPS) else "held_out"]
    metric = metrics[{LOCALIZER: "recall_50", LENGTH_CHECK: "count_accuracy"}.get(row.kind, "sequence_accuracy")]
    assert f"{100 * metric:.{2 if metrics['images'] > 5000 else 1}f} %" in line
    assert all(f"{network['minutes']:g}" in line for network in record["networks"].values())
    assert row.claim in line
    assert row.note in PAGE
    assert " %" in headline(record)


def test_what_is_not_measured_and_photos_left_out_are_reported():
    page = format_page({})
    assert all(row.missing in _line(page, row) for row in SYSTEMS)
    assert not re.search(r"\d\.\d %", page.split("## Document")[0])
    assert "2 photos are damaged and left out" in format_page({"compact": {**RECORDS["compact"], "left_out": 2}})


def test_the_command_writes_the_page_of_a_folder(tmp_path, capsys):
    records, page = str(shutil.copytree(ROOT / "results", tmp_path / "results")), tmp_path / "PAGE.md"
    assert main(["results", "--records", records, "--out", str(page)]) == 0
    assert page.read_text(encoding="utf-8") == PAGE
    assert capsys.readouterr().out == f"{page}: {len(RECORDS)} records\n"
    for out, message in ((tmp_path, "is a folder"), (page / "x.md", "cannot be written")):
        assert main(["results", "--records", records, "--out", str(out)]) == 1
        assert message in capsys.readouterr().err


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
    (tmp_path / f"{row.name}.json").write_text(spoil(RECORDS[row.name]))
    assert main(["results", "--records", str(tmp_path), "--out", str(tmp_path / "PAGE.md")]) == 1
    assert f"measure {row.name} again" in capsys.readouterr().err
    assert not (tmp_path / "PAGE.md").exists()
    with pytest.raises(DataError):
        read_records(tmp_path)
