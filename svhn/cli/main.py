"""The command line, python -m svhn COMMAND: run one command."""

from __future__ import annotations

import os
import sys

from ..utils.errors import UserError
from .parser import command_parser


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the exit code: 0, 1 after an error message, 2 for a wrong command line."""
    options = command_parser().parse_args(arguments)
    try:
        return options.action(options) or 0
    except UserError as error:
        print(f"svhn {options.command}: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print(f"\nsvhn {options.command}: stopped.", file=sys.stderr)
    except BrokenPipeError:  # the reader of our output has gone; keep Python from reporting that
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1
