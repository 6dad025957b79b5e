"""The loop: resuming gives the same weights, trouble is told, and what it saves is whole."""

import dataclasses
import itertools
import math

import pytest
import torch
from torch import nn

from svhn.errors import TrainingError
from svhn.training.engine import State, Task, fit, learning_rate
from svhn.training.recipes import Recipe

RECIPE = Recipe("compact", steps=12, batch_size=4, learning_rate=1e-2, epoch_steps=4, warmup_steps=2)
CPU = torch.device("cpu")


def _task(loss=None) -> Task:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.Dropout(0.3), nn.Linear(8, 1))

    def squared(network: nn.Module, generator: torch.Generator) -> torch.Tensor:
        x = torch.randn(16, 3, generator=generator)
        return (network(x) - x.sum(1, keepdim=True)).square().mean()

    def validate(network: nn.Module) -> dict[str, float]:
        assert not network.training
        return {"held_out_error": float((network(torch.eye(3)) - 1).abs().mean())}

    return Task(network, loss or squared, validate)


def _same(a: nn.Module, b: nn.Module) -> bool:
    return all(torch.equal(x, y) for x, y in zip(a.state_dict().values(), b.state_dict().values(), strict=True))


def test_a_run_that_was_stopped_and_resumed_ends_at_the_same_weights(tmp_path):
    whole, record = fit(_task(), RECIPE, tmp_path / "whole", CPU)

    class Stopped(Exception):
        pass

    task, calls = _task(), []

    def stopping(network, generator):
        calls.append(1)
        if len(calls) > 6:
            raise Stopped
        return task.loss(network, generator)

    with pytest.raises(Stopped):
        fit(dataclasses.replace(task, loss=stopping), RECIPE, tmp_path / "parts", CPU)
    resumed, other = fit(_task(), RECIPE, tmp_path / "parts", CPU, resume=True)
    assert _same(whole, resumed)
    assert [row["loss"] for row in record.history] == [row["loss"] for row in other.history]
    assert [row["step"] for row in record.history] == [4, 8, 12]


def test_another_seed_gives_other_weights(tmp_path):
    first, _ = fit(_task(), RECIPE, tmp_path / "a", CPU, State(seed=0))
    second, _ = fit(_task(), RECIPE, tmp_path / "b", CPU, State(seed=1))
    assert not _same(first, second)


def test_training_learns(tmp_path):
    _, record = fit(_task(), dataclasses.replace(RECIPE, steps=200, epoch_steps=50), tmp_path, CPU)
    assert record.history[-1]["held_out_error"] < record.history[0]["held_out_error"]


def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_the_last_checkpoint(tmp_path):
    fit(_task(), dataclasses.replace(RECIPE, steps=4), tmp_path, CPU)
    before = (tmp_path / "last.pt").read_bytes()
    task = _task(lambda network, generator: network(torch.randn(4, 3)).mean() * math.nan)
    with pytest.raises(TrainingError, match="became nan"):
        fit(task, RECIPE, tmp_path, CPU)
    assert (tmp_path / "last.pt").read_bytes() == before


def test_a_checkpoint_of_another_recipe_is_refused(tmp_path):
    fit(_task(), RECIPE, tmp_path, CPU)
    with pytest.raises(TrainingError, match="another recipe"):
        fit(_task(), dataclasses.replace(RECIPE, learning_rate=1.0), tmp_path, CPU, resume=True)


@pytest.mark.parametrize("other", [State(seed=1), State(data="all of it")])
def test_a_checkpoint_of_another_seed_or_other_data_is_refused(tmp_path, other):
    fit(_task(), RECIPE, tmp_path, CPU)
    with pytest.raises(TrainingError, match="was trained with seed 0"):
        fit(_task(), RECIPE, tmp_path, CPU, other, resume=True)


def test_a_gradient_that_is_not_finite_leaves_no_checkpoint(tmp_path):
    task = _task(lambda network, generator: (network(torch.randn(4, 3)) * 0).sum().sqrt())  # loss 0, gradient NaN
    with pytest.raises(TrainingError, match="became nan"):
        fit(task, dataclasses.replace(RECIPE, epoch_steps=1), tmp_path, CPU)
    assert not (tmp_path / "last.pt").exists()


def test_a_budget_of_no_minutes_is_refused(tmp_path):
    with pytest.raises(TrainingError, match="more than 0"):
        fit(_task(), RECIPE, tmp_path, CPU, minutes=0)


def test_a_damaged_checkpoint_is_told_in_a_sentence(tmp_path):
    (tmp_path / "last.pt").write_bytes(b"not a checkpoint")
    with pytest.raises(TrainingError, match="cannot be resumed from"):
        fit(_task(), RECIPE, tmp_path, CPU, resume=True)


def test_a_spent_time_budget_ends_the_run_with_a_checkpoint(tmp_path):
    _, record = fit(_task(), dataclasses.replace(RECIPE, steps=10**6), tmp_path, CPU, minutes=0.001)
    assert 1 <= record.step < 10**6
    assert (tmp_path / "last.pt").is_file()
    assert not list(tmp_path.glob("*.part"))


def test_event_files_are_written_for_tensorboard(tmp_path):
    fit(_task(), RECIPE, tmp_path, CPU)
    assert list((tmp_path / "events").glob("events.out.tfevents.*"))


def test_the_learning_rate_warms_up_and_falls_to_a_hundredth():
    rates = [learning_rate(step, step / 100, dataclasses.replace(RECIPE, warmup_steps=10)) for step in range(101)]
    assert max(rates) == rates[rates.index(max(rates))] <= RECIPE.learning_rate
    assert rates[0] == pytest.approx(RECIPE.learning_rate / 10, rel=0.01)
    assert rates[100] == pytest.approx(RECIPE.learning_rate / 100)
    assert all(a >= b for a, b in itertools.pairwise(rates[10:]))
