import json
import re
from pathlib import Path

import pytest

from svhn.baselines.founding_documents import DOCUMENTS
from svhn.baselines.report import format_page, read_records
from svhn.baselines.systems import DIGITS, LENGTH_CHECK, LOCALIZER, READER, STRIPS, SYSTEMS, System, select_systems
from svhn.baselines.tables import headline
from svhn.cli.main import main
from svhn.training.recipes import RECIPES
from svhn.utils.errors import DataError

ROOT = Path(__file__).resolve().parents[2]
RECORDS = read_records(ROOT / "results")
PAGE = format_page(RECORDS)


def _line(page: str, row: System) -> str:
    return next(line for line in page.splitlines() if line.startswith(f"| {row.title} |"))


def test_the_committed_page_is_what_the_committed_records_make_which_name_no_folder_of_a_machine():
    committed = (ROOT / "RESULTS.md").read_text(encoding="utf-8")
    assert committed == PAGE, "make it again with: python -m svhn results"
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
    assert "2 photos are damaged and left out" in format_page({"compact": {**RECORDS["compact"], "left_out": 2}})


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


def test_every_recipe_is_in_a_row_and_every_row_in_a_document():
    assert {name for row in SYSTEMS for name in row.networks.values()} == set(RECIPES)
    assert list(dict.fromkeys(row.document for row in SYSTEMS)) == [document.number for document in DOCUMENTS]
    names = [row.name for row in SYSTEMS]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9_]+", name) for name in names)  # they are files' names
    assert select_systems([]) == SYSTEMS
    assert [row.name for row in select_systems(["strips", "goodfellow"])] == ["goodfellow", "strips"]
    with pytest.raises(DataError, match="no row 'lenet'; choose from goodfellow"):
        select_systems(["strips", "lenet"])
