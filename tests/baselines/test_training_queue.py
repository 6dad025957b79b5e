from dataclasses import replace
from pathlib import Path

import pytest
from helpers import official
from helpers.mnist_files import write_mnist
from helpers.tiny_svhn import PROGRAM, shrink

from svhn.baselines.systems import SYSTEMS, select_systems
from svhn.baselines.training_queue import LOG, Queue, rows_of, table_lines
from svhn.data.prepare import prepare
from svhn.training import checkpoint
from svhn.training.recipes import RECIPES


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    shrink(monkeypatch.setitem, monkeypatch.setattr)


@pytest.fixture
def mnist(tmp_path) -> Path:
    (tmp_path / "mnist").mkdir()
    write_mnist(tmp_path / "mnist", 60)
    return tmp_path / "mnist"


def test_rows_are_trained_each_after_what_it_begins_with_and_a_failed_one_stops_no_other(mnist, tmp_path):
    official.write_split(tmp_path, "train", 20)
    prepare(tmp_path, "train", tmp_path / "prepared", progress=False)
    systems = select_systems(["unet_count", "vgg16_imagenet", "mnist_logistic"])
    rows = rows_of(systems, tmp_path / "runs", mnist, named=True)
    assert [row.name for row in rows] == ["vgg16_imagenet", "mnist_logistic", "unet_reflect", "unet_count"]
    queue = Queue(rows, tmp_path / "prepared", mnist, device="cpu", processes=2, program=PROGRAM)
    tables = list(queue.train())

    imagenet, logistic, reflect, count = rows
    assert all(row.trained for row in (logistic, reflect, count))
    assert "--from download" in imagenet.failed
    assert any(line[-1] == "waits for unet_reflect" for line in tables[0])
    _, state = checkpoint.read_record(count.run / "last.pt")
    assert state.initialized_from == "unet_reflect after 4 steps"
    assert logistic.state.step < logistic.recipe.steps / 2  # what ended it: it did not get better any more
    assert "trained" in table_lines(tables[-1])[-1]

    before = [(row.run / LOG).stat().st_size for row in (logistic, reflect, count)]
    again = rows_of(systems, tmp_path / "runs", mnist)
    (_, *_) = Queue(again, tmp_path / "prepared", mnist, device="cpu", program=PROGRAM).train()
    assert [(row.run / LOG).stat().st_size for row in again] == before  # nothing was left to do


def test_a_queue_that_is_stopped_ends_its_processes_and_goes_on_later(mnist, tmp_path):
    (row,) = rows_of(select_systems(["mnist_logistic"]), tmp_path / "runs", mnist)
    endless = replace(row, recipe=replace(row.recipe, plateau=10**6))
    tables = Queue([endless], tmp_path, mnist, device="cpu", program=PROGRAM).train()
    while not endless.state.step:
        next(tables)
    tables.close()  # as Ctrl-C does; it returns when the process has ended
    _, stopped = checkpoint.read_record(row.run / "last.pt")

    row.recipe = replace(row.recipe, plateau=max(10, stopped.step))  # longer than the run so far: it cannot be over
    list(Queue([row], tmp_path, mnist, device="cpu", program=PROGRAM).train())
    assert row.trained
    assert row.state.step > stopped.step
    assert row.state.history[: len(stopped.history)] == stopped.history


def test_every_row_but_this_projects_own_is_in_the_queue(tmp_path):
    names = [row.name for row in rows_of(SYSTEMS, tmp_path, tmp_path)]
    assert set(RECIPES) - set(names) == {"compact", "fcos", "vgg16_imagenet"}
    assert all(
        names.index(RECIPES[name].begins_with) < names.index(name) for name in names if RECIPES[name].begins_with
    )
