"""A choice among what a photo brought. (Gradio writes a .pyi beside it, which git ignores.)"""

from __future__ import annotations

import gradio as gr


class Pick(gr.Radio):
    """Options that are set when a photo has been read. Gradio forgets them with the photo and would then complain of a
    value that is not in its list; here the value is handed over as it came, and whoever gets it looks whether it is
    still about something."""

    is_template = True  # shown by the frontend of gr.Radio

    def preprocess(self, payload: str | int | float | None) -> str | int | float | None:
        return payload
