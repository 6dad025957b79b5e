"""Evaluate every checkpoint of a run on every part of the data set."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from ..evaluation.evaluate import Example
from ..models import LOCALIZERS, READERS
from ..training import checkpoint
from ..training.checkpoint import BEST, LAST
from ..utils.errors import TrainingError
from . import metrics

READS = {"sequence_accuracy": "whole number", "digit_accuracy": "per digit", "coverage_at_98": "coverage at 98 %"}
FINDS = {"recall_50": "recall at IoU 0.5", "mean_iou": "mean IoU", "mean_dice": "mean Dice", "containment": "contained"}
WITH_INTERVAL = 30  # characters of a metric with its interval


@dataclass(frozen=True)
class Line:
    """The metrics of the "best" or "last" checkpoint on one part. seen: whether it was trained on the held-out
    photos too. metrics: of `metrics.of_reader` or `of_localizer`. columns: those that a table shows, with their
    titles, the first with an interval."""

    checkpoint: str
    steps: int
    seen: bool
    part: str
    metrics: dict
    columns: dict[str, str]


def evaluate_checkpoints(
    run: Path, parts: Iterable[str], examples: Callable[[str], Iterable[Example]]
) -> Iterator[Line]:
    """Evaluate each checkpoint of the run on each part; `examples` returns a part's photos. Raises TrainingError
    when there is no checkpoint, one is damaged, or it neither reads nor finds numbers."""
    for name in [name for name in (BEST, LAST) if (run / name).is_file()] or [LAST]:
        loaded = checkpoint.load(run / name)
        of, columns = _kind(loaded.network, run)
        for part in parts:
            found = of(loaded.network, examples(part))
            yield Line(Path(name).stem, loaded.state.step, loaded.state.trained_on == "all", part, found, columns)


def header(line: Line) -> str:
    """The header of a table of such lines."""
    first, *others = line.columns.values()
    return f"checkpoint    steps  part      photos  {first:<{WITH_INTERVAL}}" + "".join(f"  {name}" for name in others)


def row(line: Line) -> str:
    """A line of that table."""
    low, high = (100 * bound for bound in line.metrics["interval_95"])
    first, *others = ((100 * line.metrics[key], len(title)) for key, title in line.columns.items())
    cell = f"{first[0]:.1f} % ({low:.1f} – {high:.1f} %)"
    return (
        f"{line.checkpoint:<10}  {line.steps:>7,}  {line.part:<8}  {line.metrics['images']:>6,}  "
        f"{cell:<{WITH_INTERVAL}}" + "".join(f"  {f'{value:.1f} %':<{width}}" for value, width in others)
    ).rstrip()


def _kind(network: nn.Module, run: Path) -> tuple[Callable[..., dict], dict[str, str]]:
    for registry, of, columns in ((READERS, metrics.of_reader, READS), (LOCALIZERS, metrics.of_localizer, FINDS)):
        if isinstance(network, tuple(known for known, _ in registry.values())):
            return of, columns
    raise TrainingError(f"{run} classifies single MNIST digits; name the run of a reader or a localizer.")
