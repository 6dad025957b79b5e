"""Default paths: the repository's own folders."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PREPARED = ROOT / "data" / "prepared"
RUNS = ROOT / "runs"
WEIGHTS = ROOT / "weights"
RESULTS = ROOT / "results"
