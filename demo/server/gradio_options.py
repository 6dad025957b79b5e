"""The options with which Gradio launches the page: styles, limits, blocked routes, deletion of uploads."""

from __future__ import annotations

from typing import Any

from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware

from svhn.images.decode import MAX_BYTES

from .. import theme, ui
from ..config import CLEANUP_EVERY_S, MAX_SESSIONS, RETENTION_S
from . import cleanup
from .limits import RequestLimits
from .page_head import PageHead
from .pictures import Pictures


def launch_options(mcp: bool = False) -> dict[str, Any]:
    """The options of `gr.Blocks.launch` that belong to this page. With `mcp`, the endpoints are tools as well."""
    return {
        "theme": theme.theme(),
        "css_paths": theme.CSS,
        "footer_links": ["api"],
        "run_history": False,
        "allowed_paths": [str(ui.EXAMPLES)],
        "max_file_size": MAX_BYTES,
        "enable_monitoring": False,
        "ssr_mode": False,
        "_frontend": False,  # else a busy machine would refuse to start: Gradio waits 3 s for its own first page
        "share": False,  # `launch.public_link` does that
        "mcp_server": mcp,
        "state_session_capacity": MAX_SESSIONS,
        "app_kwargs": {
            "middleware": [
                Middleware(GZipMiddleware, minimum_size=1000),
                Middleware(Pictures),
                Middleware(PageHead),
                Middleware(RequestLimits),
            ],
            "lifespan": cleanup.lifespan(CLEANUP_EVERY_S, RETENTION_S),  # and no delete_cache
        },
    }
