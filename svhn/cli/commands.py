"""What each command does, except those in `document_systems`; `parser` has the options.

Each command imports what it needs itself: reading a photo should not wait for HDF5, nor training for Pillow.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..utils.errors import DataError, UserError
from ..utils.paths import PREPARED, RUNS

if TYPE_CHECKING:
    from torch import nn

    from ..models import Registry
    from ..pipeline import Pipeline

MOST_CELLS = 30  # rows or columns of a grid


def download(options: argparse.Namespace) -> None:
    from ..data.download import download

    for fetched in download(options.data, extra=options.extra):
        print(fetched)


def prepare(options: argparse.Namespace) -> None:
    if options.weak:
        from ..data.weak_labels import prepare_weak

        read = load_pipeline(options).read_all if options.again else None
        counts = prepare_weak(options.weak, options.out, read)
        print(", ".join(f"{reason}: {count:,}" for reason, count in counts.items()))
        return
    if options.negatives:
        from ..data.negatives import prepare_negatives

        pipeline = load_pipeline(options)
        count = prepare_negatives(
            options.negatives, options.out, lambda photo: [each.box for each in pipeline.candidates(photo)]
        )
        print(f"{count:,} places without a number")
        return
    from ..data.prepare import prepare

    print(prepare(options.data, options.split, options.out))


def split(options: argparse.Namespace) -> None:
    from ..data.split import write_split_table

    print(", ".join(f"{part}: {count}" for part, count in write_split_table(options.prepared, options.out).items()))


def train(options: argparse.Namespace) -> None:
    from ..training import distributed
    from ..training.recipes import RECIPES, SVHN
    from ..training.train import train

    run_dir = options.run or RUNS / options.recipe
    learns_from_svhn = options.recipe in RECIPES and RECIPES[options.recipe].data == SVHN
    with distributed.joined():
        if options.data and learns_from_svhn:
            distributed.from_first(lambda: prepare_train(options))
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
            batch=options.batch,
            plateau=options.plateau,
        )
        if distributed.is_first():
            print(json.dumps(state.history[-1]))


def prepare_train(options: argparse.Namespace) -> None:
    """Prepare the train split of --data, unless it is."""
    from ..data.prepare import is_prepared, prepare

    if not is_prepared(options.data, "train", options.prepared):
        print(prepare(options.data, "train", options.prepared), file=sys.stderr)


def synth(options: argparse.Namespace) -> None:
    from ..synth.preview import make_sheet, make_strip_sheet

    if options.mnist:
        return make_strip_sheet(options.out, options.mnist, options.seed)
    real = options.real / f"train_{'scenes' if options.scenes else 'crops'}.h5" if options.real else None
    if real and not real.is_file():
        raise DataError(f"There is no {real}; make it with: python -m svhn prepare --data DIR")
    make_sheet(options.out, real, options.seed, whole=options.scenes)


def load_pipeline(options: argparse.Namespace) -> Pipeline:
    import torch

    from ..models import LOCALIZERS, READERS
    from ..pipeline import Pipeline
    from ..utils.devices import choose_device

    torch.set_num_threads(1)  # on pictures this small a second thread gains a quarter; on busy cores it costs tenfold
    device = choose_device(options.device)
    localizer = _network(options.localizer, options.weights, LOCALIZERS)
    reader = _network(options.reader, options.weights, READERS)
    return Pipeline.load(options.weights, device, localizer, reader, options.precision)


def _network(name: str | None, weights_dir: Path, kind: Registry) -> str | nn.Module | None:
    """The network of the run or checkpoint that an option names; any other name is returned unchanged, for the
    weights folder. Raises TrainingError for a run that cannot be loaded, WeightsError if its network is of another
    kind."""
    from ..models import kind_of
    from ..utils.errors import WeightsError
    from ..weights import read_manifest

    is_path = name and (name.endswith(".pt") or Path(name).is_dir())
    if not is_path or name in ("whole", *read_manifest(weights_dir)["networks"]):
        return name
    from ..training import checkpoint

    network = checkpoint.load(Path(name)).network
    if kind_of(network) not in kind:
        raise WeightsError(f"{name} holds none of the networks {', '.join(kind)}.")
    return network


def _workers(options: argparse.Namespace, count: int | None):
    """The processes to read that many photos with; None for a complete split."""
    from ..utils.parallel_map import IN_PROCESS, Workers, processes_for

    processes = options.processes or (processes_for(count) if options.device == "cpu" else 1)
    return IN_PROCESS if processes == 1 else Workers(partial(load_pipeline, options), processes)


def evaluate(options: argparse.Namespace) -> None:
    from ..evaluation import evaluate
    from ..utils.files import write_output

    if options.limit is not None and options.limit < 1:
        raise DataError(f"--limit is {options.limit}; it must be at least 1.")
    if options.out.is_dir():
        raise DataError(f"--out {options.out} is a folder; name the file to write, such as report.json.")
    pipeline, workers = load_pipeline(options), _workers(options, options.limit)
    if options.data is None:
        examples = (
            evaluate.folder_examples(options.photos)
            if options.photos
            else evaluate.background_examples(options.backgrounds)
        )
        outcome = evaluate.run(pipeline, examples, options.limit, boxed=False, workers=workers)
        report = evaluate.photos_report(outcome, pipeline.sha256)
    else:
        if options.split == evaluate.HELD_OUT:
            _warn_of_seen_photos(options)
        left_out: dict[str, str] = {}
        examples = evaluate.split_examples(options.data, options.split, left_out, PREPARED)
        outcome = evaluate.run(pipeline, examples, options.limit, workers=workers)
        report = evaluate.split_report(outcome, options.split, pipeline.sha256, len(left_out))
        for name, reason in itertools.islice(left_out.items(), 20):
            print(f"{name} was left out: {reason}", file=sys.stderr)
        if left_out:
            print(f"{len(left_out)} photos were left out, {len(outcome.names)} evaluated.", file=sys.stderr)
    write_output(options.out, (json.dumps(report, indent=2) + "\n").encode())
    print(json.dumps(report["end_to_end"]))


def _warn_of_seen_photos(options: argparse.Namespace) -> None:
    """Warn about networks in use that were trained on the held-out photos."""
    from ..weights import read_manifest, saw_held_out

    manifest = read_manifest(options.weights)
    for name in (options.localizer or manifest["localizer"], options.reader or manifest["reader"]):
        if name in manifest["networks"] and saw_held_out(manifest["networks"][name]):
            print(
                f"{name} was trained on the held-out photos, so its metrics are too high; for held-out ones: "
                f"--weights {options.weights / 'measured'}",
                file=sys.stderr,
            )


def read(options: argparse.Namespace) -> int:
    from ..batch.local import PhotoPath, read_photos
    from ..utils.files import printable

    pipeline, workers = load_pipeline(options), _workers(options, len(options.photos))
    failed = 0
    for row in read_photos(pipeline, [PhotoPath(printable(path), path) for path in options.photos], workers=workers):
        failed |= bool(row.error)
        result = row.to_json()
        if options.json:
            print(json.dumps(result), flush=True)
        elif "error" in result:
            print(f"{result['file']}: {result['error']}", file=sys.stderr)
        else:
            print(f"{result['file']}: {_describe(result, pipeline.unsure_below)}", flush=True)
    return failed


def run(options: argparse.Namespace) -> int:
    if options.engine == "ray":
        return _run_on_ray(options)
    from ..batch.local import pictures_in, read_folder

    source, target = Path(options.input), Path(options.output)
    workers, failed = _workers(options, len(pictures_in(source))), 0
    for row in read_folder(load_pipeline(options), source, target, workers):
        if row.error:
            failed = 1
            print(f"{row.file}: {row.error}", file=sys.stderr)
        else:
            print(row.file, row.array, flush=True)
    return failed


def _run_on_ray(options: argparse.Namespace) -> int:
    try:
        from ..batch import ray_cluster
    except ImportError as error:
        raise UserError(f"--engine ray needs the package {error.name}: pip install '.[ray]'") from None
    from ..weights import read_manifest

    published = read_manifest(options.weights)["networks"]
    for name in (options.localizer, options.reader):
        if name not in (None, "whole", *published):
            raise UserError(f"--engine ray reads with the networks of {options.weights}; publish {name} there first.")
    options.weights = options.weights.absolute()  # the actors may work in other folders
    networks = load_pipeline(argparse.Namespace(**{**vars(options), "device": "cpu"})).sha256.values()
    states = ray_cluster.run(
        partial(load_pipeline, options),
        networks,
        options.input,
        options.output,
        copies=options.copies,
        actors=options.processes,
        device=options.device,
    )
    print(", ".join(f"{state}: {count:,}" for state, count in states.most_common()))
    return int(states["error"] > 0)


def plot(options: argparse.Namespace) -> None:
    if options.out.is_dir():
        raise DataError(f"--out {options.out} is a folder; name the file to write, such as grid.png.")
    if options.kind == "curves":
        from ..evaluation.training_curves import load_histories, plot_curves

        plot_curves(load_histories(options.runs), options.out)
    else:
        _plot_grid(options)
    print(options.out)


def _plot_grid(options: argparse.Namespace) -> None:
    from ..evaluation import evaluate, photo_grids

    if not (1 <= options.rows <= MOST_CELLS and 1 <= options.columns <= MOST_CELLS and options.offset >= 0):
        raise DataError(f"--rows and --columns go from 1 to {MOST_CELLS}, --offset from 0; please change them.")
    draw = {"crops": photo_grids.crops, "boxes": photo_grids.boxes, "readings": photo_grids.readings}[options.kind]
    pipeline = load_pipeline(options)
    if options.photos:
        examples = evaluate.folder_examples(options.photos)
    else:
        examples = evaluate.split_examples(options.data, options.split, prepared=PREPARED)
    count, boxed = options.rows * options.columns, options.kind != "readings"
    chosen = photo_grids.choose(examples, count, options.offset, options.seed, boxed)
    draw(pipeline, chosen, options.out, options.columns, options.rows)


def publish(options: argparse.Namespace) -> None:
    from ..evaluation.publish import publish as publish_run
    from ..training import checkpoint

    for run in options.runs:
        entry = publish_run(run.name, checkpoint.load(run), options.weights, options.data)
        print(f"{entry['file']}: {entry['bytes'] / 2**20:.1f} MiB")


def calibrate(options: argparse.Namespace) -> None:
    from ..evaluation import confidence, evaluate
    from ..evaluation.publish import write_model_card

    pipeline = load_pipeline(options)
    config, workers = pipeline.selection, _workers(options, None)
    found = {
        "test": confidence.examine(pipeline, evaluate.split_examples(options.data, "test", prepared=PREPARED), workers),
        "photos": confidence.examine(pipeline, evaluate.folder_examples(options.photos), workers),
    }
    if options.backgrounds:
        empty = confidence.examine(pipeline, evaluate.background_examples(options.backgrounds), workers)
        config = confidence.fit_selection(config, *found.values(), empty)
        wrong = len(confidence.Readings.of(empty, config).wrong)
        print(f"floor {config.floor:.0%}: a number in {wrong} of {len(empty)} pictures without one")
    sets = {name: confidence.Readings.of(group, config) for name, group in found.items()}
    limit = confidence.write_record(options.weights, pipeline.sha256, config, sets)
    write_model_card(options.weights)
    for name, readings in sets.items():
        right, total = readings.count(limit)
        print(f"{name}: from {limit:.0%} on {right} of {total} right; {readings.photos} photos")


def export(options: argparse.Namespace) -> None:
    from ..evaluation.export_onnx import convert

    for path in convert(options.weights, options.format, options.out):
        print(f"{path}: {path.stat().st_size / 2**20:.1f} MiB")


def _describe(result: dict, unsure_below: float) -> str:
    if result["box"] is None:
        return "no number found"
    if result["number"] is None:
        return "a number of more than five digits"
    doubt = ", check this" if result["confidence"] < unsure_below else ""
    return f"{result['number']} ({result['confidence']:.0%}{doubt})"
