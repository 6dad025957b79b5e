"""Why this number: a heat map of where the localizer looked, and what each digit was read from."""

from __future__ import annotations

import gradio as gr

from svhn.pipeline import Pipeline

from .photo_input import PhotoInput


def build(pipeline: Pipeline, photo: PhotoInput, shown: gr.State) -> None:
    """Lays the section out below the result. `shown` holds the `Reading` that the visitor looks at, or None."""
