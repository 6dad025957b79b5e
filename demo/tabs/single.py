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

from ..components.examples import offer
from ..components.inputs import PhotoInput, Sent, photo_input
from ..components.pick import Pick
from ..components.threshold import Threshold
from ..config import HIDDEN, KEPT_S, NAMED, READS, html, unless_of_it
from ..ground_truth import Truths
from ..model_zoo import Networks
from ..render import charts, text
from ..session import Findings, about, answer, picture
from . import correct, explain, network_picker


def build(
    networks: Networks, truths: Truths, own: Sequence[Sample], real: Sequence[Sample], collect: Path | None
) -> tuple[PhotoInput, gr.Button]:
    """Lays the tab out. `own` are this project's photos, `real` those of a data set the owner has named;
    `collect` is the folder that corrected photos are saved to, if the owner wants any. Gives the photo, and the button
    to compare all networks on it."""
    with gr.Row(elem_classes="room"):
        with gr.Column(scale=5, min_width=320):
            photo = photo_input("photo")
            offer(own, "No photo at hand? Try one of these", photo, "examples")
            if real:
                offer(real, "Or a real one from your data set", photo, "real")
        with gr.Column(scale=6, min_width=320, elem_id="result"):
            verdict = html(text.idle(), elem_id="verdict")
            which = Pick(visible=False, elem_id="which", label="Numbers in this photo")
            with gr.Row(elem_id="doubt"):  # hidden by single.css without a number: its slider keeps its value
                likeliest = html(elem_id="likeliest")
                threshold = Threshold(
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
            evidence = html(text.steps(), elem_id="evidence", js_on_load=charts.READS_OUT)
            timing = html(visible=False, elem_id="timing")
            findings = gr.State(None, time_to_live=KEPT_S)  # what was read in this visitor's photo
            shown = gr.State(None, time_to_live=KEPT_S)  # the one of these readings that the visitor looks at
            explain.build(photo, findings, shown)
            correct.build(photo, findings, shown, threshold, collect)
            pair, comparing = network_picker.build(networks, photo, findings, shown, threshold)

    seen = [verdict, likeliest, found, legend, evidence, timing]
    view = [*seen, shown]
    of = gr.Textbox(visible=False)  # the path of the photo that the view is of; the browser names it

    def on_change(sent: Sent | None, unsure_below: float, localizer: str, reader: str, path: str) -> list:
        return [*read(networks.pipelines[localizer, reader], truths, sent, unsure_below), path]

    # What was seen goes with its photo at once, in the browser: the next one may wait long for its turn.
    photo.change(None, [photo, of], [*seen, which, of], js=_unless_of_it(text.reading()))
    reading = gr.on(
        [photo.change, *(part.input for part in pair)],
        on_change,
        [photo, threshold, *pair, of],
        [*view, findings, which, of],
        js=NAMED,
        api_visibility="private",
        show_progress="minimal",
        show_progress_on=verdict,
        **READS,
        trigger_mode="always_last",
    )
    reading.success(None, [photo, of], [*seen, which, of], js=_unless_of_it(text.reading()))  # another came meanwhile
    reading.failure(None, [photo, of], [*seen, which, of], js=_unless_of_it(text.unread()))
    which.input(
        look_at,
        [photo, threshold, findings, which],
        view,
        api_visibility="private",
        show_progress="hidden",
        trigger_mode="always_last",
    )
    threshold.change(
        decide,
        [threshold, findings, shown],
        verdict,
        api_visibility="private",
        queue=False,  # it waits for nobody's networks
        show_progress="hidden",
        trigger_mode="always_last",
    )
    return photo, comparing


def read(pipeline: Pipeline, truths: Truths, sent: Sent | None, unsure_below: float) -> list:
    """What a visitor sees about one photo: the view, the findings, and the choice among them."""
    if sent is None:
        return [*_empty(text.idle(), _steps()), None, gr.update(visible=False)]
    try:
        findings, drawn = answer(pipeline, truths, sent.data)
    except PhotoError as error:
        return [*_empty(text.refusal(str(error)), gr.update(**HIDDEN)), None, gr.update(visible=False)]
    choices = [(text.short(reading), i) for i, reading in enumerate(findings.readings)]
    which = gr.update(visible=len(choices) > 1, choices=choices, value=0)
    return [*_view(findings, findings.reading, drawn, unsure_below), findings, which]


def look_at(sent: Sent | None, unsure_below: float, findings: Findings | None, i: int) -> list:
    """The view of another number of the same photo, without the networks."""
    if not about(sent, findings) or i not in range(len(findings.readings)):
        raise _forgotten()
    reading = findings.readings[i]
    return _view(findings, reading, picture(open_photo(sent.data), findings, reading), unsure_below)


def decide(unsure_below: float, findings: Findings | None, reading: Reading | None) -> str:
    """The verdict by another threshold, without the networks."""
    if findings is None or reading is None:
        raise _forgotten()
    return text.verdict(reading, unsure_below, findings.truth_of(reading))


def _view(findings: Findings, reading: Reading, drawn: Any, unsure_below: float) -> list:
    others, truth = findings.others(reading), findings.truth
    true = truth is not None and truth.box is not None
    legend = text.legend(reading.box is not None, true, bool(others))
    return [
        text.verdict(reading, unsure_below, findings.truth_of(reading)),
        text.likeliest(reading),
        gr.update(visible=True, value=drawn, alt_text=text.picture(reading, others, true)),
        gr.update(visible=bool(legend), value=legend),
        gr.update(**HIDDEN) if reading.box is None else gr.update(visible=True, value=charts.chart(reading)),
        gr.update(visible=True, value=text.timing(reading.timings_ms)),
        reading,
    ]


def _unless_of_it(verdict: str) -> str:
    """JavaScript that empties the view if it is not of the photo that is there now, and gives that verdict on it."""
    hidden = gr.update(**HIDDEN)
    waiting = [*_empty(verdict, hidden)[:-1], hidden]
    return unless_of_it(waiting, [*_empty(text.idle(), _steps())[:-1], hidden])


def _steps() -> dict:
    return gr.update(visible=True, value=text.steps())


def _empty(verdict: str, evidence: dict) -> list:
    hidden = gr.update(**HIDDEN)
    return [verdict, "", hidden, hidden, evidence, hidden, None]


def _forgotten() -> gr.Error:
    return gr.Error(text.FORGOTTEN, title="Forgotten", print_exception=False)
