"""One photo: what was read in it, where, and how sure the models are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from svhn.data.annotations import Sample
from svhn.images import PhotoError, open_photo
from svhn.pipeline import Pipeline
from svhn.reading import Reading

from ..components.examples import example_strip
from ..components.inputs import PercentSlider, PhotoInput, SentPhoto, UncheckedRadio, photo_input
from ..config import READ_QUEUE, RETENTION_S
from ..ground_truth import TruthIndex
from ..model_zoo import Networks
from ..render import charts, text
from ..session import HIDDEN, PASS_PHOTO_PATH, PhotoResult, annotate, belongs_to, clear_if_stale, read_photo
from ..theme import html
from . import correct, explain, network_picker


def build(
    networks: Networks,
    truths: TruthIndex,
    examples: Sequence[Sample],
    data_set_samples: Sequence[Sample],
    collect: Path | None,
) -> tuple[PhotoInput, gr.Button]:
    """Lays the tab out. `examples` are this project's photos, `data_set_samples` those of a data set that the
    owner has named; `collect` is the folder that corrected photos are saved to, if the owner wants any. Returns the
    photo, and the button to compare all networks on it."""
    with gr.Row(elem_classes="room"):
        with gr.Column(scale=5, min_width=320):
            photo = photo_input("photo")
            example_strip(examples, "No photo at hand? Try one of these", photo, "examples")
            if data_set_samples:
                example_strip(data_set_samples, "Or a real one from your data set", photo, "real")
        with gr.Column(scale=6, min_width=320, elem_id="result"):
            verdict = html(text.idle(), elem_id="verdict")
            number_choice = UncheckedRadio(visible=False, elem_id="which", label="Numbers in this photo")
            with gr.Row(elem_id="doubt"):  # hidden by single.css without a number: its slider keeps its value
                likeliest = html(elem_id="likeliest")
                threshold = PercentSlider(
                    0,
                    99,
                    round(networks.default.unsure_below * 100),
                    step=1,
                    label="Call it unsure below (%)",
                    buttons=["reset"],
                    elem_id="threshold",
                )
            found = gr.Image(
                label="Found in the photo",
                format="jpeg",
                interactive=False,
                visible=False,
                buttons=["download", "fullscreen"],
                elem_id="found",
            )
            legend = html(visible=False, elem_id="legend")
            evidence = html(text.steps(), elem_id="evidence", js_on_load=charts.SCRIPT)
            timing = html(visible=False, elem_id="timing")
            result = gr.State(None, time_to_live=RETENTION_S)  # what was read in this visitor's photo
            shown = gr.State(None, time_to_live=RETENTION_S)  # the one of these readings that the visitor looks at
            explain.build(photo, result, shown)
            correct.build(photo, result, shown, threshold, collect)
            network_choice, compare_button = network_picker.build(networks, photo, result, shown, threshold)

    outputs = [verdict, likeliest, found, legend, evidence, timing]
    view = [*outputs, shown]
    shown_path = gr.Textbox(visible=False)  # the path of the photo that the view is of; the browser names it

    def on_change(sent: SentPhoto | None, unsure_below: float, localizer: str, reader: str, path: str) -> list:
        return [*read(networks.pipelines[localizer, reader], truths, sent, unsure_below), path]

    # What was seen goes with its photo at once, in the browser: the next one may wait long for its turn.
    photo.change(None, [photo, shown_path], [*outputs, number_choice, shown_path], js=_clear_if_stale(text.waiting()))
    reading = gr.on(
        [photo.change, *(part.input for part in network_choice)],
        on_change,
        [photo, threshold, *network_choice, shown_path],
        [*view, result, number_choice, shown_path],
        js=PASS_PHOTO_PATH,
        api_visibility="private",
        show_progress="minimal",
        show_progress_on=verdict,
        **READ_QUEUE,
        trigger_mode="always_last",
    )
    emptied = [*outputs, number_choice, shown_path]
    reading.success(None, [photo, shown_path], emptied, js=_clear_if_stale(text.waiting()))  # another came meanwhile
    reading.failure(None, [photo, shown_path], emptied, js=_clear_if_stale(text.not_read()))
    number_choice.input(
        look_at,
        [photo, threshold, result, number_choice],
        view,
        api_visibility="private",
        show_progress="hidden",
        trigger_mode="always_last",
    )
    threshold.change(
        decide,
        [threshold, result, shown],
        verdict,
        api_visibility="private",
        queue=False,  # it waits for nobody's networks
        show_progress="hidden",
        trigger_mode="always_last",
    )
    return photo, compare_button


def read(pipeline: Pipeline, truths: TruthIndex, sent: SentPhoto | None, unsure_below: float) -> list:
    """What a visitor sees about one photo: the view, the result, and the choice among them."""
    if sent is None:
        return [*_empty(text.idle(), _steps()), None, gr.update(visible=False)]
    try:
        result, annotated = read_photo(pipeline, truths, sent.data)
    except PhotoError as error:
        return [*_empty(text.refusal(str(error)), gr.update(**HIDDEN)), None, gr.update(visible=False)]
    choices = [(reading.label, i) for i, reading in enumerate(result.readings)]
    number_choice = gr.update(visible=len(choices) > 1, choices=choices, value=0)
    return [*_view(result, result.reading, annotated, unsure_below), result, number_choice]


def look_at(sent: SentPhoto | None, unsure_below: float, result: PhotoResult | None, i: int) -> list:
    """The view of another number of the same photo, without the networks."""
    if not belongs_to(sent, result) or i not in range(len(result.readings)):
        raise _forgotten()
    reading = result.readings[i]
    return _view(result, reading, annotate(open_photo(sent.data), result, reading), unsure_below)


def decide(unsure_below: float, result: PhotoResult | None, reading: Reading | None) -> str:
    """The verdict by another threshold, without the networks."""
    if result is None or reading is None:
        raise _forgotten()
    return text.verdict(reading, unsure_below, result.truth_of(reading))


def _view(result: PhotoResult, reading: Reading, annotated: Any, unsure_below: float) -> list:
    others, truth = result.others(reading), result.truth
    true = truth is not None and truth.box is not None
    legend = text.legend(reading.box is not None, true, bool(others))
    return [
        text.verdict(reading, unsure_below, result.truth_of(reading)),
        text.likeliest(reading),
        gr.update(visible=True, value=annotated, alt_text=text.alt_text(reading, others, true)),
        gr.update(visible=bool(legend), value=legend),
        gr.update(**HIDDEN) if reading.box is None else gr.update(visible=True, value=charts.softmax_chart(reading)),
        gr.update(visible=True, value=text.timing(reading.timings_ms)),
        reading,
    ]


def _clear_if_stale(verdict: str) -> str:
    """JavaScript that empties the view if it is not of the photo that is there now, and gives that verdict on it."""
    hidden = gr.update(**HIDDEN)
    waiting = [*_empty(verdict, hidden)[:-1], hidden]
    return clear_if_stale(waiting, [*_empty(text.idle(), _steps())[:-1], hidden])


def _steps() -> dict:
    return gr.update(visible=True, value=text.steps())


def _empty(verdict: str, evidence: dict) -> list:
    hidden = gr.update(**HIDDEN)
    return [verdict, "", hidden, hidden, evidence, hidden, None]


def _forgotten() -> gr.Error:
    return gr.Error(text.FORGOTTEN, title="Forgotten", print_exception=False)
