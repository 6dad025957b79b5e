"""Map a function over many items in several processes, in order and with bounded memory."""

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
WAITING = 4  # items queued per process: enough that none is idle, few enough to bound memory
ENOUGH = 200  # items for which several processes, which take seconds to start, pay

_tool: Any = None  # in a worker process: what its `load` returned


@dataclass(frozen=True)
class Workers:
    """load: builds, in each process, the tool that the work needs; it and the mapped function must be importable.
    processes: how many; with one, the work is done in this process."""

    load: Callable[[], Any] | None = None
    processes: int = 1

    def map(self, function: Callable[[Tool, Item], Result], tool: Tool, items: Iterable[Item]) -> Iterator[Result]:
        """Yield function(tool, item) for every item, in order, as soon as it is done. `tool` serves this process;
        each of the others loads its own. Raises what `function` raises, and UserError if a process was killed."""
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


IN_PROCESS = Workers()


def processes_for(count: int | None) -> int:
    """How many processes suit that many items (None for very many): one per core, or one where more would not pay."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores if count is None or count >= ENOUGH else 1


def _start(load: Callable[[], Any]) -> None:
    """Initialize a worker. It ignores Ctrl-C, which its parent handles, and ends when its parent ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    global _tool
    _tool = load()


def _end_with_parent() -> None:
    multiprocessing.parent_process().join()
    os._exit(1)


def _call(function: Callable[[Any, Item], Result], item: Item) -> Result:
    return function(_tool, item)
