"""One photo: what was read in it, where, and how sure the models are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import gradio as gr

from svhn.data.truth import Sample
from svhn.photos import PhotoError
from svhn.pipeline import Pipeline

from .. import chart, correct, why, words
from ..answer import answer
from ..offer import offer
from ..parts import KEPT_S, READS, html
from ..photo_input import PhotoInput, Sent
from ..truth import Truths


def build(
    pipeline: Pipeline, truths: Truths, own: Sequence[Sample], real: Sequence[Sample], collect: Path | None
) -> None:
    """Lays the tab out. `own` are this project's photos, `real` those of a data set the owner has named;
    `collect` is the folder that corrected photos are saved to, if the owner wants any."""
    with gr.Row(elem_classes="room"):
        with gr.Column(scale=5, min_width=320):
            photo = PhotoInput(
                label="Your photo",
                sources=["upload", "webcam", "clipboard"],
                webcam_options=gr.WebcamOptions(mirror=False),
                placeholder="# Drop a photo here\nor click to choose one",
                type="filepath",
                buttons=["fullscreen"],
                elem_id="photo",
            )
            offer(own, "No photo at hand? Try one of these", photo, "examples")
            if real:
                offer(real, "Or a real one from your data set", photo, "real")
        with gr.Column(scale=6, min_width=320, elem_id="result"):
            verdict = html(words.idle(), elem_id="verdict")
            found = gr.Image(
                label="Found in the photo",
                format="jpeg",
                interactive=False,
                visible=False,
                buttons=["download", "fullscreen"],
                alt_text="Your photo with the box that was found and, where it is known, the true box",
                elem_id="found",
            )
            legend = html(visible=False, elem_id="legend")
            evidence = html(words.steps(), elem_id="evidence")
            timing = html(visible=False, elem_id="timing")
            shown = gr.State(None, time_to_live=KEPT_S)  # the reading that this visitor looks at
            why.build(pipeline, photo, shown)
            correct.build(pipeline, photo, shown, collect)

    def on_change(sent: Sent | None) -> list:
        return show(pipeline, truths, sent)

    photo.change(
        on_change,
        photo,
        [verdict, found, legend, evidence, timing, shown],
        api_visibility="private",
        show_progress="minimal",
        show_progress_on=verdict,
        **READS,
        trigger_mode="always_last",
    )


def show(pipeline: Pipeline, truths: Truths, sent: Sent | None) -> list:
    """Everything a visitor sees about one photo: verdict, picture, legend, evidence, timing, and the reading itself."""
    hidden = gr.update(visible=False, value=None)
    if sent is None:
        return [words.idle(), hidden, hidden, gr.update(visible=True, value=words.steps()), hidden, None]
    try:
        said = answer(pipeline, truths, sent.data)
    except PhotoError as error:
        return [words.refusal(str(error)), hidden, hidden, hidden, hidden, None]
    reading, truth = said.reading, said.truth
    legend = words.legend(reading.box is not None, truth is not None and truth.box is not None)
    return [
        words.verdict(reading, pipeline.unsure_below, truth),
        gr.update(visible=True, value=said.picture),
        gr.update(visible=bool(legend), value=legend),
        hidden if reading.box is None else gr.update(visible=True, value=chart.chart(reading)),
        gr.update(visible=True, value=words.timing(reading.timings_ms)),
        reading,
    ]
