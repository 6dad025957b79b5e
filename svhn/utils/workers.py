"""Work on many items by several processes, one a core: in order, and with only a few items on their way at a time."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any, TypeVar

from .errors import UserError

Tool, Item, Result = TypeVar("Tool"), TypeVar("Item"), TypeVar("Result")
WAITING = 4  # items on their way for each process: enough that none is idle, and memory stays bounded
ENOUGH = 200  # items from which on processes of their own, which take seconds to start, pay

_tool: Any = None  # in a worker process: what `load` gave there


@dataclass(frozen=True)
class Workers:
    """load: how a process of its own gets the tool that the work needs; it and what is mapped must be importable.
    processes: how many; with one the work is done right here."""

    load: Callable[[], Any] | None = None
    processes: int = 1

    def map(self, function: Callable[[Tool, Item], Result], tool: Tool, items: Iterable[Item]) -> Iterator[Result]:
        """function(tool, item) for every item, in their order, as soon as it is there. `tool` is used here; every other
        process has its own. Raises what `function` raises, and UserError if a process was killed."""
        if self.processes == 1:
            yield from (function(tool, item) for item in items)
            return
        context = multiprocessing.get_context("spawn")  # a copy of a process with threads may hang
        pool = ProcessPoolExecutor(self.processes, context, _start, (self.load,))
        try:
            waiting = deque()
            for item in items:
                waiting.append(pool.submit(_call, function, item))
                if len(waiting) == WAITING * self.processes:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool:
            raise UserError(
                "A process ended before its work was done, perhaps for want of memory; try again with --processes 1."
            ) from None
        finally:
            pool.shutdown(cancel_futures=True)


HERE = Workers()


def processes_for(count: int | None) -> int:
    """One a core for that many items, None for a great many; one where more would not pay."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores if count is None or count >= ENOUGH else 1


def _start(load: Callable[[], Any]) -> None:
    """A worker's first work; Ctrl-C is for the process that started it, with which it ends in any case."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    global _tool
    _tool = load()


def _end_with_parent() -> None:
    multiprocessing.parent_process().join()
    os._exit(1)


def _call(function: Callable[[Any, Item], Result], item: Item) -> Result:
    return function(_tool, item)
