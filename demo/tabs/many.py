"""Up to 200 photos at once: a gallery, a table, CSV and ZIP to take away."""

from __future__ import annotations

from svhn.pipeline import Pipeline


def build(pipeline: Pipeline) -> None:
    """Lays the tab out."""
