"""Markdown tables of records: one line per row of `systems`, columns by what the rows are measured by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from string import ascii_lowercase, ascii_uppercase

from ..evaluation.evaluate import HELD_OUT
from .evaluation_data import TEST, TRAIN
from .systems import DIGITS, LENGTH_CHECK, LOCALIZER, PIPELINE, READER, STRIPS, System

NONE = "–"
TRAINING = ("steps", "pictures seen", "core-hours", "data", "trained")  # titles of columns
TEST_COLUMN, TEST_COVERAGE = "test (95 % interval)", "coverage on test"
ALWAYS = (TEST_COLUMN, TEST_COVERAGE, *TRAINING)  # shown even where no row was measured since they are recorded
MANY = 5000  # pictures, from which on a second decimal means something
BAR = 30  # characters of a full one
EIGHTHS = ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")
PICTURES = {READER: "photos, true box", PIPELINE: "photos alone", DIGITS: "digits", STRIPS: "strips"}

Records = dict[str, dict]  # by the row's name; a row that was not measured has none


class Letters:
    """A letter for each text, in order of appearance."""

    def __init__(self, texts: Iterable[str], alphabet: str) -> None:
        self.of = dict(zip(dict.fromkeys(texts), alphabet, strict=False))

    def lines(self) -> list[str]:
        """ "A: a text", for each."""
        return [f"{letter}: {text or 'unknown'}" for text, letter in self.of.items()]


class Legend:
    """The machines and the training data of these records' networks, by letters that tables have room for."""

    def __init__(self, records: Iterable[dict]) -> None:
        networks = [network for record in records for network in record["networks"].values()]
        self.machines = Letters((network["machine"] for network in networks), ascii_uppercase)
        self.data = Letters((network["data"] for network in networks), ascii_lowercase)


@dataclass(frozen=True)
class Layout:
    """A table for rows of these kinds: titles of the metrics' columns, and the metrics of a record."""

    kinds: tuple[str, ...]
    titles: tuple[str, ...]
    cells: Callable[[dict], Sequence[str]]


def percent(share: float, n: int = 0) -> str:
    """0.912 -> "91.2 %"."""
    return f"{100 * share:.{2 if n >= MANY else 1}f} %"


def with_interval(metrics: dict, key: str = "sequence_accuracy") -> str:
    """ "91.2 % (88.0 – 93.6 %)"."""
    n, (low, high) = metrics["images"], metrics["interval_95"]
    return f"{percent(metrics[key], n)} ({percent(low, n).removesuffix(' %')} – {percent(high, n)})"


def main_metrics(record: dict) -> dict:
    """The metrics on data that no network was trained on."""
    return record["figures"][TEST if record["kind"] in (DIGITS, STRIPS) else HELD_OUT]


def headline(record: dict) -> str:
    """The main metric in a few words."""
    metrics = main_metrics(record)
    if record["kind"] == LENGTH_CHECK:
        return f"coverage at 98 %: {_change(metrics, 'coverage_at_98')}"
    if record["kind"] == LOCALIZER:
        return f"recall at IoU 0.5: {with_interval(metrics, 'recall_50')}"
    return f"{with_interval(metrics)} of {metrics['images']:,} {PICTURES[record['kind']]}"


def bar(share: float) -> str:
    """A share as a bar of up to `BAR` characters."""
    full, rest = divmod(round(share * BAR * 8), 8)
    return "█" * full + EIGHTHS[rest]


def system_tables(rows: Sequence[System], records: Records, legend: Legend) -> list[str]:
    """A table each for the rows that read, those that find and those that check, if there are any."""
    tables = []
    for layout in LAYOUTS:
        chosen = [row for row in rows if row.kind in layout.kinds]
        titles = ["system", *layout.titles, "parameters", "ms", *TRAINING, "the document says"]
        lines = [_line(row, records.get(row.name), layout, legend) for row in chosen]
        tables += [markdown(*_drop_empty_columns(titles, lines))] if lines else []
    return tables


def checkpoint_table(record: dict) -> str:
    """Every checkpoint of a reader on every part."""
    return markdown(
        ["checkpoint", "steps", "photos", "right (95 % interval)", "per digit"],
        [
            [
                line["checkpoint"],
                f"{line['steps']:,}",
                f"{line['images']:,} {line['part'].replace('_', ' ')}",
                with_interval(line),
                percent(line["digit_accuracy"]),
            ]
            for line in record["figures"]["checkpoints"]
        ],
    )


def run_table(records: Iterable[dict], legend: Legend) -> str:
    """Where every network comes from, each listed once."""
    networks = {network["sha256"]: network for record in records for network in record["networks"].values()}
    return markdown(
        [
            "recipe",
            "data",
            "initialized from",
            "steps",
            "pictures seen",
            "minutes",
            "machine",
            "seed",
            "code",
            "sha256 of its file",
        ],
        [
            [
                f"`{network['recipe']}`",
                legend.data.of[network["data"]],
                network["initialized_from"] or NONE,
                f"{network['steps']:,}",
                f"{network['pictures']:,}" if "pictures" in network else NONE,
                f"{network['minutes']:g}",
                legend.machines.of[network["machine"]],
                str(network["seed"]),
                f"`{network['code']}`",
                f"`{sha256[:16]}…`",
            ]
            for sha256, network in networks.items()
        ],
    )


def markdown(titles: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Format a table."""
    rule = ["---"] * len(titles)
    return "\n".join("| " + " | ".join(line) + " |" for line in (titles, rule, *lines))


def _drop_empty_columns(titles: list[str], lines: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    """Leave out columns that are empty in every row."""
    kept = [i for i, title in enumerate(titles) if i < 2 or title in ALWAYS or any(line[i] != NONE for line in lines)]
    return [titles[i] for i in kept], [[line[i] for i in kept] for line in lines]


def _line(row: System, record: dict | None, layout: Layout, legend: Legend) -> list[str]:
    if record is None:
        return [row.title, row.missing, *[NONE] * (len(layout.titles) + 1 + len(TRAINING)), row.claim]
    networks = list({network["sha256"]: network for network in record["networks"].values()}.values())
    minutes = " + ".join(f"{network['minutes']:g}" for network in networks)
    where = ", ".join(dict.fromkeys(legend.machines.of[network["machine"]] for network in networks))
    seeds = ", ".join(dict.fromkeys(str(network["seed"]) for network in networks))
    return [
        row.title,
        *layout.cells(record),
        _count(sum(network["parameters"] for network in networks)),
        _ms(record["latency_ms"]["median"]),
        " + ".join(f"{network['steps']:,}" for network in networks),
        _sum_known(f"{network['pictures']:,}" if "pictures" in network else NONE for network in networks),
        _sum_known(f"{network['core_hours']:g}" if "core_hours" in network else NONE for network in networks),
        " + ".join(dict.fromkeys(legend.data.of[network["data"]] for network in networks)),
        f"{minutes} min, {where}, seed {seeds}",
        row.claim,
    ]


def _sum_known(texts: Iterable[str]) -> str:
    """ "12 + 34", of several networks, or `NONE` if nothing is known of any."""
    texts = list(texts)
    return NONE if set(texts) == {NONE} else " + ".join(texts)


def _on_test(record: dict, key: str = "sequence_accuracy") -> str:
    """The same metric on official test photos, where they were given."""
    metrics = record["figures"].get(TEST) if record["kind"] not in (DIGITS, STRIPS) else None
    return f"{with_interval(metrics, key)} of {metrics['images']:,}" if metrics else NONE


def _reading(record: dict) -> list[str]:
    metrics = main_metrics(record)
    train = record["figures"].get(TRAIN)
    digits, coverage = metrics.get("digit_accuracy"), metrics.get("coverage_at_98")
    return [
        with_interval(metrics),
        f"{metrics['images']:,} {PICTURES[record['kind']]}",
        _on_test(record),
        NONE if digits is None else percent(digits, metrics["images"]),
        NONE if coverage is None else percent(coverage),
        f"{percent(train['sequence_accuracy'])} of {train['images']:,}" if train else NONE,
    ]


def _finding(record: dict) -> list[str]:
    metrics = main_metrics(record)
    return [
        with_interval(metrics, "recall_50"),
        _on_test(record, "recall_50"),
        f"{metrics['mean_iou']:.3f}",
        percent(metrics["mean_dice"]),
        percent(metrics["mask_dice"]) if "mask_dice" in metrics else NONE,
        percent(metrics["containment"]),
        percent(metrics["count_accuracy"]) if "count_accuracy" in metrics else NONE,
    ]


def _checking(record: dict) -> list[str]:
    metrics = main_metrics(record)
    test = record["figures"].get(TEST)
    return [
        _change(metrics, "coverage_at_98"),
        _change(test, "coverage_at_98") if test else NONE,
        f"{metrics['rejected']}, of which {metrics['rejected_wrong']} wrong",
        _change(metrics, "accuracy_of_readings"),
        _change(metrics, "sequence_accuracy"),
        percent(metrics["count_accuracy"]),
    ]


LAYOUTS = (
    Layout(
        (READER, PIPELINE, DIGITS, STRIPS),
        ("right (95 % interval)", "of", TEST_COLUMN, "per digit", "coverage at 98 %", "right on train"),
        _reading,
    ),
    Layout(
        (LOCALIZER,),
        (
            "recall at IoU 0.5 (95 % interval)",
            TEST_COLUMN,
            "mean IoU",
            "Dice of boxes",
            "Dice of masks",
            "contained",
            "count right",
        ),
        _finding,
    ),
    Layout(
        (LENGTH_CHECK,),
        (
            "coverage at 98 %",
            TEST_COVERAGE,
            "rejected",
            "right among readings",
            "right of all photos",
            "count right",
        ),
        _checking,
    ),
)


def _change(metrics: dict, key: str) -> str:
    """Without the check → with it."""
    return f"{percent(metrics['without'][key])} → {percent(metrics['with'][key])}"


def _count(parameters: int) -> str:
    if parameters < 100_000:
        return f"{parameters:,}"
    return f"{parameters / 1e6:.1f} M"


def _ms(ms: float) -> str:
    return f"{ms:.0f}" if ms >= 10 else f"{ms:.2g}"
