"""Train everything with one command: official archives in, weights/ out. --resume continues after an interruption.

With several GPUs: torchrun --nproc-per-node gpu train_all.py --data DIR
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from svhn.training.cli_options import add_training_options
from svhn.utils.errors import UserError
from svhn.utils.paths import PREPARED, ROOT, RUNS, WEIGHTS

EXAMPLES = ROOT / "demo" / "examples"  # with labels.csv
LOCALIZER, READER = "fcos", "compact"
MEMBERS = 2  # readers of consecutive seeds, which are averaged
LOCALIZER_TIME, READER_TIME, LAST_TIME = 0.4, 0.48, 0.12  # shares of the time budget
LAST_STEPS = 0.2  # of the recipe's, when the readers continue on all photos; the localizer does not gain from that


def main(arguments: list[str] | None = None) -> int:
    """Prepare the data, train localizer and readers, calibrate and evaluate them on held-out photos, continue the
    readers on all photos, and write the weights."""
    options = _parser().parse_args(arguments)
    from svhn.training import distributed

    try:
        with distributed.joined():
            report = _run(options)
            if distributed.is_first():
                print(json.dumps(report, indent=2))
        return 0
    except UserError as error:
        print(f"train_all: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\ntrain_all: stopped; --resume continues from the last checkpoint.", file=sys.stderr)
    return 1


def _run(options: argparse.Namespace) -> dict:
    from svhn.evaluation.publish import Candidate, average, export_final, export_measured
    from svhn.training.distributed import from_first
    from svhn.training.train import train

    from_first(lambda: _prepare(options))
    sibling = options.data.resolve().parent / "backgrounds"
    backgrounds = options.backgrounds or (sibling if sibling.is_dir() else None)

    def train_one(name: str, run: Path, time: float, member: int = 0, **how) -> Candidate:
        """Train one network with that share of the time budget."""
        minutes = None if options.minutes is None else options.minutes * time
        same = {"backgrounds": backgrounds, "device": options.device, "resume": options.resume, "batch": options.batch}
        seed = options.seed + member
        network, state = train(name, options.prepared, run, minutes=minutes, seed=seed, **same, **how)
        return Candidate(name, network, (state,))

    localizer = train_one(LOCALIZER, options.runs / LOCALIZER, LOCALIZER_TIME, start_from=options.start_from)
    runs = [options.runs / (READER if member == 0 else f"{READER}-{member + 1}") for member in range(MEMBERS)]
    readers = [
        train_one(READER, run, READER_TIME / MEMBERS, member, start_from=options.start_from)
        for member, run in enumerate(runs)
    ]
    measured = options.out / "measured"  # weights that never saw the held-out photos, with their metrics
    places = (options.data, measured, options.runs, options.prepared)
    report = from_first(lambda: export_measured(localizer, average(readers), *places))
    gentle = {"part": "all", "share": LAST_STEPS}
    last = [
        train_one(READER, run.with_name(f"{run.name}-all"), LAST_TIME / MEMBERS, member, start_from=run, **gentle)
        for member, run in enumerate(runs)
    ]
    from_first(lambda: export_final(average(last), measured, options.out, EXAMPLES))
    return report


def _prepare(options: argparse.Namespace) -> None:
    from svhn.data.prepare import is_prepared, prepare
    from svhn.data.weak_labels import prepare_weak

    for split in ("train", "extra") if options.extra else ("train",):
        if not is_prepared(options.data, split, options.prepared):
            print(prepare(options.data, split, options.prepared), file=sys.stderr)
    if options.weak:
        prepare_weak(options.weak, options.prepared)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with train.tar.gz or train/")
    parser.add_argument("--extra", action="store_true", help="train on extra.tar.gz or extra/ there, too")
    weak = "folders of further photos with labels.csv (file, number, x1, y1, x2, y2), such as app.py --collect's"
    parser.add_argument("--weak", type=Path, nargs="+", metavar="DIR", help=weak)
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="folder of the weights (%(default)s)")
    parser.add_argument("--prepared", type=Path, default=PREPARED, help="folder of the HDF5 files (%(default)s)")
    parser.add_argument("--runs", type=Path, default=RUNS, help="checkpoints, events, pictures (%(default)s)")
    add_training_options(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
