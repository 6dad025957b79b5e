"""The slider below which a reading is called unsure. (Gradio writes a .pyi beside it, which git ignores.)"""

from __future__ import annotations

import gradio as gr


class Threshold(gr.Slider):
    """A share in percent. Whatever is typed counts as the nearest that the slider has, and nothing as its own value."""

    is_template = True  # shown by the frontend of gr.Slider

    def preprocess(self, payload: float | None) -> float:
        """Percent -> 0 ... 1."""
        percent = self.value if payload is None else payload
        return min(max(percent, self.minimum), self.maximum) / 100
