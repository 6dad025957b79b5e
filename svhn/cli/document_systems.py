"""What the commands on the systems of the five documents do; `parser` has their options."""

from __future__ import annotations

import argparse
import signal
import sys
from contextlib import closing
from functools import partial

from ..utils.errors import DataError
from .commands import prepare_train


def train_rows(options: argparse.Namespace) -> int:
    from ..baselines.systems import select_systems
    from ..baselines.training_queue import Queue, rows_of, table_lines
    from ..utils.parallel_map import processes_for
    from ..utils.progress import LiveLines

    if options.data:
        prepare_train(options)
    rows = rows_of(select_systems(options.rows), options.runs, options.mnist, named=bool(options.rows))
    places = (options.prepared, options.mnist, options.backgrounds, options.device)
    queue, shown = Queue(rows, *places, options.processes or processes_for(None), options.piece), LiveLines()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C does: its processes end with it
    with closing(queue.train(options.hours)) as tables:
        for table in tables:
            shown.show(table_lines(table))
    return int(any(row.failed for row in rows))


def measure(options: argparse.Namespace) -> int:
    from ..baselines.evaluation_data import EvaluationData
    from ..baselines.measure import Status
    from ..baselines.measure import measure as measure_systems
    from ..baselines.systems import select_systems
    from ..baselines.tables import headline

    chosen, failed = select_systems(options.rows), 0
    data = EvaluationData(options.data, options.mnist, options.test)
    for outcome in measure_systems(chosen, data, options.runs, options.weights, options.out, options.again):
        words = headline(outcome.record) if outcome.record else outcome.why
        wanted = bool(options.rows) or outcome.status is Status.FAILED
        failed |= wanted and outcome.record is None
        print(f"{outcome.row.name}: {outcome.status.value}; {words}", flush=True)
    return int(failed)


def results(options: argparse.Namespace) -> None:
    from ..baselines.report import write_page

    if options.out.is_dir():
        raise DataError(f"--out {options.out} is a folder; name the file to write, such as RESULTS.md.")
    print(f"{options.out}: {write_page(options.records, options.out)} records")


def checkpoints(options: argparse.Namespace) -> None:
    from ..baselines.evaluation_data import available_parts, part_examples
    from ..baselines.measure_checkpoints import evaluate_checkpoints, header, row
    from ..evaluation.evaluate import HELD_OUT

    parts = options.split or available_parts(options.data) or [HELD_OUT]  # its error message names what is missing
    for number, line in enumerate(evaluate_checkpoints(options.run, parts, partial(part_examples, options.data))):
        print(row(line) if number else f"{header(line)}\n{row(line)}", flush=True)
        if line.part == HELD_OUT and line.seen:
            print("It was trained on the held-out photos, so the metrics of this line are too high.", file=sys.stderr)
