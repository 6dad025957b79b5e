"""Stand-ins for several networks to choose from, which disagree."""

from collections.abc import Iterator
from contextlib import contextmanager

import gradio as gr
import numpy as np
import torch
from gradio.blocks import BlockFunction
from helpers.api_client import free_port
from helpers.fake_pipeline import UNSURE_BELOW, FakePipeline, FakeReader
from helpers.stand_ins import Finder

from demo import ui
from demo.ground_truth import TruthIndex
from demo.model_zoo import Network, Networks
from demo.server.gradio_options import launch_options
from svhn.pipeline import Pipeline
from svhn.selection import SelectionConfig

MIDDLE, NEAR, CORNER = (24, 16, 72, 48), (19, 13, 72, 48), (0, 0, 19, 16)  # of a photo of 96 × 64 pixels


@contextmanager
def served(networks: Networks | FakePipeline, *about: object, mcp: bool = False, **more: object) -> Iterator[gr.Blocks]:
    """A page with them on a free port; `about` and `more` are what `ui.build` takes after the truths."""
    if isinstance(networks, FakePipeline):
        pair = Network("finder", "Finder"), Network("reader", "Reader")
        networks = Networks(pair[:1], pair[1:], {("finder", "reader"): networks})
    blocks = ui.build(networks, TruthIndex(), *about, **more)
    blocks.launch(prevent_thread_lock=True, quiet=True, server_port=free_port(), **launch_options(mcp=mcp))
    try:
        yield blocks
    finally:
        blocks.close(verbose=False)


def reading_event(page: gr.Blocks) -> BlockFunction:
    """What reads a visitor's photo, with the networks that the visitor chose."""
    changes = [fn for fn in page.fns.values() if fn.name == "on_change"]
    return next(fn for fn in changes if {"photo", "threshold"} <= {block.elem_id for block in fn.inputs})


def fake_networks() -> Networks:
    """Four localizers, of which one looks elsewhere and one finds nothing, and three readers, of which one always
    reads "47". The defaults have heat and attention."""
    localizers = {
        Network("middle", "Middle", True): (middle := Finder([MIDDLE], [0.9])),
        Network("near", "Near"): Finder([NEAR], [0.8]),
        Network("corner", "Corner"): Finder([CORNER], [1.0]),
        Network("blind", "Blind <b>"): Finder([], []),
    }
    readers = {
        Network("shade", "Shade", True): (shade := FakeReader(16)),
        Network("wide", "Wide shade"): FakeReader((16, 40)),
        Network("stuck", "Stuck"): FakeReader(8, "47"),
    }
    middle.heat = lambda photo: np.linspace(0, 1, 96, dtype=np.float32).reshape(8, 12)
    shade.attention = lambda crops: torch.full((len(crops), 5, 2, 4), 1 / 8)
    return Networks(
        tuple(localizers),
        tuple(readers),
        {
            (a.name, b.name): Pipeline(finds, reads, unsure_below=UNSURE_BELOW, selection=SelectionConfig(floor=0.0))
            for a, finds in localizers.items()
            for b, reads in readers.items()
        },
    )
