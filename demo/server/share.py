"""A public link to a page that is running already."""

from __future__ import annotations

from urllib.parse import urlsplit

import gradio as gr
from gradio import networking


def public_link(page: gr.Blocks) -> str | None:
    """Opens a tunnel through gradio.live; None where there is no way out, at the latest after a minute or two.

    `launch(share=True)` would do it before anybody sees the page, and would make the page load its program
    from elsewhere, also where the tunnel failed.
    """
    try:
        link = networking.setup_tunnel(
            local_host=page.server_name,
            local_port=page.server_port,
            share_token=page.share_token,
            share_server_address=None,
            share_server_tls_certificate=None,
        )
    except Exception:  # of many kinds: no network, no program for the tunnel, no answer from its other end
        return None
    return urlsplit(link)._replace(scheme="https").geturl()
