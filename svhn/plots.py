"""Pictures where people would rather look than read: training curves, and readings beside the truth."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterable
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from .evaluate import Example
from .pipeline import Pipeline
from .weights import write_whole

GREEN, RED = "#16a34a", "#dc2626"  # predicted, true: the same on the page


def curves(name: str, history: list[dict[str, float]], path: Path) -> None:
    """Loss and held-out figures by epoch, as a PNG."""
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    epochs = range(1, len(history) + 1)
    left.plot(epochs, [row["loss"] for row in history], color="#1d4ed8")
    left.set(title=f"{name}: training loss", xlabel="epoch", yscale="log")
    for key in sorted({key for row in history for key in row if key.startswith("held_out_")}):
        right.plot(epochs, [row[key] for row in history], label=key.removeprefix("held_out_").replace("_", " "))
    right.set(title=f"{name}: held-out photos", xlabel="epoch", ylim=(0, 1))
    right.legend(loc="lower right")
    for axes in (left, right):
        axes.grid(alpha=0.3)
    _write(figure, path)


def readings(pipeline: Pipeline, examples: Iterable[Example], path: Path, columns: int = 8, rows: int = 6) -> None:
    """A grid of photos with the predicted box in green over the true one in red, and both numbers, as a PNG."""
    figure = Figure(figsize=(2.2 * columns, 1.9 * rows), layout="constrained")
    grid = figure.subplots(rows, columns).ravel()
    for axes in grid:
        axes.axis("off")
    for axes, example in zip(grid, itertools.islice(examples, len(grid)), strict=False):
        reading = pipeline.read(example.photo)
        axes.imshow(example.photo)
        for box, colour in ((example.truth.box, RED), (reading.box, GREEN)):
            if box is not None:
                x1, y1, x2, y2 = box
                axes.add_patch(Rectangle((x1, y1), x2 - x1, y2 - y1, fill=False, edgecolor=colour, linewidth=1.5))
        right = (reading.number or "") == example.truth.number
        title = f"{reading.number or 'none'} ({reading.confidence:.0%})"
        axes.set_title(title if right else f"{title}, is {example.truth.number or 'none'}", fontsize=9)
        axes.title.set_color(GREEN if right else RED)
    _write(figure, path)


def _write(figure: Figure, path: Path) -> None:
    FigureCanvasAgg(figure)
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=90)
    write_whole(path, content.getvalue())
