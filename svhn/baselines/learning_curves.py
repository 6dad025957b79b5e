"""Plot how the readers' accuracy grew with the pictures they had seen, from the histories in the records."""

from __future__ import annotations

import itertools
from pathlib import Path

from .systems import READER, SYSTEMS
from .tables import Records

NAME = "accuracy.png"  # in the folder of the records
SCORE = "held_out_accuracy"
STYLES = ("-", "--", ":")  # each for as many lines as there are colours


def histories(records: Records) -> dict[str, list[dict[str, float]]]:
    """The histories of the readers that have one, by the title of their first row."""
    found: dict[str, list[dict[str, float]]] = {}
    for row in SYSTEMS:
        if row.kind != READER or row.name not in records:
            continue
        network = records[row.name]["networks"]["reader"]
        points = [point for point in network.get("history", []) if SCORE in point]
        found |= {row.title: points} if points and points not in found.values() else {}
    return found


def plot(records: Records, path: Path) -> None:
    """Write the plot as a PNG. Raises DataError if it cannot be written."""
    from matplotlib.figure import Figure  # a second, for pages that need no figure

    from ..evaluation.photo_grids import save

    figure = Figure(figsize=(9, 5), layout="constrained")
    axes = figure.subplots()
    for (title, points), (style, colour) in zip(
        histories(records).items(), itertools.product(STYLES, range(10)), strict=False
    ):
        seen, scores = zip(*((point["pictures"], point[SCORE]) for point in points), strict=True)
        axes.plot(seen, scores, style, color=f"C{colour}", label=title, marker="." if len(points) == 1 else None)
    axes.set(xlabel="pictures seen in training", ylabel="held-out numbers read, the true box given", ylim=(0, 1))
    axes.set_xscale("log")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    save(figure, path)
