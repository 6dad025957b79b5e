"""Start the page: options of the command line, and their error messages."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

from demo.server.launch import check_address, serve
from svhn.utils.errors import UserError

WEIGHTS = Path(__file__).resolve().parent / "weights"
AUTH_VARIABLE = "HOUSE_NUMBERS_AUTH"
MOST_WAITING = 10_000


def port_number(text: str) -> int:
    """A TCP port that can be asked for by number."""
    if not (text.isdecimal() and 1 <= int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port; it is a number from 1 to 65535")
    return int(text)


def credentials(text: str) -> tuple[str, str]:
    """USER:PASSWORD, taken apart at the first colon. The error does not repeat it."""
    user, _, password = text.partition(":")
    if not (user.strip() and password):
        raise argparse.ArgumentTypeError(f"this and {AUTH_VARIABLE} have the form USER:PASSWORD, neither of them empty")
    return user.strip(), password


def waiting_places(text: str) -> int:
    """How many readings may wait for their turn."""
    if not (text.isdecimal() and 1 <= int(text) <= MOST_WAITING):
        raise argparse.ArgumentTypeError(f"{text!r} is not a length; it is a number from 1 to {MOST_WAITING}")
    return int(text)


def flags() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Serves the house-number reader as a page in the browser.")
    host, port = (os.environ.get(f"GRADIO_SERVER_{name}") or None for name in ("NAME", "PORT"))  # a Space sets them
    parser.add_argument("--port", type=port_number, default=port, help="default: the first free one from 7860 on")
    parser.add_argument(
        "--host", default=host or "127.0.0.1", help="0.0.0.0 lets other machines in (default: %(default)s)"
    )
    parser.add_argument("--share", action="store_true", help="also make a public link, through gradio.live")
    parser.add_argument("--open", action="store_true", help="also open the page in the browser of this machine")
    parser.add_argument(
        "--auth",
        type=credentials,
        metavar="USER:PASSWORD",
        default=os.environ.get(AUTH_VARIABLE),
        help=f"let in only who knows these; {AUTH_VARIABLE} does the same and keeps them off the list of processes",
    )
    parser.add_argument("--queue", type=waiting_places, metavar="N", help="let N readings wait, refuse more")
    parser.add_argument("--data", type=Path, metavar="DIR", help="offer photos of the SVHN data set in DIR, with truth")
    parser.add_argument("--collect", type=Path, metavar="DIR", help="let visitors save corrected photos to DIR")
    parser.add_argument("--weights", type=Path, metavar="DIR", default=WEIGHTS, help="default: the repository's")
    parser.add_argument(
        "--precision", default="auto", choices=("auto", "fp32", "bf16"), help="default: bf16 where the processor has it"
    )
    return parser.parse_args()


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
