"""The command line: python -m svhn download | prepare | split | train | synth | evaluate | read | run | plot."""

from __future__ import annotations

import argparse
import itertools
import json
import os
import sys
from pathlib import Path

from .errors import DataError, UserError

PREPARED = Path(__file__).resolve().parent.parent / "data" / "prepared"
RUNS = Path(__file__).resolve().parent.parent / "runs"
WEIGHTS = Path(__file__).resolve().parent.parent / "weights"
MOST_CELLS = 30  # of a grid, each way


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; gives the exit code: 0, 1 for an error that was told, 2 for a wrong command line."""
    options = _parser().parse_args(arguments)
    try:
        return options.action(options) or 0
    except UserError as error:
        print(f"svhn {options.command}: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print(f"\nsvhn {options.command}: stopped.", file=sys.stderr)
    except BrokenPipeError:  # the program that read our output has gone; keep Python from telling it, too
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m svhn", description="Find and read house numbers in street photos.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, action, description: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=description, description=description)
        sub.set_defaults(action=action)
        return sub

    sub = command("download", _download, "Fetch the official archives of train and test.")
    sub.add_argument("--data", type=Path, required=True, help="folder to put them into")
    sub.add_argument("--extra", action="store_true", help="fetch the 202,353 easier photos of extra, too")

    sub = command("prepare", _prepare, "Turn an official split into the two HDF5 files that training reads.")
    sub.add_argument("--data", type=Path, required=True, help="folder with train.tar.gz or train/, and the like")
    sub.add_argument("--split", default="train", choices=("train", "test", "extra"))
    sub.add_argument("--out", type=Path, default=PREPARED, help="where the HDF5 files go (%(default)s)")

    sub = command("split", _split, "Write down which prepared photos are held out, as a CSV: file, number, part.")
    sub.add_argument("--prepared", type=Path, default=PREPARED, help="folder of the HDF5 files (%(default)s)")
    sub.add_argument("--out", type=Path, required=True, help="split.csv")

    sub = command("train", _train, "Train one network from prepared files.")
    sub.add_argument("recipe", help="its name in svhn/training/recipes.py, such as compact or fcos")
    sub.add_argument("--data", type=Path, help="folder of the data set, SVHN's (prepared if need be) or MNIST's")
    sub.add_argument("--prepared", type=Path, default=PREPARED, help="folder of the HDF5 files (%(default)s)")
    sub.add_argument("--run", type=Path, help="folder for checkpoints and events (runs/RECIPE)")
    sub.add_argument("--share", type=float, default=1.0, help="of the recipe's steps; a part goes on gently (1.0)")
    sub.add_argument("--all", action="store_true", help="train on the held-out photos, too; then no figure is held out")
    add_training_options(sub)

    sub = command("synth", _synth, "Lay synthetic number crops beside real ones on one sheet, to look at.")
    sub.add_argument("--out", type=Path, required=True, help="the sheet, a PNG")
    sub.add_argument("--real", type=Path, help="folder of prepared files; without it the sheet is synthetic only")
    sub.add_argument("--seed", type=int, default=0)

    sub = command("evaluate", _evaluate, "Read every photo of a split or a folder and write the figures down.")
    source = sub.add_mutually_exclusive_group(required=True)
    source.add_argument("--data", type=Path, help="folder with the official archives")
    source.add_argument("--photos", type=Path, help="folder with pictures and labels.csv (file, number)")
    sub.add_argument("--split", default="test", choices=("train", "held_out", "test", "extra"))
    sub.add_argument("--out", type=Path, required=True, help="report.json")
    sub.add_argument("--limit", type=int, help="only the first so many photos")
    _add_pipeline_options(sub)

    sub = command("read", _read, "Read the numbers in photos.")
    sub.add_argument("photos", type=Path, nargs="+", metavar="PHOTO")
    sub.add_argument("--json", action="store_true", help="one JSON object a line")
    _add_pipeline_options(sub)

    sub = command("run", _run, "Read every picture of a folder: the same pictures with boxes, readings.csv, arrays.")
    sub.add_argument("input", type=Path, metavar="INPUT", help="folder; sub-folders are left alone")
    sub.add_argument("output", type=Path, metavar="OUTPUT", help="another folder, made if it is not there")
    _add_pipeline_options(sub)

    _add_plots(command("plot", _plot, "Draw training curves, or grids of photos with what was found in them."))
    return parser


def add_training_options(parser: argparse.ArgumentParser) -> None:
    """The options that `train` and train_all.py share."""
    parser.add_argument("--minutes", type=float, help="time budget for training (none: all steps of the recipe)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1 ... (%(default)s)")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--from", type=Path, dest="start_from", metavar="PATH", help="go on from weights/measured")
    parser.add_argument("--backgrounds", type=Path, help="street pictures without numbers, to set scenes into")


def _add_pipeline_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="folder of the weights (%(default)s)")
    parser.add_argument("--device", default="cpu", help="cpu, cuda or auto (%(default)s)")
    parser.add_argument("--localizer", help="another than the manifest's default")
    parser.add_argument("--reader", help="another than the manifest's default")


def _add_plots(parser: argparse.ArgumentParser) -> None:
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="KIND")

    def kind(name: str, description: str, care: str = "") -> argparse.ArgumentParser:
        sub = kinds.add_parser(name, help=description, description=description)
        sub.add_argument("--out", type=Path, default=RUNS / f"{name}.png", help=f"the PNG (%(default)s){care}")
        return sub

    sub = kind("curves", "Training loss and held-out figures of several runs by epoch.")
    sub.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="folder with last.pt")

    for name, description in (
        ("crops", "What is read within the true boxes; what is wrong in red."),
        ("boxes", "Photos with the box found in green, the true one in red, and their overlap."),
        ("picks", "Photos with the box found and the number read, end to end."),
    ):
        sub = kind(name, description, "; SVHN photos are for non-commercial use, so not into the repository")
        source = sub.add_mutually_exclusive_group(required=True)
        source.add_argument("--data", type=Path, help="folder with the official archives")
        source.add_argument("--photos", type=Path, help="folder with pictures and labels.csv (file, number, box)")
        sub.add_argument("--split", default="held_out", choices=("held_out", "train", "test"))
        sub.add_argument("--rows", type=int, default=6)
        sub.add_argument("--columns", type=int, default=8)
        which = sub.add_mutually_exclusive_group()
        which.add_argument("--offset", type=int, default=0, help="leave out the first so many photos (%(default)s)")
        which.add_argument("--seed", type=int, help="take photos by chance, the same for the same seed")
        _add_pipeline_options(sub)


# Each command imports what it needs: reading a photo should not wait for HDF5, nor training for Pillow.


def _download(options: argparse.Namespace) -> None:
    from .data.download import download

    for fetched in download(options.data, extra=options.extra):
        print(fetched)


def _prepare(options: argparse.Namespace) -> None:
    from .data.prepare import prepare

    print(prepare(options.data, options.split, options.out))


def _split(options: argparse.Namespace) -> None:
    from .data.split_table import write_table

    print(", ".join(f"{part}: {count}" for part, count in write_table(options.prepared, options.out).items()))


def _train(options: argparse.Namespace) -> None:
    from .training.recipes import RECIPES, SVHN
    from .training.train import train

    run_dir = options.run or RUNS / options.recipe
    learns_from_svhn = options.recipe in RECIPES and RECIPES[options.recipe].data == SVHN
    if options.data and learns_from_svhn and not (options.prepared / "train_scenes.h5").is_file():
        from .data.prepare import prepare

        print(prepare(options.data, "train", options.prepared), file=sys.stderr)
    _, state = train(
        options.recipe,
        options.prepared,
        run_dir,
        part="all" if options.all else "train",
        mnist=options.data,
        backgrounds=options.backgrounds,
        device=options.device,
        seed=options.seed,
        minutes=options.minutes,
        resume=options.resume,
        start_from=options.start_from,
        share=options.share,
    )
    print(json.dumps(state.history[-1]))


def _synth(options: argparse.Namespace) -> None:
    from .synth.sheet import make_sheet

    real = options.real / "train_crops.h5" if options.real else None
    if real and not real.is_file():
        raise DataError(f"There is no {real}; make it with: python -m svhn prepare --data DIR")
    make_sheet(options.out, real, options.seed)


def _pipeline(options: argparse.Namespace):
    import torch

    from .devices import choose_device
    from .pipeline import Pipeline

    torch.set_num_threads(1)  # on pictures this small a second thread gains a quarter; on busy cores it costs tenfold
    return Pipeline.load(options.weights, choose_device(options.device), options.localizer, options.reader)


def _evaluate(options: argparse.Namespace) -> None:
    from . import evaluate
    from .weights import write_whole

    if options.limit is not None and options.limit < 1:
        raise DataError(f"--limit is {options.limit}; it must be at least 1.")
    if options.out.is_dir():
        raise DataError(f"--out {options.out} is a folder; name the file to write, such as report.json.")
    pipeline = _pipeline(options)
    if options.photos:
        examples = evaluate.folder_examples(options.photos)
        outcome = evaluate.run(pipeline, examples, options.limit, boxed=False)
        report = evaluate.photos_report(outcome, pipeline.sha256)
    else:
        left_out: dict[str, str] = {}
        outcome = evaluate.run(pipeline, evaluate.split_examples(options.data, options.split, left_out), options.limit)
        report = evaluate.split_report(outcome, options.split, pipeline.sha256, len(left_out))
        for name, reason in itertools.islice(left_out.items(), 20):
            print(f"{name} was left out: {reason}", file=sys.stderr)
        if left_out:
            print(f"{len(left_out)} photos were left out, {len(outcome.names)} evaluated.", file=sys.stderr)
    try:
        write_whole(options.out, (json.dumps(report, indent=2) + "\n").encode())
    except OSError as error:
        raise DataError(f"{options.out} cannot be written ({error.strerror}).") from None
    print(json.dumps(report["end_to_end"]))


def _read(options: argparse.Namespace) -> int:
    from .photos import PhotoError, open_photo

    pipeline = _pipeline(options)
    failed = 0
    for path in options.photos:
        try:
            result = pipeline.read(open_photo(path)).to_json(str(path))
        except PhotoError as error:
            failed = 1
            result = {"file": str(path), "error": str(error)}
        if options.json:
            print(json.dumps(result), flush=True)
        elif "error" in result:
            print(f"{path}: {result['error']}", file=sys.stderr)
        else:
            print(f"{path}: {_in_words(result, pipeline.unsure_below)}", flush=True)
    return failed


def _run(options: argparse.Namespace) -> int:
    from .folder import read_folder

    failed = 0
    for row in read_folder(_pipeline(options), options.input, options.output):
        if row.error:
            failed = 1
            print(f"{row.file}: {row.error}", file=sys.stderr)
        else:
            print(row.file, row.array, flush=True)
    return failed


def _plot(options: argparse.Namespace) -> None:
    if options.out.is_dir():
        raise DataError(f"--out {options.out} is a folder; name the file to write, such as grid.png.")
    if options.kind == "curves":
        from .curves import curves, histories

        curves(histories(options.runs), options.out)
    else:
        _plot_grid(options)
    print(options.out)


def _plot_grid(options: argparse.Namespace) -> None:
    from . import evaluate, plots

    if not (1 <= options.rows <= MOST_CELLS and 1 <= options.columns <= MOST_CELLS and options.offset >= 0):
        raise DataError(f"--rows and --columns go from 1 to {MOST_CELLS}, --offset from 0; please change them.")
    draw = {"crops": plots.crops, "boxes": plots.boxes, "picks": plots.readings}[options.kind]
    pipeline = _pipeline(options)
    if options.photos:
        examples = evaluate.folder_examples(options.photos)
    else:
        examples = evaluate.split_examples(options.data, options.split)
    count, boxed = options.rows * options.columns, options.kind != "picks"
    chosen = plots.choose(examples, count, options.offset, options.seed, boxed)
    draw(pipeline, chosen, options.out, options.columns, options.rows)


def _in_words(result: dict, unsure_below: float) -> str:
    if result["box"] is None:
        return "no number found"
    if result["number"] is None:
        return "a number of more than five digits"
    doubt = ", unsure" if result["confidence"] < unsure_below else ""
    return f"{result['number']} ({result['confidence']:.0%}{doubt})"


if __name__ == "__main__":
    sys.exit(main())
