"""One photo on one screen: what was read, where, and how confident the models are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from svhn.data.annotations import Sample
from svhn.images.decode import PhotoError
from svhn.pipeline import Pipeline
from svhn.reading import Reading
from svhn.utils.errors import UserError

from ..components import correction, explanation, network_picker
from ..components import stage as stages
from ..components.examples import example_strip
from ..components.inputs import PercentSlider, PhotoInput, SentPhoto, hidden_photo_input
from ..components.sender import SENT_FILE
from ..config import READ_QUEUE, RETENTION_S, script
from ..ground_truth import TruthIndex, describe_samples
from ..model_zoo import Networks
from ..render import charts, text
from ..render.certainty import closest_guess
from ..session import PASS_PHOTO_PATH, PhotoResult, belongs_to, read_photo
from ..theme import html

ACTIONS = script("copy.js", "card.js", "number_actions.js")
# The last result is dimmed until what is shown is of the photo that is there.
DIM = """(photo, shown) => {
    document.getElementById('one').toggleAttribute('data-busy', (photo?.path ?? '') !== (shown ?? ''));
    return [];
}"""
UNDIM = "() => { document.getElementById('one').removeAttribute('data-busy'); return []; }"


def build(
    networks: Networks,
    truths: TruthIndex,
    examples: Sequence[Sample],
    data_set_samples: Sequence[Sample],
    collect: Path | None,
) -> tuple[PhotoInput, gr.Button]:
    """Lay out the tab. examples: this project's photos. data_set_samples: photos of the owner's data set. collect:
    the folder for corrected photos, None to disable saving. Returns the photo, and the button to compare all
    networks on it."""
    with gr.Column(elem_id="one"):
        stage = stages.photo_stage(elem_id="stage")
        with gr.Column(elem_id="result"):
            verdict = html(text.idle(), elem_id="verdict", js_on_load=ACTIONS)
            evidence = html(charts.steps(), elem_id="evidence", js_on_load=charts.SCRIPT)
        photo = hidden_photo_input("photo")
        with gr.Column(elem_id="offers"):
            chosen = [example_strip(examples, "Try one of these", photo, "examples")]
            if data_set_samples:
                chosen.append(example_strip(data_set_samples, describe_samples(data_set_samples), photo, "real"))
        with gr.Column(elem_id="more"):
            result = gr.State(None, time_to_live=RETENTION_S)  # what was read in this visitor's photo
            shown = gr.State(None, time_to_live=RETENTION_S)  # the reading that the visitor looks at
            sides = correction.build(stage, photo, collect)
            with gr.Accordion("Advanced", open=False, elem_id="advanced"):
                threshold = PercentSlider(
                    0,
                    99,
                    round(networks.default.unsure_below * 100),
                    step=1,
                    label="Mark as uncertain below (%)",
                    buttons=["reset"],
                    elem_id="threshold",
                )
                pair, comparing = network_picker.build(networks, photo)
    explanation.build(stage, photo, result, shown)

    view = [stage, verdict, evidence, shown]
    shown_path = gr.Textbox(visible=False)  # the path of the photo that the view is of; the browser names it
    quiet = {"api_visibility": "private", "show_progress": "hidden", "trigger_mode": "always_last"}

    def on_change(sent: SentPhoto | None, unsure_below: float, localizer: str, reader: str, path: str) -> list:
        if sent is None:
            return [gr.skip()] * 6
        return [*read(stage, networks.pipelines[localizer, reader], truths, sent, unsure_below), path]

    def on_pick(
        event: gr.EventData, sent: SentPhoto | None, unsure_below: float, result: PhotoResult | None
    ) -> list[Any]:
        return look_at(sent, unsure_below, result, getattr(event, "index", None))

    def on_undo(sent: SentPhoto | None, unsure_below: float, result: PhotoResult | None) -> list[Any]:
        return look_at(sent, unsure_below, result, 0)

    def on_corrected(sent: SentPhoto | None, unsure_below: float, result: PhotoResult | None, value: Any) -> list[Any]:
        return read_box(sent, unsure_below, result, stages.box_of(value))

    sent = stage.sent(None, stage, photo, js=SENT_FILE)
    for event in (photo.change, sent.then, *(choice.then for choice in chosen)):
        event(None, [photo, shown_path], None, js=DIM)
    reading = gr.on(
        [photo.change, *(part.input for part in pair)],
        on_change,
        [photo, threshold, *pair, shown_path],
        [*view, result, shown_path],
        js=PASS_PHOTO_PATH,
        **quiet,
        **READ_QUEUE,
    )
    reading.success(None, [photo, shown_path], None, js=DIM)  # another may have come meanwhile
    failed = reading.failure(lambda: refused(text.not_read()), None, view, queue=False, **quiet)
    failed.then(None, photo, shown_path, js="photo => photo?.path ?? ''").then(None, None, None, js=UNDIM)
    for part in (stage, verdict):
        part.pick(on_pick, [photo, threshold, result], view, **quiet)
    stage.undo(on_undo, [photo, threshold, result], view, **quiet)
    stage.corrected(on_corrected, [photo, threshold, result, stage], view, **quiet, **READ_QUEUE)
    typed = gr.on([side.input for side in sides], None, [stage, *sides], stage, js=correction.TO_BOX)
    typed.then(on_corrected, [photo, threshold, result, stage], view, **quiet, **READ_QUEUE)
    # No network is run, so it need not wait in the queue.
    threshold.change(decide, [threshold, result, shown], verdict, queue=False, **quiet)
    return photo, comparing


def read(stage: gr.HTML, pipeline: Pipeline, truths: TruthIndex, sent: SentPhoto, unsure_below: float) -> list[Any]:
    """The view of one photo, and its result."""
    try:
        result, photo = read_photo(pipeline, truths, sent.data)
    except PhotoError as error:
        return [*refused(text.refusal(str(error), sent.name)), None]
    first = result.reading
    return [stages.show(stage, photo, result, first), *_words(result, first, unsure_below), result]


def look_at(sent: SentPhoto | None, unsure_below: float, result: PhotoResult | None, i: Any) -> list[Any]:
    """The view of another number of the same photo, or of the closest guess, without running the networks."""
    if not belongs_to(sent, result) or not isinstance(i, int):
        raise _expired()
    reading = {stages.GUESS: closest_guess(result.reading), **dict(enumerate(result.readings))}.get(i)
    if reading is None:
        raise _expired()
    return [stages.show_reading(result, reading, result.size), *_words(result, reading, unsure_below)]


def read_box(sent: SentPhoto | None, unsure_below: float, result: PhotoResult | None, box: Any) -> list[Any]:
    """The view after a visitor has moved the box; everything is updated except the box."""
    if not belongs_to(sent, result):
        raise _expired()
    try:
        reading = correction.read_box(result, sent, box)
    except (PhotoError, UserError) as error:
        return [gr.skip(), text.refusal(str(error), "This box"), gr.skip(), gr.skip()]
    return [stages.show_corrected(result, reading), *_words(result, reading, unsure_below)]


def decide(unsure_below: float, result: PhotoResult | None, reading: Reading | None) -> Any:
    """The verdict at another threshold, without running the networks; nothing if there is no photo yet."""
    return gr.skip() if result is None or reading is None else _verdict(result, reading, unsure_below)


def refused(verdict: str) -> list[Any]:
    """The view of a file that could not be read."""
    return [stages.clear(), verdict, charts.steps(), None]


def _words(result: PhotoResult, reading: Reading, unsure_below: float) -> list[Any]:
    return [_verdict(result, reading, unsure_below), charts.evidence(reading), reading]


def _verdict(result: PhotoResult, reading: Reading, unsure_below: float) -> str:
    others = [(other.label, i) for i, other in enumerate(result.readings) if result.is_elsewhere(other, reading)]
    truth, in_box = result.truth_of(reading), reading not in result.readings
    return text.verdict(reading, unsure_below, truth, others, actions=True, in_box=in_box)


def _expired() -> gr.Error:
    return gr.Error(text.EXPIRED, title="Expired", print_exception=False)
