"""The API: the endpoints `/read` and `/read_batch`, and how to call them. With the mcp package they are tools for
assistants, too."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import gradio as gr
from markupsafe import Markup

from svhn.batch.local import read_photos
from svhn.images.decode import MAX_BYTES, MAX_PIXELS, PhotoError
from svhn.pipeline import Pipeline

from ..components.inputs import BatchInput, PhotoInput, SentPhoto, StoredPhoto
from ..config import BATCH_QUEUE, READ_QUEUE, RETENTION, STATIC, script
from ..ground_truth import TruthIndex
from ..session import annotate, drop_session, read_photo
from ..theme import html

MAX_CALL_PHOTOS = 50  # in a call of /read_batch
SNIPPETS = STATIC / "snippets"  # files that run as they stand, with ADDRESS in them
ADDRESS = "http://127.0.0.1:7860/"
LANGUAGES = (("Python", "py"), ("curl", "sh"), ("JavaScript", "js"))
SNIPPET = Markup('<pre class="snippet"><code>{}</code><button type="button">Copy</button></pre>')
COPY = script("copy.js", "snippet.js")

INTRO = f"""<p class="lead">Whatever this page reads, a program can read, too{{}}. Photos are processed on this
server and deleted after {RETENTION}.</p>"""
OPEN, GUARDED = (
    INTRO.format(how)
    for how in (
        ": no key, no sign-up",
        ', with the name and the password that you gave. In Python that is <code>Client(address, auth=("name", '
        '"password"))</code>; a shell or a web page sends the cookie that <code>/login</code> answers with',
    )
)
READ = "<h2>One photo: <code>/read</code></h2><p>Answers with the reading, then a copy of the photo with its box.</p>"
READ_BATCH = f"""<h2>Up to {MAX_CALL_PHOTOS} photos: <code>/read_batch</code></h2><p>Answers with a list of readings, in
the order of the photos. A broken file has its own <code>error</code>; the rest are read.</p>"""
ANSWER = """<h2>A reading</h2><dl>
<dt>file</dt><dd>the name of the file, as it was sent</dd>
<dt>number</dt><dd>the number as text; <code>null</code> where none was found, or one of more than five digits</dd>
<dt>confidence</dt><dd>the probability that the whole number is right, from 0 to 1</dd>
<dt>box</dt><dd>left, top, right and bottom of the number in pixels of the photo; <code>null</code> without one</dd>
<dt>digit_probs</dt><dd>five rows, one a position: the probabilities of 0 to 9, and of no digit</dd>
<dt>length_probs</dt><dd>the probabilities of no digit, one to five, and more</dd>
<dt>ms</dt><dd>how long it took, in milliseconds</dd>
<dt>guess</dt><dd>number, confidence and box of the closest guess, where it was too doubtful to be the answer</dd>
<dt>error</dt><dd>in place of all but <code>file</code>: why the photo could not be read, in a sentence</dd></dl>"""
NOTES = f"""<h2>Good to know</h2><ul>
<li>Photos are JPEG, PNG, WebP, BMP, TIFF or GIF (its first frame) of at most {MAX_BYTES >> 20} MB and
{MAX_PIXELS // 10**6} megapixels. Send the photo itself: URLs are not fetched.</li>
<li>A shell or a web page may send a <code>data:</code> URL instead of the path of an upload.</li>
<li>While the queue is full, calls are answered with status 503; try again after the seconds in
<code>Retry-After</code>.</li></ul>"""
MCP_ON = f"""<h2>For assistants</h2><p>Those that speak MCP find <code>read</code> and <code>read_batch</code> as tools
at this address:</p><p><code class="address">{ADDRESS}gradio_api/mcp/</code></p>"""
MCP_OFF = """<h2>For assistants</h2><p>Tools over MCP are off on this page. They come with
<code>pip install "gradio[mcp]"</code>, where the page has no password.</p>"""

# Only the page in the browser knows the address under which it was reached; its config has what it was launched with.
FILL_IN = """() => {{
    const here = new URL(".", location.href).href;
    const mcp = window.gradio_config.mcp_server ? {on} : {off};
    const intro = window.gradio_config.username ? {guarded} : {open};
    return [...{snippets}, mcp, intro].map(text => text.replaceAll({address}, here));
}}"""


def build(page: gr.Blocks, pipeline: Pipeline, truths: TruthIndex) -> None:
    """Lay out the tab, with the endpoints that it describes."""
    _endpoints(page, pipeline, truths)
    with gr.Row(elem_classes="room", elem_id="programs"):
        with gr.Column(scale=6, min_width=320):
            intro = html(OPEN, elem_id="programs-intro")
            codes = [*_snippets("read", READ), *_snippets("read_batch", READ_BATCH)]
        with gr.Column(scale=4, min_width=320):
            html(ANSWER)
            html(NOTES)
            assistants = html(MCP_OFF, elem_id="assistants")
    texts = {"on": MCP_ON, "off": MCP_OFF, "open": OPEN, "guarded": GUARDED, "address": ADDRESS}
    texts["snippets"] = [code.value for code in codes]
    gr.on(
        None,
        None,
        None,
        [*codes, assistants, intro],
        js=FILL_IN.format(**{name: json.dumps(text) for name, text in texts.items()}),
        api_visibility="private",
        show_progress="hidden",
    )


def _snippets(endpoint: str, heading: str) -> list[gr.HTML]:
    """One snippet per language. (gr.Code would load an editor, a quarter of the whole page.)"""
    html(heading)
    codes = []
    with gr.Tabs():
        for name, suffix in LANGUAGES:
            with gr.Tab(name):
                code = SNIPPET.format((SNIPPETS / f"{endpoint}.{suffix}").read_text())
                codes.append(html(code, js_on_load=COPY, elem_id=f"{endpoint}-{suffix}"))
    return codes


def _endpoints(page: gr.Blocks, pipeline: Pipeline, truths: TruthIndex) -> None:
    """Add `/read` and `/read_batch` to the page; their components are invisible.

    Gradio opens a session for every call, which is dropped immediately: the number of sessions is limited, and calls
    would displace visitors.
    """
    with gr.Row(visible=False):
        photo = PhotoInput(type="filepath", label="photo")
        reading = gr.JSON(label="reading")
        picture = gr.Image(format="jpeg", label="picture")
        gr.Button("read").click(
            _reader(page, pipeline, truths), photo, [reading, picture], api_name="read", **READ_QUEUE
        )
        photos = BatchInput(file_count="multiple", label="photos")
        readings = gr.JSON(label="readings")
        gr.Button("read_batch").click(
            _batch_reader(page, pipeline), photos, readings, api_name="read_batch", **BATCH_QUEUE
        )


def _reader(page: gr.Blocks, pipeline: Pipeline, truths: TruthIndex) -> Callable[..., tuple[dict, Any]]:
    def read(photo: SentPhoto | None, request: gr.Request) -> tuple[dict, Any]:
        """Reads the house number in a photo.

        Gives the object that `python -m svhn read --json` prints (file, number, confidence, box,
        digit_probs, length_probs, ms, guess; or file and error), and the photo with the found box drawn.

        Args:
            photo: the path that /gradio_api/upload answers with, or a data: address with base64 content
        """
        drop_session(page, request.session_hash)
        if photo is None:
            return {"file": None, "error": "There is no photo in the request."}, None
        try:
            found, picture = read_photo(pipeline, truths, photo.data)
            picture = annotate(picture, found, found.reading)
        except PhotoError as error:
            return {"file": photo.name, "error": str(error)}, None
        return found.reading.to_json(photo.name), picture

    return read


def _batch_reader(page: gr.Blocks, pipeline: Pipeline) -> Callable[..., list[dict]]:
    def read_many(photos: list[StoredPhoto | SentPhoto], request: gr.Request) -> list[dict]:
        """Reads the house numbers in up to 50 photos, one number a photo.

        Gives a list of the objects that `read` gives, in the order of the photos. A file that cannot be
        read has only file and error there; the rest are read.

        Args:
            photos: a list of paths that /gradio_api/upload answers with, or of data: addresses with base64 content
        """
        drop_session(page, request.session_hash)
        if len(photos) > MAX_CALL_PHOTOS:
            sentence = f"These are {len(photos)} photos; please send at most {MAX_CALL_PHOTOS} at a time."
            raise gr.Error(sentence, print_exception=False)
        return [row.to_json() for row in read_photos(pipeline, photos)]

    read_many.__name__ = "read_batch"  # the tool's
    return read_many
