"""Grids of photos and crops that show what was found and read, next to the truth."""

from __future__ import annotations

import heapq
import io
import itertools
import math
import random
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from .. import boxes as bx
from ..boxes import Box
from ..images import draw, preprocess
from ..pipeline import Pipeline
from ..reading import Reading
from ..utils.errors import DataError
from ..utils.files import write_output
from .evaluate import TOO_LONG, Example

GREEN, RED = (tuple(value / 255 for value in colour) for colour in (draw.FOUND, draw.TRUE))  # the same on the page
CELL_SIDE = 400  # pixels of the longer side of a photo in a grid, at most
CELL_INCHES = 2.2  # its width in the grid
FOUND_FROM = 0.5  # IoU from which on a box counts as right


def crops(pipeline: Pipeline, examples: Iterable[Example], path: Path, columns: int = 8, rows: int = 6) -> None:
    """Draw a grid of the crops within the true boxes, which must be known, and what is read in them.

    This and the other grids are PNGs. Raises DataError if there is nothing to show or `path` cannot be written.
    """

    def cell(example: Example) -> _Cell:
        crop = pipeline.crops(example.photo, [example.truth.box])[0, 0]  # (3, h, w)
        reading = pipeline.read_boxes(example.photo, [example.truth.box])[0]
        return _Cell(crop.permute(1, 2, 0).numpy(), *_verdict(reading, example))

    _grid(map(cell, examples), path, columns, rows)


def boxes(pipeline: Pipeline, examples: Iterable[Example], path: Path, columns: int = 8, rows: int = 6) -> None:
    """Draw a grid of photos with the found box in green, the true one, which must be known, in red, and their IoU."""

    def cell(example: Example) -> _Cell:
        found, true = pipeline.read(example.photo).box, example.truth.box
        overlap = 0.0 if found is None else float(bx.iou(np.array(found), np.array(true)))
        return _photo_cell(example, found, f"IoU {overlap:.2f}", overlap >= FOUND_FROM)

    _grid(map(cell, examples), path, columns, rows)


def readings(pipeline: Pipeline, examples: Iterable[Example], path: Path, columns: int = 8, rows: int = 6) -> None:
    """Draw a grid of photos with the found box in green, the true one in red, and both numbers."""

    def cell(example: Example) -> _Cell:
        reading = pipeline.read(example.photo)
        return _photo_cell(example, reading.box, *_verdict(reading, example, f" ({reading.confidence:.0%})"))

    _grid(map(cell, examples), path, columns, rows)


def choose(
    examples: Iterable[Example], count: int, offset: int = 0, seed: int | None = None, boxed: bool = False
) -> Iterable[Example]:
    """Choose `count` examples: those after the first `offset` or, with a seed, random ones. `boxed` leaves out those
    without a true box."""
    examples = (example for example in examples if example.truth.box is not None or not boxed)
    if seed is None:
        return itertools.islice(examples, offset, offset + count)
    rng = random.Random(seed)
    return heapq.nsmallest(count, examples, key=lambda _: rng.random())  # holds no more than these


@dataclass(frozen=True, eq=False)
class _Cell:
    """One picture of a grid, RGB uint8 (h, w, 3), its title, green if it is right, else red, boxes and their
    colours."""

    picture: np.ndarray
    title: str
    right: bool
    boxes: tuple[tuple[Box, tuple[float, ...]], ...] = ()


def _photo_cell(example: Example, found: Box | None, title: str, right: bool) -> _Cell:
    """A small copy of the photo with the true box and the found one."""
    small = preprocess.working_copy(example.photo, CELL_SIDE, enlarge=False).permute(1, 2, 0).numpy()
    factors = small.shape[1] / example.photo.shape[1], small.shape[0] / example.photo.shape[0]
    pairs = ((example.truth.box, RED), (found, GREEN))
    return _Cell(small, title, right, tuple((bx.scale(box, *factors), c) for box, c in pairs if box is not None))


def _verdict(reading: Reading, example: Example, sure: str = "") -> tuple[str, bool]:
    """The title of a reading, with the truth if it is wrong, and whether it is right."""
    read = TOO_LONG if reading.too_long else reading.number or ""
    title, right = f"{read or 'none'}{sure}", read == example.truth.number
    return title if right else f"{title}, is {example.truth.number or 'none'}", right


def _grid(cells: Iterable[_Cell], path: Path, columns: int, rows: int) -> None:
    shown = list(itertools.islice(cells, columns * rows))
    if not shown:
        raise DataError("There is no photo to show; take another split or folder, or a smaller --offset.")
    columns = min(columns, len(shown))
    rows = math.ceil(len(shown) / columns)
    height = 0.35 + CELL_INCHES * min(1.0, float(np.median([c.picture.shape[0] / c.picture.shape[1] for c in shown])))
    figure = Figure(figsize=(CELL_INCHES * columns, height * rows), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid:
        axes.axis("off")
    for axes, cell in zip(grid, shown, strict=False):
        height, width = cell.picture.shape[:2]
        axes.imshow(cell.picture, extent=(0, width, height, 0))
        for (x1, y1, x2, y2), colour in cell.boxes:
            axes.add_patch(Rectangle((x1, y1), x2 - x1, y2 - y1, fill=False, edgecolor=colour, linewidth=1.5))
        axes.set_title(cell.title, fontsize=9, color=GREEN if cell.right else RED)
    save(figure, path)


def save(figure: Figure, path: Path) -> None:
    """Write the figure as a PNG. Raises DataError if it cannot be written."""
    FigureCanvasAgg(figure)
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=90)
    write_output(path, content.getvalue())
