"""Limits of the page, and the queues of its events."""

from __future__ import annotations

from pathlib import Path

STATIC = Path(__file__).with_name("static")


def script(*names: str) -> str:
    """The files of `static/js` with those names, one after another."""
    return "".join((STATIC / "js" / name).read_text(encoding="utf-8") for name in names)


QUEUE_SIZE = 32  # events that may wait; more are refused politely
QUEUE_PAUSE_S = 0.01  # from one look at the queue to the next; Gradio's own 0.001 keeps an idle page busy
CONCURRENT_READS = 2
RETENTION_S = 600  # an upload is deleted this long after it came
RETENTION = "ten minutes"  # the same in words
CLEANUP_EVERY_S = 60
MAX_SESSIONS = 200  # the latest visitors, whose state is kept

# Gradio's queues: the options of an event say in which one it waits.
READ_QUEUE = {"concurrency_id": "read", "concurrency_limit": CONCURRENT_READS}  # every event that reads one photo
BATCH_QUEUE = {"concurrency_id": "batch", "concurrency_limit": 1}  # /read_batch: single photos need not wait for it
PAIRS_QUEUE = {"concurrency_id": "pairs", "concurrency_limit": 1}  # a photo read by every pair, likewise
