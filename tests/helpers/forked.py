"""Processes forked from one that has imported PyTorch, which takes longer than what the tests do with it."""

import os
import sys
from collections.abc import Callable, Mapping
from multiprocessing import get_context
from pathlib import Path

CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload(["torch._dynamo", "torch.distributed", "torchvision", "h5py"])


class Forked:
    """A process that runs a function and ends with what it returns; like `subprocess.Popen`."""

    def __init__(self, function: Callable, arguments: list, output: Path, environment: Mapping[str, str]) -> None:
        self.process = CONTEXT.Process(target=_run, args=(function, arguments, output, dict(environment)))
        self.process.start()
        self.terminate = self.process.terminate

    def wait(self) -> int:
        self.process.join()
        return self.process.exitcode


def _run(function: Callable, arguments: list, output: Path, environment: dict[str, str]) -> None:
    os.environ.update(environment)
    with output.open("ab") as file:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(file.fileno(), stream.fileno())
    sys.exit(function(*arguments))
