"""What every tab of the page shares: limits, the queue of readings, plain HTML."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gradio as gr

from .render.votes import count

STATIC = Path(__file__).with_name("static")
QUEUE = 32  # events that may wait; more are refused politely
READS_AT_ONCE = 2
KEPT_S = 600  # an upload is deleted this long after it came
KEPT = f"{count(KEPT_S // 60)} minutes"  # in words
CHECKED_EVERY_S = 60
SESSIONS = 200  # visitors whose state is kept, the latest ones
READS = {"concurrency_id": "read", "concurrency_limit": READS_AT_ONCE}  # of every event that reads one photo
BATCHES = {"concurrency_id": "batch", "concurrency_limit": 1}  # of /read_batch: single photos go past it
PAIRS = {"concurrency_id": "pairs", "concurrency_limit": 1}  # of a photo read by every pair of networks: past it, too

HIDDEN = {"visible": False, "value": None}
NOTHING_YET = " "  # what the view of a photo that waits is of: no path, and not the absence of a photo
# JavaScript of an event whose last input is told which photo, the first one, the answer will be of.
NAMED = "(photo, ...rest) => [photo, ...rest.slice(0, -1), photo?.path ?? '']"


def unless_of_it(waiting: list, none: list) -> str:
    """JavaScript, given the photo and what the view is `of`, that changes nothing if that is the same, and else empties
    the view: to `waiting` values, or to those of a page with no photo. Its last output is `of`: of nothing then."""
    emptied = f"photo ? {json.dumps([*waiting, NOTHING_YET])} : {json.dumps([*none, ''])}"
    return f"(photo, of) => (photo?.path ?? '') === (of ?? '') ? [] : {emptied}"


def html(value: str | None = None, **options: Any) -> gr.HTML:
    """HTML of our own, styled by ours alone."""
    return gr.HTML(value, apply_default_css=False, **options)
