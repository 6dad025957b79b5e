"""The parts of Gradio that this page uses beyond its documentation. If a release lacks one, this is reported in one
sentence when the page starts, rather than to a visitor later."""

from __future__ import annotations

import gradio as gr
from gradio import networking, processing_utils, state_holder

from svhn.utils.errors import UserError

# object, attribute, and what needs it
Use = tuple[object, str, str]


def uses(page: gr.Blocks) -> list[Use]:
    """All of them, for a page that has been built. Its routes and scripts have tests of their own."""
    holder = state_holder.StateHolder()
    session = state_holder.SessionState(page)
    return [
        (page, "temp_file_sets", "forgetting deleted photos"),
        (page, "share_token", "the public link"),
        (page._queue, "sleep_when_free", "a page that rests when nobody is there"),
        (page._queue, "progress_update_sleep_when_free", "a page that rests when nobody is there"),
        (networking, "setup_tunnel", "the public link"),
        (processing_utils, "save_bytes_to_cache", "showing a photo"),
        (holder, "set_blocks", "keeping visitors apart"),
        (holder, "update", "keeping visitors' photos while others come"),
        (holder, "session_data", "keeping visitors' photos while others come"),
        (holder, "time_last_used", "keeping visitors' photos while others come"),
        (holder, "capacity", "keeping visitors' photos while others come"),
        (holder, "lock", "keeping visitors' photos while others come"),
        (session, "state_components", "forgetting the photos of visitors who left"),
        (session, "is_closed", "forgetting the photos of visitors who left"),
        (session, "STATE_TTL_WHEN_CLOSED", "forgetting the photos of visitors who left"),
    ]


def check(page: gr.Blocks) -> None:
    """Raises UserError that names what this release of Gradio lacks."""
    for owner, name, purpose in uses(page):
        if not hasattr(owner, name):
            kind = getattr(owner, "__name__", type(owner).__name__)
            raise UserError(
                f"Gradio {gr.__version__} has no {kind}.{name}, which {purpose} needs; install the release that "
                "requirements.txt names."
            )
