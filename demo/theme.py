"""Colours, type and shapes of the page. What Gradio's theme cannot say is in static/css/."""

from __future__ import annotations

from typing import Any

import gradio as gr

from .config import STATIC

CSS = sorted((STATIC / "css").glob("*.css"))  # page.css for all tabs, and one for each tab or part

# Fonts that every system has: nothing is fetched from outside.
SANS = ("ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif")
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")

ENAMEL = gr.themes.Color(
    name="enamel",
    c50="#eef4fb",
    c100="#dae7f6",
    c200="#b9d0ed",
    c300="#8bb1e0",
    c400="#588bce",
    c500="#346bb8",
    c600="#24549b",
    c700="#1d447f",
    c800="#193965",
    c900="#142c4d",
    c950="#0d1d34",
)


def html(value: str | None = None, **options: Any) -> gr.HTML:
    """HTML without Gradio's default styles."""
    return gr.HTML(value, apply_default_css=False, **options)


def theme() -> gr.themes.Base:
    """The blue of an enamel number plate on stone; light and dark."""
    return gr.themes.Base(
        primary_hue=ENAMEL,
        secondary_hue=ENAMEL,
        neutral_hue=gr.themes.colors.stone,
        radius_size=gr.themes.sizes.radius_lg,
        font=SANS,
        font_mono=MONO,
    ).set(
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_400",
        body_background_fill="#f7f5f1",
        body_background_fill_dark="#171513",
        block_background_fill="#ffffff",
        block_background_fill_dark="#211f1c",
        block_border_color="#e5e0d8",
        block_border_color_dark="#383430",
        block_shadow="0 1px 2px rgb(60 50 40 / 0.06)",
        block_shadow_dark="none",
        block_label_text_color="*neutral_600",
        block_label_text_color_dark="*neutral_300",
        border_color_primary="#e5e0d8",
        border_color_primary_dark="#383430",
        background_fill_secondary="#f7f5f1",
        background_fill_secondary_dark="#1c1a18",
        link_text_color_dark="*primary_300",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
    )
