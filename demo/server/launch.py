"""Serve the page according to the command line: its address, weights, folder of uploads, public link."""

from __future__ import annotations

import argparse
import ctypes
import os
import socket
import sys
import tempfile
import webbrowser
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from svhn.utils.errors import UserError
from svhn.utils.files import working_folder

if TYPE_CHECKING:
    import gradio as gr

    from .public_link import ShareLink

# Gradio would record who called what and when, and process the last 10,000 records with pandas after every reading.
NO_STATISTICS = {"GRADIO_ANALYTICS_MAX_EVENTS": "1", "GRADIO_ANALYTICS_CACHE_FREQUENCY": str(10**9)}

M_ARENA_MAX, ARENAS = -8, 2  # as mallopt(3) has it


def check_address(host: str, port: int | None) -> None:
    """Raises UserError when nothing can listen there."""
    try:
        with socket.create_server((host, port or 0)):
            pass
    except OSError as error:
        reason = (error.strerror or str(error)).split(" (while")[0].lower()
        raise UserError(
            f"The page cannot be served on {host}, port {port or 'any'} ({reason}); choose another."
        ) from None


def serve(args: argparse.Namespace) -> None:
    """Serve the page until it is stopped. Raises UserError."""
    with working_folder(
        Path(tempfile.gettempdir()), "house-numbers-"
    ) as folder:  # deleted at the end, with all uploads
        os.environ |= {"GRADIO_TEMP_DIR": f"{folder}/uploads", **NO_STATISTICS}
        print("Starting: PyTorch, Gradio and the networks are being loaded.", flush=True)
        import torch  # only once the options are known to be valid: torch and Gradio take seconds to import

        from svhn import weights
        from svhn.data.annotations import read_labels
        from svhn.utils.paths import PREPARED

        from .. import ground_truth, ui
        from ..model_zoo import Networks
        from . import internals
        from .gradio_options import launch_options
        from .public_link import ShareLink

        link = ShareLink()
        _share_arenas()
        torch.set_num_threads(1)  # several readings run at once, whose threads would wait for each other
        networks = Networks.load(args.weights, args.precision)
        truths, data_set_samples = ground_truth.TruthIndex(), []
        if args.data:
            held_out = not weights.default_saw_held_out(args.weights)
            data_set_samples = ground_truth.index_data_set(
                args.data, truths, folder, prepared=PREPARED, held_out=held_out
            )
        page = ui.build(networks, truths, read_labels(ui.EXAMPLES), data_set_samples, args.collect, args.queue, link)
        internals.check(page)
        mcp = find_spec("mcp") is not None and args.auth is None  # MCP calls cannot carry the password
        try:
            _, address, _ = page.launch(
                server_name=args.host,
                server_port=args.port,
                auth=args.auth,
                prevent_thread_lock=True,
                quiet=True,
                **launch_options(mcp),
            )
            print("Ctrl-C stops the page.", flush=True)
            print(f"The page is at {address}", flush=True)
            if args.open:
                webbrowser.open(address)
            if args.share:
                share(page, link)
            page.block_thread()
        finally:
            page.close(verbose=False)  # so that nothing is written while the folder is deleted


def _share_arenas() -> None:
    """Else each of the server's many threads would get an arena of memory of its own, which never shrinks: a crowd of
    32 visitors left 200 MiB behind, in two arenas 85."""
    with suppress(OSError, AttributeError):  # not glibc
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, ARENAS)


def share(page: gr.Blocks, link: ShareLink) -> None:
    """Open a public link and show it, on the terminal and on the page, with its QR code."""
    from .public_link import terminal_code

    link.address = public_link(page)
    if link.address is None:
        print("No public link could be made; is this machine online? The page is served here.", file=sys.stderr)
        return
    print(terminal_code(link.address), flush=True)
    print(f"Everybody who knows this link can use the page: {link.address}", flush=True)


def public_link(page: gr.Blocks) -> str | None:
    """Opens a tunnel through gradio.live; None where there is no way out, at the latest after a minute or two.

    `launch(share=True)` would do it before anybody sees the page, and would make the page load its program
    from elsewhere, also where the tunnel failed.
    """
    from gradio import networking

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
