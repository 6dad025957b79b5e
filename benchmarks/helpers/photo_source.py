"""The photos that benchmarks read, with their true numbers: a folder, or a split of SVHN."""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator
from pathlib import Path

from svhn.evaluation import evaluate
from svhn.evaluation.evaluate import Example


def add_options(parser: argparse.ArgumentParser) -> None:
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--photos", type=Path, help="folder with pictures and labels.csv (file, number)")
    source.add_argument("--data", type=Path, help="folder with the official archives")
    parser.add_argument("--split", default="test", choices=("train", "held_out", "test"))
    parser.add_argument("--limit", type=int, help="only so many photos")
    parser.add_argument("--every", type=int, default=1, help="only every so many-th photo")


def chosen(options: argparse.Namespace) -> Iterator[Example]:
    if options.photos:
        examples = evaluate.folder_examples(options.photos)
    else:
        examples = evaluate.split_examples(options.data, options.split)
    return itertools.islice(itertools.islice(examples, 0, None, options.every), options.limit)
