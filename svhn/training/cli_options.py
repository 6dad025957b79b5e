"""Command-line options that all programs that train share."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_training_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for time budget, device, seed, and the run or weights to continue from."""
    parser.add_argument("--minutes", type=float, help="time budget for training (none: all steps of the recipe)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1 ... (%(default)s)")
    batch = "pictures a step, over all processes; changes steps and learning rate with it (the recipe's)"
    parser.add_argument("--batch", type=int, metavar="N", help=batch)
    parser.add_argument("--resume", action="store_true", help="continue from the last checkpoint")
    parser.add_argument("--seed", type=seed, default=0, help="from 0 to 999,999 (%(default)s)")
    parser.add_argument("--from", type=Path, dest="start_from", metavar="PATH", help="initialize from weights or a run")
    parser.add_argument("--backgrounds", type=Path, help="street pictures without numbers, to set scenes into")


def seed(text: str) -> int:
    """The type of a seed. Raises ArgumentTypeError."""
    if not (text.isascii() and text.isdigit() and int(text) < 1_000_000):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to 999,999")
    return int(text)
