"""Train the networks of many rows of `systems`, one process each, in pieces that resume, until each has learnt what it
can: the score on held-out photos ends a run, not the clock."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..training import checkpoint
from ..training.checkpoint import LAST, State
from ..training.pretrained import IMAGENET
from ..training.recipes import MNIST, RECIPES, Recipe
from ..training.stopping import is_finished, share_done
from ..training.tasks import TASKS
from ..utils.errors import TrainingError
from ..utils.paths import ROOT
from .systems import OWN, System
from .trained import is_of

PLATEAU = 10  # epochs without a better score, after which a run is annealed
REFRESH = 5.0  # seconds between looks at the checkpoints
LOG = "queue.log"  # in the run's folder: what its processes print


@dataclass
class Row:
    """A recipe in the queue: its run so far, whether it is being trained, and the reason if it failed."""

    name: str
    recipe: Recipe
    run: Path
    state: State = field(default_factory=State)
    trained: bool = False
    running: bool = False
    failed: str = ""
    steps_before: int = 0  # this piece

    def look(self) -> None:
        """Read the progress from the run's checkpoint, if there is one."""
        if not (self.run / LAST).is_file():
            return
        try:
            made_by, self.state = checkpoint.read_record(self.run / LAST)
        except TrainingError as error:
            self.failed = str(error)
            return
        self.trained = is_of(made_by, self.recipe) and is_finished(self.state, self._score, self.recipe)

    @property
    def _score(self) -> str:
        return TASKS[self.recipe.task].score

    def cells(self, waits_for: str) -> tuple[str, ...]:
        """Name, steps, minutes, score of the last validation and of the best one, and what is being done."""
        scores = [row[self._score] for row in self.state.history if self._score in row]  # none of another task's run
        at = share_done(self.state, self._score, self.recipe) if scores else 0.0
        doing = f"annealing, {at:.0%}" if at else "at the full rate"
        words = f"training, {doing}" if self.running else f"waits for {waits_for}" if waits_for else "waits"
        return (
            self.name,
            f"{self.state.step:,}",
            f"{self.state.seconds / 60:.0f}",
            f"{scores[-1]:.1%}" if scores else "–",
            f"{max(scores):.1%}" if scores else "–",
            f"failed: {self.failed}" if self.failed else "trained" if self.trained else words,
        )


@dataclass(frozen=True)
class Queue:
    """Trains rows. prepared, mnist, backgrounds: as for `training.train.train`. processes: how many at once, each with
    one thread on a CPU, or all on one GPU. piece: the minutes after which a row makes room for another one."""

    rows: Sequence[Row]
    prepared: Path
    mnist: Path | None = None
    backgrounds: Path | None = None
    device: str = "auto"
    processes: int = 1
    piece: float = 20.0

    def train(self, hours: float | None = None) -> Iterator[list[tuple[str, ...]]]:
        """Train until every row is trained or has failed, or for that many hours; yield the cells of every row (see
        `Row.cells`) now and then. Closing the iterator ends the processes; their checkpoints are kept."""
        deadline = float("inf") if hours is None else time.monotonic() + hours * 3600
        running: dict[Future, Row] = {}
        processes: dict[str, subprocess.Popen] = {}
        for row in self.rows:
            row.look()
        with ThreadPoolExecutor(self.processes) as pool:
            try:
                while True:
                    minutes = min(self.piece, (deadline - time.monotonic()) / 60)
                    for row in self._next(self.processes - len(running)) if minutes > 0 else ():
                        row.running = True
                        processes[row.name] = self._start(row, minutes)
                        running[pool.submit(processes[row.name].wait)] = row
                    yield self.table()
                    if not running:
                        return
                    for future in wait(running, REFRESH, FIRST_COMPLETED).done:
                        _finish(running.pop(future), future.result())
                    for row in running.values():
                        row.look()
            finally:
                for row in running.values():
                    processes[row.name].terminate()

    def table(self) -> list[tuple[str, ...]]:
        """The cells of every row."""
        return [row.cells(self._waits_for(row)) for row in self.rows]

    def _next(self, count: int) -> list[Row]:
        """The rows to train next: first those that others are initialized from, then those trained least."""
        ready = [row for row in self.rows if not (row.trained or row.failed or row.running or self._waits_for(row))]
        needed = {row.recipe.begins_with for row in self.rows}
        return sorted(ready, key=lambda row: (row.name not in needed, row.state.seconds))[:count]

    def _waits_for(self, row: Row) -> str:
        """The row whose network this one is initialized from, as long as that is not trained."""
        names = [other.name for other in self.rows if not other.trained and other.name == row.recipe.begins_with]
        return names[0] if names and not row.state.step else ""

    def _start(self, row: Row, minutes: float) -> subprocess.Popen:
        """Start the process that trains a row for so many more minutes."""
        options = {
            "--run": row.run,
            "--prepared": self.prepared,
            "--data": self.mnist if row.recipe.data == MNIST else None,
            "--backgrounds": self.backgrounds,
            "--device": self.device,
            "--plateau": row.recipe.plateau,
            "--minutes": row.state.seconds / 60 + minutes,
        }
        words = [str(word) for option in options.items() if option[1] is not None for word in option]
        one_thread = {name: "1" for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}
        paths = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        row.steps_before = row.state.step
        row.run.mkdir(parents=True, exist_ok=True)
        for left in row.run.glob("*.part"):  # of a process that was ended while it wrote
            left.unlink()
        with (row.run / LOG).open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "svhn", "train", row.name, "--resume", *words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **one_thread, "PYTHONPATH": paths},
            )


def rows_of(systems: Iterable[System], runs: Path, mnist: Path | None = None, named: bool = False) -> list[Row]:
    """The recipes of these systems, and those that they are initialized from, which come first; without this project's
    own, which train_all.py trains. named: also those whose data is missing, MNIST or ImageNet's weights, so that the
    message says where to get it."""
    found: dict[str, Row] = {}

    def add(name: str) -> None:
        recipe = RECIPES[name]
        missing = recipe.begins_with == IMAGENET or (recipe.data == MNIST and mnist is None)
        if name in found or name in OWN or (missing and not named):
            return
        if recipe.begins_with in RECIPES:
            add(recipe.begins_with)
        found[name] = Row(name, replace(recipe, plateau=recipe.plateau or PLATEAU), runs / name)

    for system in systems:
        for name in system.networks.values():
            add(name)
    return list(found.values())


def table_lines(table: Sequence[tuple[str, ...]]) -> list[str]:
    """A line for every row, below one of titles."""
    lines = [("row", "steps", "minutes", "held out", "best", "state"), *table]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    sides = (str.ljust, *[str.rjust] * 4, str.ljust)
    return ["  ".join(f(cell, w) for f, cell, w in zip(sides, line, widths, strict=True)).rstrip() for line in lines]


def _finish(row: Row, code: int) -> None:
    """Note how a row's process ended: with the piece, with the run, or with an error, the last line of its log."""
    row.running = False
    row.look()
    if code or not (row.trained or row.state.step > row.steps_before):
        lines = (row.run / LOG).read_text(errors="replace").strip().splitlines()
        row.failed = row.failed or (lines[-1].strip() if lines else f"its process ended with {code}")
