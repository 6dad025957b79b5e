"""What `prepare` did with every record of a split: counts and problems."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

MAX_LISTED = 1000  # problems of one kind listed one by one; all are counted


@dataclass
class Summary:
    """Counts and problems; `str` is the report."""

    source: str  # name of the archive or folder
    records: int
    written: int = 0
    skipped: Counter[str] = field(default_factory=Counter)  # reason -> records left out
    noted: Counter[str] = field(default_factory=Counter)  # unusual but harmless
    problems: list[str] = field(default_factory=list)  # "archive, record number, file: what"

    def skip(self, reason: str, name: str, record: int, what: str = "") -> None:
        """A record that was left out: the reason under which it is counted, and the details."""
        self.skipped[reason] += 1
        if self.skipped[reason] <= MAX_LISTED:
            self._report(name, record, f"skipped, {what or reason}")

    def note(self, what: str, name: str, record: int | None = None) -> None:
        """Something unusual but harmless."""
        self.noted[what] += 1
        if self.noted[what] <= MAX_LISTED:
            self._report(name, record, what)

    def _report(self, name: str, record: int | None, what: str) -> None:
        """Records are counted from 0 here and from 1 for people, as in MATLAB."""
        place = "" if record is None else f"record {record + 1}, "
        self.problems.append(f"{self.source}, {place}{name or 'without a name'}: {what}")

    def __str__(self) -> str:
        lines = [*self.problems]
        if max([0, *self.skipped.values(), *self.noted.values()]) > MAX_LISTED:
            lines.append(f"(only the first {MAX_LISTED} of each kind are listed; all are counted)")
        lines.append(f"{self.source}: {self.records} records, {self.written} written, {self.skipped.total()} skipped")
        lines += [f"  skipped, {reason}: {count}" for reason, count in self.skipped.most_common()]
        lines += [f"  noted, {what}: {count}" for what, count in self.noted.most_common()]
        return "\n".join(lines)
