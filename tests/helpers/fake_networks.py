"""Stand-ins for several networks to choose from, which disagree."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import SimpleNamespace

import gradio as gr
import numpy as np
import torch
from helpers.api_client import free_port
from helpers.fake_pipeline import READINGS, FakePipeline, alone, number_in
from torch import nn

from demo import ui
from demo.ground_truth import TruthIndex
from demo.model_zoo import Network, Networks
from demo.server.gradio_options import launch_options
from svhn import labels
from svhn.pipeline import Pipeline
from svhn.selection import SelectionConfig

MIDDLE, NEAR, CORNER = (0.25, 0.25, 0.75, 0.75), (0.2, 0.2, 0.75, 0.75), (0.0, 0.0, 0.2, 0.25)  # shares of a photo
UNSURE_BELOW = 0.6


class FakeLocalizer(nn.Module):
    """A localizer that always looks at the same place, or finds nothing, and counts its calls."""

    def __init__(self, place: Sequence[float] | None, score: float = 0.9) -> None:
        super().__init__()
        self.place, self.score, self.asked = place, score, 0

    def locate(self, photo: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self.asked += 1
        if self.place is None:
            return np.zeros((0, 4)), np.zeros(0)
        height, width = photo.shape[:2]
        return np.array([self.place]) * [width, height, width, height], np.array([self.score])


class FakeReader(nn.Module):
    """A reader of the shade of its crop, as `fake_pipeline.photo_of` paints it, or always the same."""

    def __init__(self, size: int | tuple[int, int], always: str | None = None) -> None:
        super().__init__()
        self.config = SimpleNamespace(input_size=size, margins=(0.15,), mean=0.0, std=1.0)
        self.always = always
        self.one = nn.Parameter(torch.ones(1))

    def forward(self, crops: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        digits, length = torch.zeros(len(crops), 5, 11), torch.zeros(len(crops), 7)
        for i, crop in enumerate(crops):
            seen = number_in((crop * 255).permute(1, 2, 0).numpy()) if self.always is None else self.always
            classes, n = labels.encode(seen)
            sure = dict(READINGS).get(seen, 1.0) >= UNSURE_BELOW
            digits[i, range(5), classes], length[i, n] = (8.0, 8.0) if sure else (3.0, 3.0)
        return digits, length


class HeatLocalizer(FakeLocalizer):
    def heat(self, photo: np.ndarray) -> np.ndarray:
        return np.linspace(0, 1, 96, dtype=np.float32).reshape(8, 12)


class AttentionReader(FakeReader):
    def attention(self, crops: torch.Tensor) -> torch.Tensor:
        return torch.full((len(crops), 5, 2, 4), 1 / 8)


@contextmanager
def served(networks: Networks | FakePipeline, *about: object, mcp: bool = False, **more: object) -> Iterator[gr.Blocks]:
    """A page with them on a free port; `about` and `more` are what `ui.build` takes after the truths."""
    blocks = ui.build(networks if isinstance(networks, Networks) else alone(networks), TruthIndex(), *about, **more)
    blocks.launch(prevent_thread_lock=True, quiet=True, server_port=free_port(), **launch_options(mcp=mcp))
    try:
        yield blocks
    finally:
        blocks.close(verbose=False)


def fake_networks() -> Networks:
    """Four localizers, of which one looks elsewhere and one finds nothing, and three readers, of which one always
    reads "47". The defaults have heat and attention."""
    localizers = {
        Network("middle", "Middle", True): HeatLocalizer(MIDDLE),
        Network("near", "Near"): FakeLocalizer(NEAR, 0.8),
        Network("corner", "Corner"): FakeLocalizer(CORNER, 1.0),
        Network("blind", "Blind <b>"): FakeLocalizer(None),
    }
    readers = {
        Network("shade", "Shade", True): AttentionReader(16),
        Network("wide", "Wide shade"): FakeReader((16, 40)),
        Network("stuck", "Stuck"): FakeReader(8, "47"),
    }
    return Networks(
        tuple(localizers),
        tuple(readers),
        {
            (a.name, b.name): Pipeline(finds, reads, unsure_below=UNSURE_BELOW, selection=SelectionConfig(floor=0.0))
            for a, finds in localizers.items()
            for b, reads in readers.items()
        },
    )
