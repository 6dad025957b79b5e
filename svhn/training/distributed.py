"""Train one network in several processes, started by torchrun; with a single process none of this has an effect.

PyTorch starts the processes, averages their gradients and notices when one ends. Rank 0 writes all files and every
process reads them, so with several machines the folders must be on a shared disk.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

import torch
from torch import distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from ..utils.errors import TrainingError

Value = TypeVar("Value")
PATIENCE = timedelta(hours=12)  # while rank 0 prepares data; torchrun notices a process that ended at once
LOST = (
    "Another process of this training ended or cannot be reached, so all stop; "
    "start them again with --resume to continue from the last checkpoint."
)


def place() -> tuple[int, int]:
    """This process's rank and the number of processes; (0, 1) without torchrun."""
    return (dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else (0, 1)


def is_first() -> bool:
    return place()[0] == 0


@contextmanager
def joined() -> Iterator[None]:
    """Train together with the processes that torchrun started: over NCCL on GPUs, over gloo on CPUs.

    Raises TrainingError when another process ends; all ranks but the first then exit in silence.
    """
    if not dist.is_torchelastic_launched():
        yield
        return
    signal.signal(signal.SIGTERM, _lost)  # torchrun's, to those that are left
    try:
        dist.init_process_group("cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo", timeout=PATIENCE)
        yield
        dist.destroy_process_group()
    except RuntimeError as error:
        if not _is_lost_connection(error):
            raise
        _lost()
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # this process is about to end anyway


def _lost(*_) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if not is_first():
        raise SystemExit(1)
    raise TrainingError(LOST) from None


def _is_lost_connection(error: RuntimeError) -> bool:
    return isinstance(error, dist.DistError) or any(word in str(error) for word in ("gloo", "NCCL", "by peer"))


def check_batch(size: int) -> None:
    """Raises TrainingError unless a batch can be shared equally."""
    if size < 1 or size % place()[1]:
        raise TrainingError(
            f"A batch of {size} cannot be shared equally by {place()[1]} processes; choose another with --batch."
        )


def local_device(name: str) -> str:
    """ "auto" and "cuda" are this process's own GPU of its machine, where there is one."""
    if dist.is_initialized() and name in ("auto", "cuda") and torch.cuda.is_available():
        return f"cuda:{os.environ['LOCAL_RANK']}"
    return name


def wrap(network: nn.Module, device: torch.device) -> nn.Module:
    """The network, whose gradients are averaged over all processes.

    On GPUs BatchNorm sees the global batch. On CPUs, for which PyTorch has no SyncBatchNorm, it sees this process's
    part, and its running statistics are those of rank 0.
    """
    if not dist.is_initialized():
        return network
    if device.type == "cuda":
        nn.SyncBatchNorm.convert_sync_batchnorm(network)  # in place: all of ours are parts of a network
    return DistributedDataParallel(network, device_ids=[device] if device.type == "cuda" else None)


def mean(value: torch.Tensor) -> torch.Tensor:
    """The mean of a tensor of any shape over all processes."""
    if dist.is_initialized():
        dist.all_reduce(value)
        value = value / dist.get_world_size()
    return value


def from_first(make: Callable[[], Value]) -> Value:
    """The value that `make` returns on rank 0, on every process; the others wait for it."""
    if not dist.is_initialized():
        return make()
    values = [make() if is_first() else None]
    dist.broadcast_object_list(values, device=torch.device("cpu"))
    return values[0]


@contextmanager
def first_alone() -> Iterator[None]:
    """Run the block on rank 0 first; the other processes then find the files that it made."""
    if not is_first():
        from_first(lambda: None)
    yield
    if is_first():
        from_first(lambda: None)
