"""The view of a batch: progress, counts, a tile per photo, a table. No Gradio in here."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from markupsafe import Markup

from svhn.batch.local import Row

from .templating import macro
from .text import percent

SIGNS = {
    "confident": "✓",
    "check": "?",
    "no number": "–",
    "more than five digits": "…",
    "error": "✗",
}  # the CSV's states
LEAST_DONE, LEAST_SHARE = 5, 0.1  # photos, and share of them, after which the time that is left is estimated


@dataclass(frozen=True)
class Line:
    """One file as the page shows it; `index` is its position among the files that were sent."""

    index: int
    file: str
    state: str
    number: str = ""
    confidence: str = ""
    note: str = ""
    box: str = ""
    ms: str = ""
    picture: str = ""  # the address of the photo with its boxes

    @property
    def sign(self) -> str:
        return SIGNS[self.state]


@dataclass
class BatchView:
    """The view of a visitor's batch so far."""

    total: int
    unsure_below: float
    started: float = field(default_factory=time.perf_counter)
    lines: list[Line] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, row: Row, file: str, picture: Path | None) -> None:
        """The next row, with its file's name and the file of its picture; what to check comes first."""
        state = row.state(self.unsure_below)
        place = self.counts["check"] if state == "check" else len(self.lines)
        self.lines.insert(place, _line(row, len(self.lines), state, file, picture))
        self.counts[state] += 1

    def results(self) -> Markup:
        return macro("batch", "results", self.lines)

    def progress(self) -> Markup:
        done, seconds = len(self.lines), time.perf_counter() - self.started
        known = done >= max(LEAST_DONE, LEAST_SHARE * self.total)
        left = f" · about {_duration(seconds / done * (self.total - done))} left" if known else ""
        return macro("batch", "progress", done, self.total, left)

    def summary(self) -> Markup:
        done, seconds = len(self.lines), time.perf_counter() - self.started
        files = "1 file" if self.total == 1 else f"{self.total} files"
        head = f"All done: {files}" if done == self.total else f"Stopped after {done} of {files}"
        counted = [(state, self.counts[state]) for state in SIGNS if self.counts[state]]
        return macro("batch", "summary", head, _duration(seconds), done, counted)


def refusal(sentence: str) -> Markup:
    """The message when nothing was read."""
    return macro("batch", "refusal", sentence)


def _duration(seconds: float) -> str:
    return f"{max(1, round(seconds))} s" if seconds < 90 else f"{round(seconds / 60)} min"


def _line(row: Row, index: int, state: str, file: str, picture: Path | None) -> Line:
    reading = row.reading
    if reading is None:
        return Line(index, file, state, note=row.error)
    return Line(
        index,
        file,
        state,
        number=reading.number or "",
        confidence=percent(reading.confidence) if reading.number else "",
        note=f"also {row.also}" if row.also else "",
        box=", ".join(f"{v:.0f}" for v in reading.box) if reading.box else "",
        ms=f"{sum(reading.timings_ms.values()):.0f}",
        picture=f"gradio_api/file={quote(str(picture))}" if picture else "",
    )
