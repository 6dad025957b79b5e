"""Correct it: another box, drawn or typed, is read at once; with the true number it can be kept for training."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from svhn.pipeline import Pipeline

from .photo_input import PhotoInput


def build(pipeline: Pipeline, photo: PhotoInput, shown: gr.State, collect: Path | None) -> None:
    """Lays the section out below the result. `shown` holds the `Reading` that the visitor looks at, or None."""
