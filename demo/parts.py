"""What every tab of the page shares: limits, the queue of readings, plain HTML."""

from __future__ import annotations

from typing import Any

import gradio as gr

from .votes import count

QUEUE = 32  # events that may wait; more are refused politely
READS_AT_ONCE = 2
KEPT_S = 600  # an upload is deleted this long after it came
KEPT = f"{count(KEPT_S // 60)} minutes"  # in words
CHECKED_EVERY_S = 60
SESSIONS = 200  # visitors whose state is kept, the latest ones
READS = {"concurrency_id": "read", "concurrency_limit": READS_AT_ONCE}  # of every event that reads one photo
BATCHES = {"concurrency_id": "batch", "concurrency_limit": 1}  # of /read_batch: single photos go past it
PAIRS = {"concurrency_id": "pairs", "concurrency_limit": 1}  # of a photo read by every pair of networks: past it, too


def html(value: str | None = None, **options: Any) -> gr.HTML:
    """HTML of our own, styled by ours alone."""
    return gr.HTML(value, apply_default_css=False, **options)
