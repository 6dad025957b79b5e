"""The page: header, tabs, footer. No state of one visitor is visible to another."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import gradio as gr

from svhn.data.annotations import Sample

from .config import QUEUE_PAUSE_S, QUEUE_SIZE, RETENTION, script
from .ground_truth import TruthIndex
from .model_zoo import Networks
from .server.public_link import ShareLink
from .tabs import api, batch, compare, live, single
from .theme import html

EXAMPLES = Path(__file__).with_name("examples")

INTRO = """<header><svg viewBox="0 0 46 46" aria-hidden="true"><rect width="46" height="46" rx="11" fill="#1d447f"/>
<rect x="3.5" y="3.5" width="39" height="39" rx="8" fill="none" stroke="#f4f1ea" stroke-width="2"/>
<path d="M12 24 23 14l11 10M15.5 22.5V33h15V22.5" fill="none" stroke="#f4f1ea" stroke-width="3" stroke-linejoin="round"
stroke-linecap="round"/></svg><div><h1>House-number reader</h1>
<p>Finds the house number in a photo, reads it, and shows how confident it is.</p></div>
<button type="button">Copy link</button><span class="spoken" role="status"></span></header>"""
FOOTER = f"""<footer>Processed on this server, never shared, and deleted
after {RETENTION}{{unless}}. Trained on <abbr title="Street View House Numbers">SVHN</abbr> photos; for research
and for fun.</footer>"""
LINK_SCRIPT, SHARE_SCRIPT = (script("copy.js", last) for last in ("copy_link.js", "public_link.js"))
TO_COMPARE = "photo => [photo, {__type__: 'update', selected: 'compare'}]"
UNLESS = " unless you save them for training"


def build(
    networks: Networks,
    truths: TruthIndex,
    examples: Sequence[Sample],
    data_set_samples: Sequence[Sample] = (),
    collect: Path | None = None,
    queue_size: int | None = None,
    link: ShareLink | None = None,
) -> gr.Blocks:
    """Build the page, on which the default networks read unless a visitor chooses others.

    examples: this project's photos. data_set_samples: photos of the owner's data set. collect: the folder to which
    visitors can save corrected photos, None to disable that. queue_size: how many events may wait, by default
    `QUEUE_SIZE`. link: the public link, shown as soon as it exists.
    """
    for sample in examples:
        truths.add(sample.path.read_bytes(), sample.truth)

    with gr.Blocks(title="House-number reader", analytics_enabled=False) as page:
        html(INTRO, js_on_load=LINK_SCRIPT)
        if link is not None:
            panel = html(elem_id="share", js_on_load=SHARE_SCRIPT)
            page.load(link.panel, None, panel, queue=False, api_visibility="private", show_progress="hidden")
        with gr.Tabs(elem_id="tabs") as tabs:
            with gr.Tab("One photo", id="one"):
                photo, compare_button = single.build(networks, truths, examples, data_set_samples, collect)
            with gr.Tab("Live", id="live"):
                live.build(networks.default)
            with gr.Tab("Many photos", id="many"):
                batch.build(networks.default, photo)
            if networks.has_choice:
                with gr.Tab("Compare", id="compare"):
                    compare_photo = compare.build(networks, truths, examples)
                compare_button.click(None, photo, [compare_photo, tabs], js=TO_COMPARE)
            with gr.Tab("API", id="programs"):
                api.build(page, networks.default, truths)
        html(FOOTER.format(unless=UNLESS if collect else ""), elem_id="about")
    # Without api_open=False, calls to /run would bypass the queue, and any number of photos would be read at once.
    page.queue(max_size=queue_size or QUEUE_SIZE, api_open=False)
    page._queue.sleep_when_free = page._queue.progress_update_sleep_when_free = QUEUE_PAUSE_S
    return page
