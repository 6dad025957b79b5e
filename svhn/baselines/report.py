"""Generate RESULTS.md from the records: every system of `systems` with its metrics, none of which is typed by hand."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from ..utils.errors import DataError
from ..utils.files import write_output
from . import learning_curves, tables
from .founding_documents import DOCUMENTS, THIS_PROJECT, Document
from .measure import record_path
from .metrics import TIMED, WARM_UP
from .systems import LOCALIZER, PIPELINE, READER, SYSTEMS, System
from .tables import PICTURES, Legend, Records

CHARTS = (
    ("Readers, the true box given: every digit and the length right", READER, "sequence_accuracy"),
    ("From the photo alone: every digit and the length right", PIPELINE, "sequence_accuracy"),
    ("Localizers: boxes that overlap the true one by half (IoU 0.5)", LOCALIZER, "recall_50"),
)


def write_page(folder: Path, page: Path) -> int:
    """Write the page of the records in the folder; return their count. Raises DataError for a damaged record or if
    the page cannot be written."""
    records, figure = read_records(folder), folder / learning_curves.NAME
    if learning_curves.histories(records):
        learning_curves.plot(records, figure)
    write_output(page, format_page(records, Path(os.path.relpath(figure, page.parent)).as_posix()).encode())
    return len(records)


def read_records(folder: Path) -> Records:
    """The records of the measured rows. Raises DataError for a damaged one."""
    return {row.name: _read(row, path) for row in SYSTEMS if (path := record_path(row, folder)).is_file()}


def format_page(records: Records, figure: str = f"results/{learning_curves.NAME}") -> str:
    """The text of RESULTS.md. figure: where the plot of the readers' histories is, seen from there."""
    legend = Legend(records.values())
    charts = [chart for title, kind, key in CHARTS if (chart := _chart(title, kind, key, records))]
    if learning_curves.histories(records):
        charts.append(f"**Readers, by the pictures they had learnt from**\n\n![Accuracy by pictures seen]({figure})")
    introduction = INTRODUCTION.format(measured=len(records), rows=len(SYSTEMS))
    sections = [introduction, *(["## Side by side", *charts] if charts else []), _how(records, legend), AGAIN]
    for document in DOCUMENTS:
        sections += _document(document, records, legend)
    if records:
        data = "\n".join(f"- {line}" for line in legend.data.lines())
        sections += ["## Where the networks come from", "Data:", data, tables.run_table(records.values(), legend)]
    return "\n\n".join(sections) + "\n"


INTRODUCTION = """# Results

This project started from five documents. Each describes systems that read or find house numbers, and no two report
metrics on the same photos. Here are their systems, each trained with one command, and this project's own, all measured
the same way. {measured} of {rows} rows have been measured so far.

`python -m svhn results` generates this page from the records in `results/`; no number was typed by hand. The column
“the document says” is the exception: these are the documents' own claims, on their own data."""

AGAIN = """To reproduce it, with `NAME` any recipe at the end of this page:

```
python -m svhn train-rows --data ../shared/svhn --mnist ../shared/mnist    # all; goes on where it was stopped
python -m svhn train NAME --data ../shared/svhn       # one; ../shared/mnist for those that learn from MNIST
python -m svhn measure --data ../shared/svhn --mnist ../shared/mnist --test ../shared/svhn_look
python -m svhn results
python -m svhn checkpoints runs/NAME --data ../shared/svhn              # best and last, on every split there is
```"""


def _how(records: Records, legend: Legend) -> str:
    def distinct(of: Callable[[dict], str], kinds: Iterable[str] = PICTURES) -> str:
        """What the records of these kinds have, each different text once, in order."""
        texts = [of(record) for record in records.values() if record["kind"] in kinds]
        return ", ".join(sorted(set(texts))) or "(not yet measured)"

    photos = distinct(lambda record: f"{tables.main_metrics(record)['images']:,}", (READER, LOCALIZER, PIPELINE))
    left_out = max((record["left_out"] for record in records.values()), default=0)
    left_out_note = f" {left_out} photos are damaged and left out." if left_out else ""
    machines = "; ".join(legend.machines.lines()) or "none yet"
    threads = distinct(lambda record: f"{record['latency_ms']['threads']}")
    return f"""## How it was measured

- **The photos** are {photos} of SVHN's official train split: those at hand whose number is divisible by 5, the same for
  all. No network on this page was trained on them. **Test** has, where it was measured, official test photos of other
  streets, which no network was trained on either.{left_out_note}
- **Right** means every digit and the length. The 95 % interval is Wilson's; differences within it may be luck.
  **Per digit** is the share of digits read at their place. It is higher than the share of exact matches, so it is
  secondary.
- **Readers** get the true box with the margin they were trained with. **Pipelines** get the photo and nothing else.
  **Localizers** are judged by their first box, whether a reader would prefer it or not; **contained** is the share of
  the true box that lies in it.
- **Coverage at 98 %** is the share of photos that could be read without anybody looking, the surest first, if 98 % of
  these must be right.
- **The weights** are those of the last step: no epoch was chosen by the metric that it is judged by. Only a run whose
  recipe has patience may end early when that metric stops improving, and the thresholds of the pipelines and
  the slack of U-Net's boxes were chosen on these photos.
- **ms** is the median of {TIMED} pictures, one at a time, after {WARM_UP} to warm up. Threads: {threads}. Machine:
  {distinct(lambda record: record["machine"])}.
- **Pictures seen** are steps times pictures a step; **core-hours** are of one core or, on a machine with one, of the
  GPU; “–” where the system was measured before they were recorded. **Data** is a letter of the list at the end of this
  page.
- **Trained** has minutes by the clock, machine ({machines})
  and seed. The machine had other work at the time, so steps and pictures say more than minutes. What a few minutes of a
  CPU gave is not what a system can do: the paper's network trained for six days.
- Measured {distinct(lambda record: record["date"])}, at commit {distinct(lambda record: f"`{record['code']}`")}."""


def _chart(title: str, kind: str, key: str, records: Records) -> str:
    """Bars of all systems of a kind, the longest first; "" if none was measured."""
    rows = [row for row in SYSTEMS if row.kind == kind and row.name in records]
    metrics = {row: tables.main_metrics(records[row.name])[key] for row in rows}
    width = max((len(row.title) for row in rows), default=0)
    lines = [
        f"{row.title:<{width}}  {row.document:<4}  {tables.percent(metrics[row]):>7}  {tables.bar(metrics[row])}"
        for row in sorted(rows, key=lambda row: -metrics[row])
    ]
    return f"**{title}**\n\n```\n" + "\n".join(line.rstrip() for line in lines) + "\n```" if lines else ""


def _document(document: Document, records: Records, legend: Legend) -> list[str]:
    rows = [row for row in SYSTEMS if row.document == document.number]
    name = document.title if document.number == THIS_PROJECT else f"Document {document.number}: {document.title}"
    sections = [f"## {name}", document.about, *tables.system_tables(rows, records, legend)]
    for row in rows:
        if row.every_checkpoint and row.name in records:
            sections += [f"Every checkpoint of “{row.title}”:", tables.checkpoint_table(records[row.name])]
    sections.append(document.compared)
    corrections = "\n".join(f"- **{row.title}** ({_recipes(row)}). {row.note}" for row in rows if row.note)
    return (
        [*sections, "What was corrected, and what was chosen where the document leaves it open:", corrections]
        if corrections
        else sections
    )


def _recipes(row: System) -> str:
    return ", ".join(f"`{name}`" for name in dict.fromkeys(row.networks.values()))


def _read(row: System, path: Path) -> dict:
    """A record that a page can be made of. Raises DataError for any other."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if (record["row"], record["kind"]) != (row.name, row.kind):
            raise ValueError("it is of another row")
        format_page({row.name: record})
    except (OSError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise DataError(f"{path} is no record of this version ({error}); measure {row.name} again.") from None
    return record
