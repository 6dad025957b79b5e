"""The factory's front door: official archives in, weights/ out. Stopped at any moment, --resume goes on."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from svhn.__main__ import PREPARED, RUNS, WEIGHTS, add_training_options
from svhn.errors import UserError

EXAMPLES = Path(__file__).resolve().parent / "demo" / "examples"  # with labels.csv
LOCALIZER, READER = "fcos", "compact"
LOCALIZER_SHARE = 0.45  # of the time budget
LAST_SHARE = 0.2  # of the time, or of the recipe's steps, for the pass over all photos


def main(arguments: list[str] | None = None) -> int:
    """Prepares, trains localizer and reader, calibrates and evaluates them on held-out photos, trains them on
    all photos for a while, and writes the weights."""
    options = _parser().parse_args(arguments)
    try:
        print(json.dumps(_run(options), indent=2))
        return 0
    except UserError as error:
        print(f"train_all: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\ntrain_all: stopped; --resume goes on from the last checkpoint.", file=sys.stderr)
    return 1


def _run(options: argparse.Namespace) -> dict:
    from svhn.data.prepare import prepare
    from svhn.release import release, ship
    from svhn.training.train import train

    prepared = [options.prepared / f"train_{kind}.h5" for kind in ("crops", "scenes")]
    if not (options.resume and all(path.is_file() for path in prepared)):
        print(prepare(options.data, "train", options.prepared), file=sys.stderr)
    beside = options.data.resolve().parent / "backgrounds"
    backgrounds = options.backgrounds or (beside if beside.is_dir() else None)

    def passed(kind: str, part: str, share: float, start_from: Path | None) -> list[tuple]:
        """(name, network, state) of both networks after one pass over that part of the photos."""
        return [
            (
                name,
                *train(
                    name,
                    options.prepared,
                    options.runs / f"{name}{kind}",
                    part=part,
                    backgrounds=backgrounds,
                    device=options.device,
                    seed=options.seed,
                    minutes=None if options.minutes is None else options.minutes * time,
                    resume=options.resume,
                    start_from=start_from,
                    share=1.0 if kind == "" else share,
                ),
            )
            for name, time in ((LOCALIZER, LOCALIZER_SHARE * share), (READER, (1 - LOCALIZER_SHARE) * share))
        ]

    measured = options.runs / "measured"  # weights that never saw the held-out photos, with their figures
    report = release(*passed("", "train", 1 - LAST_SHARE, options.start_from), options.data, measured, options.runs)
    ship(passed("-all", "all", LAST_SHARE, measured), measured, options.out, EXAMPLES)
    return report


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with train.tar.gz or train/")
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="folder of the weights (%(default)s)")
    parser.add_argument("--prepared", type=Path, default=PREPARED, help="folder of the HDF5 files (%(default)s)")
    parser.add_argument("--runs", type=Path, default=RUNS, help="checkpoints, events, pictures (%(default)s)")
    add_training_options(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
