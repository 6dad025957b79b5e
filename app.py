"""The demo's front door: flags, load weights, build the page, launch."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
import tempfile
from pathlib import Path

from svhn.errors import UserError

WEIGHTS = Path(__file__).resolve().parent / "weights"


def port_number(text: str) -> int:
    """A TCP port that can be asked for by number."""
    if not (text.isdecimal() and 1 <= int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port; it is a number from 1 to 65535")
    return int(text)


def flags() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Serves the house-number reader as a page in the browser.")
    parser.add_argument("--port", type=port_number, help="default: the first free one from 7860 on")
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 lets other machines in (default: %(default)s)")
    parser.add_argument("--share", action="store_true", help="also make a public link, through gradio.live")
    parser.add_argument("--data", type=Path, metavar="DIR", help="offer photos of the SVHN data set in DIR, with truth")
    parser.add_argument("--collect", type=Path, metavar="DIR", help="let visitors save corrected photos to DIR")
    parser.add_argument("--weights", type=Path, metavar="DIR", default=WEIGHTS, help="default: the repository's")
    return parser.parse_args()


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
    """Until somebody stops it. Raises UserError."""
    with tempfile.TemporaryDirectory(prefix="house-numbers-") as folder:  # goes with everything that was uploaded
        os.environ["GRADIO_TEMP_DIR"] = f"{folder}/uploads"
        import torch  # not before the flags are known to be right: torch and Gradio take seconds

        from demo import truth, ui
        from svhn.data.truth import listed
        from svhn.pipeline import Pipeline

        torch.set_num_threads(1)  # readings run side by side; threads that wait for each other cost seconds there
        pipeline = Pipeline.load(args.weights)
        truths = truth.Truths()
        real = truth.data_set(args.data, truths, Path(folder)) if args.data else []
        page = ui.build(pipeline, truths, listed(ui.EXAMPLES), real, args.collect)
        _, address, link = page.launch(
            server_name=args.host,
            server_port=args.port,
            share=args.share,
            prevent_thread_lock=True,
            quiet=True,
            **ui.launch_options(),
        )
        print(f"The page is at {address}", flush=True)
        if link:
            print(f"and, for everybody who knows the link, at {link}", flush=True)
        elif args.share:
            print("No public link could be made; is this machine online? The page is served here.", file=sys.stderr)
        print("Ctrl-C stops it.", flush=True)
        try:
            page.block_thread()
        finally:
            page.close(verbose=False)  # nothing is written any more when the folder goes


def main() -> None:
    args = flags()
    try:
        check_address(args.host, args.port)
        serve(args)
    except UserError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("Stopped.")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that temporary files are removed
    main()
