from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import BinaryIO

import pytest
from helpers.forked import Forked
from helpers.tiny_runs import shrink

from svhn.baselines import training_queue
from svhn.baselines.systems import SYSTEMS, select_systems
from svhn.baselines.training_queue import LOG, Queue, rows_of, table_lines
from svhn.cli.main import main
from svhn.data import mnist
from svhn.training import checkpoint
from svhn.training.recipes import RECIPES


def _shrink(patch: pytest.MonkeyPatch) -> None:
    """Make the recipes tiny, one of them endless, and MNIST's part for validation."""
    shrink(patch, steps=4, epoch_steps=2, batch_size=4, synthetic_bank=4, warmup_steps=2)
    patch.setitem(RECIPES, "mnist_logistic", replace(RECIPES["mnist_logistic"], steps=10**6))
    patch.setattr(mnist, "VALIDATION", 20)


def _svhn(*arguments: str) -> int:
    """`python -m svhn`, with tiny recipes."""
    _shrink(pytest.MonkeyPatch())
    return main([*arguments])


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    """Tiny recipes, and processes that start at once."""

    def start(command: list[str], stdout: BinaryIO, env: dict[str, str], **_) -> Forked:
        return Forked(_svhn, command[command.index("svhn") + 1 :], Path(stdout.name), env)

    _shrink(monkeypatch)
    monkeypatch.setattr(training_queue, "subprocess", SimpleNamespace(Popen=start, DEVNULL=None))


def test_rows_are_trained_each_after_what_it_begins_with_and_a_failed_one_stops_no_other(
    prepared, mnist_folder, tmp_path
):
    systems = select_systems(["unet_count", "vgg16_imagenet", "mnist_logistic"])
    rows = rows_of(systems, tmp_path, mnist_folder, named=True)
    assert [row.name for row in rows] == ["vgg16_imagenet", "mnist_logistic", "unet_reflect", "unet_count"]
    tables = list(Queue(rows, prepared, mnist_folder, device="cpu", processes=2).train())

    imagenet, logistic, reflect, count = rows
    assert all(row.trained for row in (logistic, reflect, count))
    assert "--from download" in imagenet.failed
    assert any(line[-1] == "waits for unet_reflect" for line in tables[0])
    _, state = checkpoint.read_record(count.run / "last.pt")
    assert state.initialized_from == "unet_reflect after 4 steps"
    assert logistic.state.step < logistic.recipe.steps / 2  # what ended it: it did not get better any more
    assert "trained" in table_lines(tables[-1])[-1]

    before = [(row.run / LOG).stat().st_size for row in (logistic, reflect, count)]
    again = rows_of(systems, tmp_path, mnist_folder)
    (_, *_) = Queue(again, prepared, mnist_folder, device="cpu").train()
    assert [(row.run / LOG).stat().st_size for row in again] == before  # nothing was left to do


def test_a_queue_that_is_stopped_ends_its_processes_and_goes_on_later(mnist_folder, tmp_path):
    (row,) = rows_of(select_systems(["mnist_logistic"]), tmp_path, mnist_folder)
    endless = replace(row, recipe=replace(row.recipe, plateau=10**6))
    tables = Queue([endless], tmp_path, mnist_folder, device="cpu").train()
    while not endless.state.step:
        next(tables)
    tables.close()  # as Ctrl-C does; it returns when the process has ended
    _, stopped = checkpoint.read_record(row.run / "last.pt")

    row.recipe = replace(row.recipe, plateau=max(10, stopped.step))  # longer than the run so far: it cannot be over
    list(Queue([row], tmp_path, mnist_folder, device="cpu").train())
    assert row.trained
    assert row.state.step > stopped.step
    assert row.state.history[: len(stopped.history)] == stopped.history


def test_every_row_but_this_projects_own_is_in_the_queue_after_what_it_begins_with(tmp_path):
    names = [row.name for row in rows_of(SYSTEMS, tmp_path, tmp_path)]
    assert set(RECIPES) - set(names) == {"compact", "fcos", "vgg16_imagenet"}
    before = {name: RECIPES[name].begins_with for name in names if RECIPES[name].begins_with}
    assert all(names.index(first) < names.index(name) for name, first in before.items())
