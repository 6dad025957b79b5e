"""A progress bar and TensorBoard's event files, where these packages are installed; training works without."""

from __future__ import annotations

import shutil
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import nn


class _Quiet:
    """Replaces tqdm if it is not installed: a line per epoch instead of a bar."""

    def __init__(self, name: str, total: int, done: int, shown: bool) -> None:
        self.name, self.total, self.done, self.shown = name, total, done, shown

    def update(self, n: int) -> None:
        self.done += n

    def set_postfix(self, metrics: dict[str, str]) -> None:
        text = ", ".join(f"{key} {value}" for key, value in metrics.items())
        if self.shown:
            print(f"{self.name} {self.done}/{self.total}: {text}", file=sys.stderr, flush=True)

    def close(self) -> None:
        pass


def progress_bar(total: int, done: int, name: str, unit: str = "step", shown: bool = True):
    """tqdm's bar where tqdm is, else one line for every `set_postfix`; nothing at all unless `shown`."""
    try:
        from tqdm import tqdm
    except ImportError:
        return _Quiet(name, total, done, shown)
    return tqdm(total=total, initial=done, desc=name, unit=unit, mininterval=1.0, dynamic_ncols=True, disable=not shown)


class LiveLines:
    """Lines that replace each other on a terminal; elsewhere only those that have changed are printed."""

    def __init__(self) -> None:
        self.before: list[str] = []

    def show(self, lines: list[str]) -> None:
        if sys.stdout.isatty():
            up = f"\x1b[{len(self.before)}A" if self.before else ""
            width = shutil.get_terminal_size().columns - 1
            print(up + "\n".join(f"\x1b[2K{line[:width]}" for line in lines), flush=True)
        else:
            for line in lines:
                if line not in self.before:
                    print(line, flush=True)
        self.before = lines


class EventLog:
    """Named metrics by step for TensorBoard, if `enabled`. Writes nothing if tensorboard is not installed, or after
    the disk is full: training can continue without, and its checkpoints report that error."""

    def __init__(self, folder: Path, enabled: bool = True) -> None:
        self.writer = None
        if not enabled:
            return
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            return
        with self._giving_up():
            self.writer = SummaryWriter(str(folder))

    def graph(self, network: nn.Module, example: torch.Tensor) -> None:
        """The network's structure, traced with an input."""
        if self.writer:
            with warnings.catch_warnings(), torch.no_grad(), self._giving_up():
                warnings.simplefilter("ignore")  # tracing warns of every branch that it fixes
                self.writer.add_graph(network, example, use_strict_trace=False)

    def write(self, step: int, metrics: dict[str, float]) -> None:
        if self.writer:
            with self._giving_up():
                for name, value in metrics.items():
                    self.writer.add_scalar(name, value, step)
                self.writer.flush()

    def close(self) -> None:
        if self.writer:
            with self._giving_up():
                self.writer.close()

    @contextmanager
    def _giving_up(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.writer = None
            print(
                f"The event files cannot be written ({error.strerror}); training continues without them.",
                file=sys.stderr,
            )
