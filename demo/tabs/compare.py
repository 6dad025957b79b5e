"""Compare: all localizers on the same photo, all readers on the same crop, and all pairs of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import gradio as gr
import numpy as np

from svhn.boxes import Box
from svhn.data.annotations import Sample
from svhn.images.decode import PhotoError, open_photo

from ..comparison import Localization, localize, read_crop, read_pairs
from ..components.examples import example_strip
from ..components.inputs import PhotoInput, SentPhoto, UncheckedRadio, hidden_photo_input
from ..components.sender import SENT_FILE, photo_sender
from ..config import PAIRS_QUEUE, READ_QUEUE, RETENTION_S
from ..ground_truth import Truth, TruthIndex, fingerprint
from ..model_zoo import Networks
from ..render import charts, comparison, text
from ..render.comparison import PAIRS, pair_table
from ..session import HIDDEN, PASS_PHOTO_PATH, clear_if_stale
from ..theme import html

UPLOADED = "() => { document.getElementById('compare').removeAttribute('data-busy'); return []; }"
TRUE = "true box"  # among the boxes that the crop may be of, which else have the name of a localizer


@dataclass(frozen=True, eq=False)
class LocalizedPhoto:
    """What is kept of a visitor's photo, so that another crop needs no localizer; `sha256` is its file's."""

    sha256: bytes
    found: tuple[Localization, ...]
    truth: Truth | None

    def belongs_to(self, sent: SentPhoto) -> bool:
        """Whether it is about that file."""
        return self.sha256 == fingerprint(sent.data)

    @property
    def boxes(self) -> dict[str, Box]:
        """All boxes that the crop can show, the default localizer's first."""
        boxes = {each.network.name: each.box for each in self.found}
        boxes[TRUE] = self.truth.box if self.truth else None
        return {name: box for name, box in boxes.items() if box is not None}

    @property
    def choices(self) -> list[tuple[str, str]]:
        """Their titles and names, for the radio."""
        titles = {each.network.name: each.network.title for each in self.found} | {TRUE: "The true box"}
        return [(titles[name], name) for name in self.boxes]


def build(networks: Networks, truths: TruthIndex, examples: Sequence[Sample]) -> PhotoInput:
    """Lay out the tab; `examples` are photos to try. Returns the photo."""
    with gr.Column(elem_id="compare"):
        with gr.Row(elem_classes="room"):
            with gr.Column(scale=5, min_width=320):
                sender = photo_sender(elem_id="compare-send")
                photo = hidden_photo_input("compare-photo")
                example_strip(examples, "Try one of these", photo, "compare-examples")
            with gr.Column(scale=6, min_width=320):
                summary = html(comparison.idle(), elem_id="compare-summary")
        network_list = html(comparison.network_list(networks))
        places = html(visible=False, elem_id="compare-places", elem_classes="comparison")
        with gr.Column(visible=False, elem_classes="comparison") as crop_section:
            html(comparison.READERS)
            with gr.Row(elem_id="compare-crop"):
                crop = html(elem_id="crop")
                crop_source = UncheckedRadio(label="The crop is the box of", elem_id="crop-of")
            readings = html(elem_id="compare-readings", js_on_load=charts.SCRIPT)
        pairs = html(visible=False, elem_id="compare-pairs", elem_classes="comparison")
    localized = gr.State(None, time_to_live=RETENTION_S)
    shown_path = gr.Textbox(visible=False)  # the path of the photo that is compared; the browser names it

    def read(picture: np.ndarray, kept: LocalizedPhoto, name: str | None) -> dict:
        """What the readers say of one of the boxes, if there is any."""
        if name is None:
            return {summary: comparison.summary(kept.found, [], kept.truth)}
        box = kept.boxes[name]
        reads = list(read_crop(networks, picture, box))
        return {
            summary: comparison.summary(kept.found, reads, kept.truth),
            crop: comparison.crop_figure(picture, box),
            readings: comparison.reader_cards(reads, networks.default.unsure_below, kept.truth),
        }

    def on_change(sent: SentPhoto | None, kept: LocalizedPhoto | None, path: str) -> dict:
        if sent is None:
            return {shown_path: path}
        hidden = gr.update(visible=False)
        try:
            picture = open_photo(sent.data)
        except PhotoError as error:
            refused = {summary: text.refusal(str(error), sent.name), network_list: hidden}
            return {**refused, places: hidden, crop_section: hidden, pairs: hidden, localized: None, shown_path: path}
        # A photo that came from another tab changes twice: it is searched once.
        found = kept.found if kept and kept.belongs_to(sent) else localize(networks, picture)
        kept = LocalizedPhoto(fingerprint(sent.data), found, truths.find(sent.data))
        first = next(iter(kept.boxes), None)
        return {
            network_list: hidden,
            places: gr.update(visible=True, value=comparison.localizer_cards(picture, kept.found, kept.truth)),
            crop_section: gr.update(visible=first is not None),
            crop_source: gr.update(choices=kept.choices, value=first),
            pairs: gr.update(visible=True, value=PAIRS),
            localized: kept,
            shown_path: path,
            **read(picture, kept, first),
        }

    def on_crop(sent: SentPhoto | None, kept: LocalizedPhoto | None, name: str | None) -> dict:
        if not (sent and kept and kept.belongs_to(sent) and name in kept.boxes):
            raise gr.Error(text.EXPIRED, title="Expired", print_exception=False)
        return read(open_photo(sent.data), kept, name)

    def on_localized(sent: SentPhoto | None, kept: LocalizedPhoto | None) -> str | dict:
        if not (sent and kept and kept.belongs_to(sent)):
            return gr.skip()
        return pair_table(networks, read_pairs(networks, open_photo(sent.data), kept.found), kept.truth)

    sent = sender.sent(None, sender, photo, js=SENT_FILE)
    sent.then(None, None, None, js=UPLOADED)
    quiet = {"api_visibility": "private", "trigger_mode": "always_last"}
    # What was compared goes with its photo at once, in the browser: the next one may wait long for its turn.
    view = [summary, network_list, places, crop_section, pairs, shown_path]
    photo.change(None, [photo, shown_path], view, js=_clear_if_stale(text.waiting()))
    comparing = photo.change(
        on_change,
        [photo, localized, shown_path],
        [*view, crop, crop_source, readings, localized],
        js=PASS_PHOTO_PATH,
        show_progress="minimal",
        show_progress_on=[summary, places, readings, pairs],
        **quiet,
        **READ_QUEUE,
    )
    comparing.success(None, [photo, shown_path], view, js=_clear_if_stale(text.waiting()))  # another came meanwhile
    comparing.failure(None, [photo, shown_path], view, js=_clear_if_stale(text.not_read()))
    crop_source.input(
        on_crop,
        [photo, localized, crop_source],
        [summary, crop, readings],
        show_progress="hidden",
        **quiet,
        **READ_QUEUE,
    )
    localized.change(on_localized, [photo, localized], pairs, show_progress="minimal", **quiet, **PAIRS_QUEUE)
    return photo


def _clear_if_stale(verdict: str) -> str:
    """JavaScript that empties the view unless it is of the current photo, and shows that verdict instead."""
    hidden, gone = gr.update(**HIDDEN), gr.update(visible=False)
    return clear_if_stale([verdict, gone, hidden, gone, hidden])
