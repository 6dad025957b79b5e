"""What a visitor sees of a batch: progress, table, captions of the gallery, what was counted. No Gradio in here."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from svhn.batch import Row

HEADERS = ["File", "Number", "State", "Confidence, %", "Box: x1, y1, x2, y2", "ms", "What went wrong", "Also"]
KINDS = ["str", "str", "str", "number", "str", "number", "str", "str"]
WIDTHS = [150, 85, 110, 130, 175, 70, 510, 150]  # a phone shows the first three at once
STATES = {  # its sign and colour in the table, and how it is counted
    "sure": ("✓ sure", "--good", "sure"),
    "unsure": ("? unsure", "--doubt", "unsure: compare these with the photos"),
    "none": ("– none", "--body-text-color-subdued", "without a number"),
    "too long": ("… too long", "--body-text-color-subdued", "with more than five digits"),
    "error": ("✗ error", "--bad", "could not be read; the table says why"),
}


@dataclass
class BatchView:
    """What one visitor sees of a batch so far."""

    total: int
    unsure_below: float
    started: float = field(default_factory=time.perf_counter)
    rows: list[list[Any]] = field(default_factory=list)
    styles: list[list[str]] = field(default_factory=list)
    pictures: list[tuple[str, str]] = field(default_factory=list)  # path, caption
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, row: Row, file: str, picture: Path | None) -> None:
        state = row.state(self.unsure_below)
        sign, colour, _ = STATES[state]
        self.counts[state] += 1
        self.rows.append(_cells(row, file, sign))
        self.styles.append(["", "", f"color: var({colour}); font-weight: 600", *[""] * 5])
        if picture:
            place = self.counts["unsure"] - 1 if state == "unsure" else len(self.pictures)  # what to check is first
            self.pictures.insert(place, (str(picture), _caption(row, state, file)))

    def table(self) -> dict[str, Any]:
        return {"headers": HEADERS, "data": self.rows, "metadata": {"styling": self.styles}}

    def progress(self) -> str:
        done, seconds = len(self.rows), time.perf_counter() - self.started
        left = f" · about {_duration(seconds / done * (self.total - done))} left" if done else ""
        return (
            f"<p><b>{done} of {self.total}</b> read{left}</p>"
            f'<progress max="{self.total}" value="{done}" aria-label="Photos read"></progress>'
        )

    def summary(self) -> str:
        done, seconds = len(self.rows), time.perf_counter() - self.started
        files = "1 file" if self.total == 1 else f"{self.total} files"
        head = f"All done: {files}" if done == self.total else f"Stopped after {done} of {files}"
        counted = "".join(
            f'<li style="--state: var({colour})"><b>{self.counts[state]}</b> {words}</li>'
            for state, (_, colour, words) in STATES.items()
            if self.counts[state]
        )
        return f'<p role="status"><b>{head}</b>, in {_duration(seconds)}.</p><ul>{counted}</ul>'


def _duration(seconds: float) -> str:
    return f"{max(1, round(seconds))} s" if seconds < 90 else f"{round(seconds / 60)} min"


def _cells(row: Row, file: str, sign: str) -> list[Any]:
    """One line of the table."""
    reading = row.reading
    if reading is None:
        return [file, "", sign, None, "", None, row.error, ""]
    box = ", ".join(f"{v:.0f}" for v in reading.box) if reading.box else ""
    percent = min(99.9, round(reading.confidence * 100, 1)) if reading.number else None
    return [file, reading.number or "", sign, percent, box, round(sum(reading.timings_ms.values())), "", row.also]


def _caption(row: Row, state: str, file: str) -> str:
    """The number in large type, by its line; the file below."""
    number = row.reading.number if row.reading else None
    head = number or {"none": "no number", "too long": "> 5 digits"}[state]
    return f"{head}\nunsure · {file}" if state == "unsure" else f"{head}\n{file}"
