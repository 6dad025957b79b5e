"""What became of every record of a split, for a person to read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

MAX_PROBLEMS = 1000  # told one by one; all are counted


@dataclass
class Summary:
    """What became of a split. `print` it for a person."""

    source: str  # name of the archive or folder
    records: int
    written: int = 0
    skipped: Counter[str] = field(default_factory=Counter)  # reason -> records left out
    noted: Counter[str] = field(default_factory=Counter)  # what was odd and did no harm
    problems: list[str] = field(default_factory=list)  # "file, record number: what", the first MAX_PROBLEMS

    def tell(self, record: int, name: str, what: str) -> None:
        """Keep a problem of the record (counted from 0 here, from 1 for people, as MATLAB does)."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(f"{self.source}, record {record + 1} ({name or 'without a name'}): {what}")

    def __str__(self) -> str:
        lines = [*self.problems]
        if len(lines) == MAX_PROBLEMS:
            lines.append(f"(only the first {MAX_PROBLEMS} are told; all are counted)")
        lines.append(f"{self.source}: {self.records} records, {self.written} written, {self.skipped.total()} skipped")
        lines += [f"  skipped, {reason}: {count}" for reason, count in self.skipped.most_common()]
        lines += [f"  noted, {what}: {count}" for what, count in self.noted.most_common()]
        return "\n".join(lines)
