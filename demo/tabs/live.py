"""The webcam as it runs, with the box and the number drawn into every frame."""

from __future__ import annotations

from svhn.pipeline import Pipeline


def build(pipeline: Pipeline) -> None:
    """Lays the tab out."""
