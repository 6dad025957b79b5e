"""A full disk: stood in for by the largest size that a file may have."""

import resource
from contextlib import contextmanager

ROOM = 100_000  # bytes


@contextmanager
def full_disk():
    """No file grows beyond `ROOM`. (Python ignores the signal, so writes fail with EFBIG.)"""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
