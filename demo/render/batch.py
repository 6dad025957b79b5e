"""What a visitor sees of a batch: progress, table, captions of the gallery, what was counted. No Gradio in here."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from svhn.batch import Row

HEADERS = ["File", "Number", "State", "Confidence, %", "Note", "Box: x1, y1, x2, y2", "ms"]
KINDS = ["str", "str", "str", "number", "str", "str", "number"]
WIDTHS = [150, 85, 150, 130, 400, 175, 70]  # a phone shows the first three at once
STATES = {  # its sign and colour in the table, and how it is counted
    "confident": ("✓ confident", "--good", "confident"),
    "check": ("? check", "--doubt", "to check against the photos"),
    "no number": ("– no number", "--body-text-color-subdued", "without a number"),
    "more than five digits": ("… more than five digits", "--body-text-color-subdued", "with more than five digits"),
    "error": ("✗ error", "--bad", "could not be read; the notes say why"),
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
        place = self.counts["check"] if state == "check" else None  # what to check is first
        self.counts[state] += 1
        _insert(self.rows, place, _cells(row, file, sign))
        _insert(self.styles, place, ["", "", f"color: var({colour}); font-weight: 600", *[""] * 4])
        if picture:
            _insert(self.pictures, place, (str(picture), _caption(row, state, file)))

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


def _insert(things: list, place: int | None, thing: Any) -> None:
    """At that place, or at the end."""
    things.insert(len(things) if place is None else place, thing)


def _cells(row: Row, file: str, sign: str) -> list[Any]:
    """One line of the table."""
    reading = row.reading
    if reading is None:
        return [file, "", sign, None, row.error, "", None]
    note = f"also {row.also}" if row.also else ""
    box = ", ".join(f"{v:.0f}" for v in reading.box) if reading.box else ""
    percent = min(99.9, round(reading.confidence * 100, 1)) if reading.number else None
    return [file, reading.number or "", sign, percent, note, box, round(sum(reading.timings_ms.values()))]


def _caption(row: Row, state: str, file: str) -> str:
    """The number in large type, by its line; the file below."""
    number = row.reading.number if row.reading else None
    head = number or {"no number": "no number", "more than five digits": "> 5 digits"}[state]
    return f"{head}\ncheck this · {file}" if state == "check" else f"{head}\n{file}"
