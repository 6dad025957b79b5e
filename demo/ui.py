"""The page: layout and events. Nothing of one visitor is kept where another could see it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from svhn.data.truth import Sample
from svhn.photos import PhotoError, open_photo
from svhn.pipeline import Pipeline

from . import chart, draw, theme, words
from .answer import answer
from .photo_input import PhotoInput, Sent
from .truth import Truths

EXAMPLES = Path(__file__).with_name("examples")
MAX_UPLOAD = "20mb"
WAITING = 32  # readings in the queue; more are refused politely
AT_ONCE = 2
KEPT_S = 600  # an upload is deleted this long after it came
CHECKED_EVERY_S = 60

INTRO = """<header><svg viewBox="0 0 46 46" aria-hidden="true"><rect width="46" height="46" rx="11" fill="#1d447f"/>
<rect x="3.5" y="3.5" width="39" height="39" rx="8" fill="none" stroke="#f4f1ea" stroke-width="2"/>
<path d="M12 24 23 14l11 10M15.5 22.5V33h15V22.5" fill="none" stroke="#f4f1ea" stroke-width="3" stroke-linejoin="round"
stroke-linecap="round"/></svg><div><h1>House-number reader</h1>
<p>Drop in a street photo. It finds the number, reads it, and says how sure it is.</p></div></header>"""
FOOTER = """<footer>Photos are read by the machine that serves this page, shown to nobody else, and deleted
after ten minutes. Trained on <abbr title="Street View House Numbers">SVHN</abbr> photos; for research
and for fun.</footer>"""
SENDS_CHOICE = """element.addEventListener('click', event => {
    const chosen = event.target.closest('button');
    if (chosen) trigger('select', {index: Number(chosen.dataset.index)});
});"""


def build(pipeline: Pipeline, truths: Truths, own: Sequence[Sample], real: Sequence[Sample] = ()) -> gr.Blocks:
    """The whole page. `own` are this project's photos, `real` those of a data set the owner has named."""
    for sample in own:
        truths.add(sample.path.read_bytes(), sample.truth)

    with gr.Blocks(
        title="House-number reader",
        analytics_enabled=False,
        delete_cache=(CHECKED_EVERY_S, KEPT_S),
    ) as page:
        _html(INTRO)
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
                _offer(own, "No photo at hand? Try one of these", photo, "examples")
                if real:
                    _offer(real, "Or a real one from your data set", photo, "real")
            with gr.Column(scale=6, min_width=320, elem_id="result"):
                verdict = _html(words.idle(), elem_id="verdict")
                found = gr.Image(
                    label="Found in the photo",
                    format="jpeg",
                    interactive=False,
                    visible=False,
                    buttons=["download", "fullscreen"],
                    alt_text="Your photo with the box that was found and, where it is known, the true box",
                    elem_id="found",
                )
                legend = _html(visible=False, elem_id="legend")
                evidence = _html(words.steps(), elem_id="evidence")
                timing = _html(visible=False, elem_id="timing")
        _html(FOOTER)

        def on_change(sent: Sent | None) -> list:
            return show(pipeline, truths, sent)

        photo.change(
            on_change,
            photo,
            [verdict, found, legend, evidence, timing],
            api_visibility="private",
            show_progress="minimal",
            show_progress_on=verdict,
            concurrency_id="read",
            concurrency_limit=AT_ONCE,
            trigger_mode="always_last",
        )
        _endpoint(_reader(pipeline, truths))
    return page.queue(max_size=WAITING)


def launch_options() -> dict[str, Any]:
    """What belongs to the page but is said when it is launched."""
    return {
        "theme": theme.theme(),
        "css_paths": theme.CSS,
        "footer_links": ["api"],
        "run_history": False,
        "allowed_paths": [str(EXAMPLES)],
        "max_file_size": MAX_UPLOAD,
        "enable_monitoring": False,
        "ssr_mode": False,
    }


def _html(value: str | None = None, **options: Any) -> gr.HTML:
    return gr.HTML(value, apply_default_css=False, **options)


def show(pipeline: Pipeline, truths: Truths, sent: Sent | None) -> list:
    """Everything a visitor sees about one photo: verdict, picture, legend, evidence, timing."""
    hidden = gr.update(visible=False, value=None)
    if sent is None:
        return [words.idle(), hidden, hidden, gr.update(visible=True, value=words.steps()), hidden]
    try:
        said = answer(pipeline, truths, sent.data)
    except PhotoError as error:
        return [words.refusal(str(error)), hidden, hidden, hidden, hidden]
    reading, truth = said.reading, said.truth
    legend = words.legend(reading.box is not None, truth is not None and truth.box is not None)
    return [
        words.verdict(reading, pipeline.unsure_below, truth),
        gr.update(visible=True, value=said.picture),
        gr.update(visible=bool(legend), value=legend),
        hidden if reading.box is None else gr.update(visible=True, value=chart.chart(reading)),
        gr.update(visible=True, value=words.timing(reading.timings_ms)),
    ]


def _reader(pipeline: Pipeline, truths: Truths) -> Callable[[Sent | None], tuple[dict, Any]]:
    def read(photo: Sent | None) -> tuple[dict, Any]:
        """Reads the house number in a photo.

        Gives the object that `python -m svhn read --json` prints (file, number, confidence, box,
        digit_probs, length_probs, ms; or file and error), and the photo with the found box drawn.
        """
        if photo is None:
            return {"file": None, "error": "There is no photo in the request."}, None
        try:
            said = answer(pipeline, truths, photo.data)
        except PhotoError as error:
            return {"file": photo.name, "error": str(error)}, None
        return said.reading.to_json(photo.name), said.picture

    return read


def _endpoint(read: Callable) -> None:
    """`/read` for programs; its parts are not on the page."""
    with gr.Row(visible=False):
        photo = PhotoInput(type="filepath", label="photo")
        result = gr.JSON(label="reading")
        picture = gr.Image(format="jpeg", label="picture")
        gr.Button("read").click(
            read,
            photo,
            [result, picture],
            api_name="read",
            concurrency_id="read",
            concurrency_limit=AT_ONCE,
        )


def _offer(samples: Sequence[Sample], heading: str, photo: PhotoInput, elem_id: str) -> None:
    """A strip of small pictures; a click on one puts the file itself into the photo input."""
    pieces = []
    for i, sample in enumerate(samples):
        small = base64.b64encode(draw.jpeg(draw.preview(open_photo(sample.path)), quality=80)).decode()
        pieces.append(
            f'<button type="button" data-index="{i}"><img alt="" src="data:image/jpeg;base64,{small}">'
            f"<span>{escape(sample.title)}</span></button>"
        )
    choices = f'<h3>{escape(heading)}</h3><div class="choices">{"".join(pieces)}</div>'
    strip = _html(choices, elem_id=elem_id, js_on_load=SENDS_CHOICE)

    def choose(event: gr.EventData) -> str:
        return str(samples[event.index].path)

    strip.select(choose, None, photo, api_visibility="private", queue=False, show_progress="hidden")
