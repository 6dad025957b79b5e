"""The options of every command; `commands` and `document_systems` have the function of its name, which does it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from ..training.cli_options import add_training_options, seed
from ..utils.paths import PREPARED, RESULTS, RUNS, WEIGHTS
from . import commands, document_systems

EMPTY = "folder of street pictures without a number: those whose file number is divisible by 5"


def command_parser() -> argparse.ArgumentParser:
    """The parser of the whole command line; it sets `action` to the function of the command."""
    parser = argparse.ArgumentParser(prog="python -m svhn", description="Find and read house numbers in street photos.")
    verbs = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, description: str) -> argparse.ArgumentParser:
        sub = verbs.add_parser(name, help=description, description=description)
        function = name.replace("-", "_")
        sub.set_defaults(
            action=getattr(document_systems if hasattr(document_systems, function) else commands, function)
        )
        return sub

    sub = command("download", "Fetch the official archives of train and test.")
    sub.add_argument("--data", type=Path, required=True, help="folder to put them into")
    sub.add_argument("--extra", action="store_true", help="also fetch the 202,353 easier photos of extra")

    sub = command("prepare", "Turn an official split into the two HDF5 files that training reads.")
    source = sub.add_mutually_exclusive_group(required=True)
    source.add_argument("--data", type=Path, help="folder with train.tar.gz or train/ (or of another split)")
    weak = "folders with labels.csv (file, number, x1, y1, x2, y2) and pictures"
    source.add_argument("--weak", type=Path, nargs="+", metavar="DIR", help=weak)
    source.add_argument("--negatives", type=Path, help="folder of street pictures without numbers")
    sub.add_argument("--again", action="store_true", help="with --weak: replace boxes by those that the weights find")
    _add_pipeline_options(sub)
    sub.add_argument("--split", default="train", choices=("train", "test", "extra"))
    sub.add_argument("--out", type=Path, default=PREPARED, help="where the HDF5 files go (%(default)s)")

    sub = command("split", "List the prepared photos and which are held out: a CSV with file, number, part.")
    sub.add_argument("--prepared", type=Path, default=PREPARED, help="folder of the HDF5 files (%(default)s)")
    sub.add_argument("--out", type=Path, required=True, help="split.csv")

    sub = command("train", "Train one network from prepared files.")
    sub.add_argument("recipe", help="a name in svhn/training/recipes.py, such as compact or fcos")
    sub.add_argument("--data", type=Path, help="folder of the data set: SVHN (prepared if necessary) or MNIST")
    sub.add_argument("--prepared", type=Path, default=PREPARED, help="folder of the HDF5 files (%(default)s)")
    sub.add_argument("--run", type=Path, help="folder for checkpoints and events (runs/RECIPE)")
    sub.add_argument(
        "--share", type=float, default=1.0, help="share of the recipe's steps; below 1 at a lower rate (1.0)"
    )
    sub.add_argument(
        "--plateau",
        type=_positive,
        default=0,
        metavar="EPOCHS",
        help="train at the full rate until the held-out score has not improved for so many epochs, then anneal; "
        "--minutes then ends a piece of the run, which --resume continues",
    )
    sub.add_argument("--all", action="store_true", help="also train on the held-out photos; no metric is then held out")
    add_training_options(sub)

    sub = command("synth", "Draw a sheet of synthetic crops or scenes, next to real ones, to look at.")
    sub.add_argument("--out", type=Path, required=True, help="the sheet, a PNG")
    kind = sub.add_mutually_exclusive_group()
    kind.add_argument("--real", type=Path, help="folder of prepared files; without it, only synthetic pictures")
    kind.add_argument(
        "--mnist", type=Path, metavar="DIR", help="draw strips of MNIST digits instead, from its four files"
    )
    sub.add_argument("--scenes", action="store_true", help="scenes instead of crops")
    sub.add_argument("--seed", type=seed, default=0)

    sub = command("evaluate", "Read every photo of a split or a folder and write the metrics to a report.")
    source = sub.add_mutually_exclusive_group(required=True)
    source.add_argument("--data", type=Path, help="folder with the official archives")
    source.add_argument("--photos", type=Path, help="folder with pictures and labels.csv (file, number)")
    source.add_argument("--backgrounds", type=Path, help=EMPTY)
    sub.add_argument("--split", default="test", choices=("train", "held_out", "test", "extra"))
    sub.add_argument("--out", type=Path, required=True, help="report.json")
    sub.add_argument("--limit", type=int, help="stop after this many photos")
    _add_pipeline_options(sub)
    _add_processes(sub)

    sub = command("read", "Read the numbers in photos.")
    sub.add_argument("photos", type=Path, nargs="+", metavar="PHOTO")
    sub.add_argument("--json", action="store_true", help="print one JSON object per line")
    _add_pipeline_options(sub)
    _add_processes(sub)

    sub = command("run", "Read every picture of a folder; write annotated pictures and readings.csv, print arrays.")
    sub.add_argument("input", metavar="INPUT", help="folder of pictures; sub-folders are not read")
    sub.add_argument("output", metavar="OUTPUT", help="another folder, created if missing")
    sub.add_argument(
        "--engine",
        choices=("local", "ray"),
        default="local",
        help="ray: on a Ray cluster; INPUT may also be a file that lists pictures, and both may be URLs "
        "that fsspec opens; see docs/many_pictures.md",
    )
    sub.add_argument("--copies", action="store_true", help="write annotated pictures with --engine ray, too")
    _add_pipeline_options(sub)
    _add_processes(sub)

    sub = command("publish", "Publish the networks of runs with the weights, to compare them on the page.")
    sub.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="folder with last.pt, named after its recipe")
    sub.add_argument("--data", type=Path, required=True, help="folder with the official archives, to calibrate readers")
    sub.add_argument("--weights", type=Path, default=WEIGHTS, help="folder of the weights (%(default)s)")

    sub = command(
        "calibrate", "Choose the confidence from which readings need no check: right 19 times in 20 in both sets."
    )
    fits = "; with them, the confidence of searched numbers is fitted, too, and below which there is no number"
    sub.add_argument("--backgrounds", type=Path, help=f"{EMPTY}{fits}")
    sub.add_argument("--data", type=Path, required=True, help="folder with the official test archive, or a part of it")
    sub.add_argument("--photos", type=Path, required=True, help="folder with pictures and labels.csv (file, number)")
    _add_pipeline_options(sub, roles=())
    _add_processes(sub)

    sub = command("export", "Write the default networks as files for programs without PyTorch.")
    sub.add_argument("--format", choices=("onnx", "openvino"), required=True)
    sub.add_argument("--out", type=Path, required=True, help="folder for the two networks")
    sub.add_argument("--weights", type=Path, default=WEIGHTS, help="folder of the weights (%(default)s)")

    _add_plots(command("plot", "Draw training curves, or grids of photos with what was found and read."))
    _add_measuring(command)
    return parser


def _add_pipeline_options(parser: argparse.ArgumentParser, roles: Sequence[str] = ("localizer", "reader")) -> None:
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="folder of the weights (%(default)s)")
    parser.add_argument("--device", default="cpu", help="cpu, cuda or auto (%(default)s)")
    parser.add_argument(
        "--precision",
        default="auto",
        choices=("auto", "fp32", "bf16"),
        help="auto: bf16 if the device has units for it",
    )
    parser.set_defaults(localizer=None, reader=None)
    for role in roles:
        parser.add_argument(f"--{role}", help="instead of the default: a name in the weights, a run or a checkpoint")


def _add_processes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--processes", type=_processes, help="how many processes read (one per core from 200 photos on, else one)"
    )


def _add_measuring(command: Callable[[str, str], argparse.ArgumentParser]) -> None:
    sub = command("train-rows", "Train the systems of the five documents until they no longer improve, or for --hours.")
    sub.add_argument("rows", nargs="*", metavar="ROW", help="names in svhn/baselines/systems.py (all)")
    sub.add_argument("--data", type=Path, help="folder of SVHN, with train.tar.gz or train/")
    sub.add_argument("--mnist", type=Path, help="folder of MNIST's four files")
    sub.add_argument("--prepared", type=Path, default=PREPARED, help="folder of the HDF5 files (%(default)s)")
    sub.add_argument(
        "--runs", type=Path, default=RUNS, help="folder of the runs, each named by its recipe (%(default)s)"
    )
    sub.add_argument("--backgrounds", type=Path, help="street pictures without numbers, to set scenes into")
    sub.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1 ... (%(default)s)")
    sub.add_argument("--processes", type=_processes, help="how many rows are trained at once (one per core)")
    sub.add_argument("--hours", type=_positive_float, help="stop after so long; the same command then goes on (never)")
    piece = "minutes after which a row makes room for another one (%(default)g)"
    sub.add_argument("--piece", type=_positive_float, default=20.0, metavar="MINUTES", help=piece)

    sub = command("measure", "Measure the systems of the five documents and write a record of each.")
    sub.add_argument("rows", nargs="*", metavar="ROW", help="names in svhn/baselines/systems.py (all)")
    sub.add_argument("--data", type=Path, help="folder of SVHN, with train.tar.gz or train/")
    sub.add_argument("--mnist", type=Path, help="folder of MNIST's four files")
    test = "folder with official test photos, test.tar.gz or test/, to be measured as well"
    sub.add_argument("--test", type=Path, metavar="DIR", help=test)
    sub.add_argument(
        "--runs", type=Path, default=RUNS, help="folder of the runs, each named by its recipe (%(default)s)"
    )
    sub.add_argument(
        "--weights",
        type=Path,
        default=WEIGHTS / "measured",
        help="folder of the default networks' weights (%(default)s)",
    )
    sub.add_argument("--out", type=Path, default=RESULTS, help="folder of the records (%(default)s)")
    sub.add_argument("--again", action="store_true", help="measure again even if the checkpoint has not changed")

    sub = command("results", "Generate RESULTS.md from the records.")
    sub.add_argument("--records", type=Path, default=RESULTS, help="folder of the records (%(default)s)")
    sub.add_argument(
        "--out", type=Path, default=RESULTS.with_name("RESULTS.md"), help="the file to write (%(default)s)"
    )

    sub = command("checkpoints", "Evaluate every checkpoint of a run on every split.")
    sub.add_argument("run", type=Path, metavar="RUN", help="folder with best.pt and last.pt")
    sub.add_argument("--data", type=Path, required=True, help="folder with the official archives")
    sub.add_argument(
        "--split",
        action="append",
        choices=("train", "held_out", "test"),
        help="can be given several times; train leaves the held-out photos out (every split in DIR)",
    )


def _add_plots(parser: argparse.ArgumentParser) -> None:
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="KIND")

    def kind(name: str, description: str, care: str = "") -> argparse.ArgumentParser:
        sub = kinds.add_parser(name, help=description, description=description)
        sub.add_argument("--out", type=Path, default=RUNS / f"{name}.png", help=f"the PNG (%(default)s){care}")
        return sub

    sub = kind("curves", "Training loss and held-out metrics of several runs by epoch.")
    sub.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="folder with last.pt")

    for name, description in (
        ("crops", "What is read within the true boxes; errors in red."),
        ("boxes", "Photos with the box found in green, the true one in red, and their overlap."),
        ("readings", "Photos with the box found and the number read, end to end."),
    ):
        sub = kind(
            name, description, "; keep pictures of SVHN photos out of the repository: they are for non-commercial use"
        )
        source = sub.add_mutually_exclusive_group(required=True)
        source.add_argument("--data", type=Path, help="folder with the official archives")
        source.add_argument("--photos", type=Path, help="folder with pictures and labels.csv (file, number, box)")
        sub.add_argument("--split", default="held_out", choices=("held_out", "train", "test"))
        sub.add_argument("--rows", type=int, default=6)
        sub.add_argument("--columns", type=int, default=8)
        which = sub.add_mutually_exclusive_group()
        which.add_argument("--offset", type=int, default=0, help="skip this many photos first (%(default)s)")
        which.add_argument("--seed", type=seed, help="choose photos at random, from this seed")
        _add_pipeline_options(sub)


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def _positive_float(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return value


def _processes(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 256):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to 256")
    return int(text)
