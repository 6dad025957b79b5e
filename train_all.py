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


def main(arguments: list[str] | None = None) -> int:
    """Prepares, trains localizer and reader, calibrates, evaluates on held-out photos, writes the weights."""
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
    from svhn.release import release
    from svhn.training.train import train

    prepared = [options.prepared / f"train_{kind}.h5" for kind in ("crops", "scenes")]
    if not (options.resume and all(path.is_file() for path in prepared)):
        print(prepare(options.data, "train", options.prepared), file=sys.stderr)
    beside = options.data.resolve().parent / "backgrounds"
    backgrounds = options.backgrounds or (beside if beside.is_dir() else None)
    trained = []
    for name, share in ((LOCALIZER, LOCALIZER_SHARE), (READER, 1 - LOCALIZER_SHARE)):
        network, state = train(
            name,
            options.prepared,
            options.runs / name,
            backgrounds=backgrounds,
            device=options.device,
            seed=options.seed,
            minutes=None if options.minutes is None else options.minutes * share,
            resume=options.resume,
            start_from=options.start_from,
        )
        trained.append((name, network, state))
    return release(*trained, options.data, options.out, options.runs, EXAMPLES)


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
