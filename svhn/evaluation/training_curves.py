"""Training curves of one or more runs in one picture."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from ..training import checkpoint
from ..utils.errors import DataError
from .photo_grids import save

STYLES = ("-", "--", ":", "-.")


def load_histories(runs: Sequence[Path]) -> dict[str, list[dict[str, float]]]:
    """The histories of runs, by the names of their folders, or by their paths if two have the same name. Raises
    TrainingError for a run whose checkpoint is missing or damaged."""
    names = [run.resolve().name for run in runs]
    names = names if len(set(names)) == len(names) else list(map(str, runs))
    return {name: checkpoint.load(run).state.history for name, run in zip(names, runs, strict=True)}


def plot_curves(histories: dict[str, list[dict[str, float]]], path: Path) -> None:
    """Plot loss and held-out metrics of one or more runs by epoch as a PNG: a colour per run, a line style per metric.

    Raises DataError for a run without an epoch, or if `path` cannot be written.
    """
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for i, (name, history) in enumerate(histories.items()):
        if not history:
            raise DataError(f"The run {name} has not finished an epoch yet; there is nothing to draw.")
        epochs = range(1, len(history) + 1)
        look = {"color": f"C{i}", "marker": "." if len(history) == 1 else None}
        left.plot(epochs, [row["loss"] for row in history], label=name, **look)
        metrics = sorted({key for row in history for key in row if key.startswith("held_out_")})
        for key, style in zip(metrics, itertools.cycle(STYLES), strict=False):
            label = f"{name}, {key.removeprefix('held_out_').replace('_', ' ')}"
            right.plot(epochs, [row.get(key, math.nan) for row in history], label=label, linestyle=style, **look)
    left.set(title="training loss", xlabel="epoch", yscale="log")
    left.yaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 4, 6)))
    left.yaxis.set_major_formatter("{x:g}")  # plain numbers, not powers of ten
    left.minorticks_off()
    right.set(title="held-out photos", xlabel="epoch", ylim=(0, 1))
    for axes in (left, right):
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
    save(figure, path)
