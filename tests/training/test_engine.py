import contextlib
import copy
import dataclasses
import itertools
import math
from collections import OrderedDict
from types import SimpleNamespace

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import nn

from svhn.data.sampling import step_seed
from svhn.training import checkpoint, engine
from svhn.training.engine import fit, learning_rate
from svhn.training.recipes import Recipe
from svhn.training.stopping import share_done
from svhn.training.tasks.base import Task
from svhn.utils.errors import TrainingError
from svhn.utils.progress import EventLog

RECIPE = Recipe("compact", steps=12, batch_size=4, learning_rate=1e-2, epoch_steps=4, warmup_steps=2)
CPU = torch.device("cpu")


def _task(loss=None) -> Task:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.Dropout(0.3), nn.Linear(8, 1))

    def squared(network: nn.Module, batch: None, generator: torch.Generator) -> torch.Tensor:
        x = torch.randn(16, 3, generator=generator)
        return (network(x) - x.sum(1, keepdim=True)).square().mean()

    def validate(network: nn.Module) -> dict[str, float]:
        assert not network.training
        error = float((network(torch.eye(3)) - 1).abs().mean())
        return {"held_out_error": error, "held_out_score": -error}

    return Task(network, loss or squared, validate, "held_out_score", torch.zeros(2, 3))


def _scored(*scores: float) -> Task:
    """A task whose validations give these scores, one after the other."""
    rest = iter(scores)
    return dataclasses.replace(_task(), validate=lambda network: {"held_out_score": next(rest)})


def _same(a: nn.Module, b: nn.Module) -> bool:
    return all(map(torch.equal, a.state_dict().values(), b.state_dict().values()))


def _watched(seen: list, stop: int = 99) -> Task:
    """Records the batch of every step and what its generator would draw; `stop` steps are done."""
    task = _task()

    def loss(network, batch, generator):
        seen.append((*batch, torch.rand(1, generator=generator.clone_state()).item()))
        if len(seen) > stop:
            raise KeyboardInterrupt
        return task.loss(network, batch, generator)

    return dataclasses.replace(task, loss=loss, feed=lambda seed, steps: ((seed, step) for step in steps))


def test_a_run_that_was_stopped_and_resumed_ends_at_the_same_weights_and_can_go_on(tmp_path):
    seen, drawn = [], []
    whole, record = fit(_watched(seen), RECIPE, tmp_path / "whole", CPU)
    generators = [torch.Generator().manual_seed(step_seed(0, step)) for step in range(12)]
    assert seen == [(0, step, torch.rand(1, generator=each).item()) for step, each in enumerate(generators)]
    assert whole[1].num_batches_tracked == 12
    with pytest.raises(KeyboardInterrupt):
        fit(_watched(drawn, stop=6), RECIPE, tmp_path / "parts", CPU)
    resumed, other = fit(_watched(drawn), RECIPE, tmp_path / "parts", CPU, resume=True)
    assert drawn == seen[:7] + seen[4:]
    assert _same(whole, resumed)
    assert [row["loss"] for row in record.history] == [row["loss"] for row in other.history]
    longer = dataclasses.replace(RECIPE, steps=RECIPE.steps + 4)
    _, record = fit(_task(), longer, tmp_path / "parts", CPU, resume=True)
    assert [row["step"] for row in record.history] == [4, 8, 12, 16]


def test_what_is_not_finite_stops_the_run_and_keeps_the_last_checkpoint(tmp_path):
    fit(_task(), dataclasses.replace(RECIPE, steps=4), tmp_path, CPU)
    before = (tmp_path / "last.pt").read_bytes()
    for spoil in (lambda outputs: outputs.mean() * math.nan, lambda outputs: (outputs * 0).sum().sqrt()):
        for folder in (tmp_path, tmp_path / "new"):  # in the second case the loss is 0, and only its gradient is NaN
            task = _task(lambda network, batch, generator, spoil=spoil: spoil(network(torch.randn(4, 3))))
            with pytest.raises(TrainingError, match="became nan"):
                fit(task, dataclasses.replace(RECIPE, epoch_steps=1), folder, CPU)
    assert (tmp_path / "last.pt").read_bytes() == before
    assert not (tmp_path / "new" / "last.pt").exists()


def test_a_time_budget_counts_training_and_not_validation(tmp_path, monkeypatch):
    task, clock = _task(), [0.0]

    def lasting(seconds, work):
        return lambda *given: clock.__setitem__(0, clock[0] + seconds) or work(*given)

    monkeypatch.setattr(engine, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    task = dataclasses.replace(task, loss=lasting(1.04, task.loss), validate=lasting(1000, task.validate))
    _, record = fit(task, RECIPE, tmp_path, CPU, minutes=0.1)
    assert [(row["step"], row["seconds"]) for row in record.history] == [(4, 4.2), (6, 6.2)]
    assert (tmp_path / "last.pt").is_file()


def test_the_best_epoch_is_kept_next_to_the_last(tmp_path):
    seen, scores = [], iter((0.3, 0.7, 0.5))

    def validate(network: nn.Module) -> dict[str, float]:
        seen.append(copy.deepcopy(network.state_dict()))
        return {"held_out_score": next(scores)}

    fit(dataclasses.replace(_task(), validate=validate), RECIPE, tmp_path, CPU)
    for name, epoch in (("best.pt", 1), ("last.pt", 2)):
        average = torch.load(tmp_path / name, weights_only=True)["average"]
        assert all(torch.equal(value, seen[epoch][key]) for key, value in average.items())
    best = torch.load(tmp_path / "best.pt", weights_only=True)
    assert [row["held_out_score"] for row in best["state"]["history"]] == [0.3, 0.7]
    assert best["state"]["step"] == 8
    assert "optimizer" not in best  # it is to be used, not to go on from


@pytest.mark.parametrize(("patience", "epochs"), [(1, 2), (2, 5), (3, 6), (0, 7)])
def test_training_stops_when_it_has_got_no_better_for_long(tmp_path, patience, epochs):
    recipe = dataclasses.replace(RECIPE, steps=7, epoch_steps=1, patience=patience)
    _, record = fit(_scored(0.5, 0.4, 0.6, 0.6, 0.1, 0.2, 0.7), recipe, tmp_path, CPU)
    assert record.step == len(record.history) == epochs


def test_patience_goes_on_where_a_run_is_resumed(tmp_path):
    recipe = dataclasses.replace(RECIPE, steps=20, epoch_steps=1, patience=3)
    with pytest.raises(StopIteration):  # in place of a power cut
        fit(_scored(0.9, 0.1), recipe, tmp_path, CPU)
    best = (tmp_path / "best.pt").read_bytes()
    _, record = fit(_scored(0.2, 0.3), recipe, tmp_path, CPU, resume=True)
    assert [row["held_out_score"] for row in record.history] == [0.9, 0.1, 0.2, 0.3]
    assert (tmp_path / "best.pt").read_bytes() == best  # nothing since was better
    _, again = fit(_scored(), recipe, tmp_path, CPU, resume=True)  # validates no more: it has stopped
    assert again.step == record.step == 4


def test_a_run_with_a_plateau_anneals_when_it_gets_no_better_and_pieces_change_nothing(tmp_path):
    recipe = dataclasses.replace(RECIPE, steps=100, epoch_steps=2, plateau=3)
    scores = (0.1, 0.5, 0.4, 0.5, 0.3, 0.6, 0.7)  # no better than at step 4 for three epochs of two steps: at step 10
    whole, record = fit(_scored(*scores), recipe, tmp_path / "whole", CPU)
    assert [row["step"] for row in record.history] == [2, 4, 6, 8, 10, 12, 13]  # and a quarter of that to anneal

    def done(step: int, recipe: Recipe) -> float:
        return share_done(dataclasses.replace(record, step=step), "held_out_score", recipe)

    assert [done(step, recipe) for step in (9, 10, 12, 13)] == [0, 0, 0.8, 1]
    for stop in ((0.1, 0.5, 0.4), (0.5, 0.3), (0.6, 0.7)):
        with contextlib.suppress(StopIteration):  # in place of a power cut
            pieces, _ = fit(_scored(*stop), recipe, tmp_path / "pieces", CPU, minutes=1e9, resume=True)
    assert _same(whole, pieces)

    soon = dataclasses.replace(recipe, steps=5)  # ends at its last step, at a low rate, although it still gets better
    _, record = fit(_scored(0.1, 0.2, 0.3), soon, tmp_path / "soon", CPU)
    assert record.step == 5
    assert 0 == done(4, soon) < done(5, soon)


def test_a_run_stopped_between_its_two_checkpoints_keeps_the_best(tmp_path, monkeypatch):
    save = checkpoint.save

    def stopping(path, recipe, average, state, **rest):
        if path.name == "last.pt" and state.step == 8:
            raise KeyboardInterrupt
        save(path, recipe, average, state, **rest)

    monkeypatch.setattr(checkpoint, "save", stopping)
    with pytest.raises(KeyboardInterrupt):
        fit(_scored(0.1, 0.9), RECIPE, tmp_path, CPU)
    monkeypatch.undo()
    fit(_scored(0.9, 0.5), RECIPE, tmp_path, CPU, resume=True)  # goes on after the first epoch
    assert torch.load(tmp_path / "best.pt", weights_only=True)["state"]["step"] == 8


@pytest.mark.parametrize(("scores", "best"), [((0.1, 0.2, 0.0), 8), ((0.5, 0.5, 0.5), 4)], ids=["lower", "equal"])
def test_a_new_run_forgets_the_best_of_the_one_before_and_keeps_its_own_first_best(tmp_path, scores, best):
    fit(_scored(0.9, 0.8, 0.7), RECIPE, tmp_path, CPU)
    fit(_scored(*scores), RECIPE, tmp_path, CPU)
    assert torch.load(tmp_path / "best.pt", weights_only=True)["state"]["step"] == best


def test_tensorboard_gets_curves_and_the_networks_graph_once(tmp_path, monkeypatch):
    _, record = fit(_task(), RECIPE, tmp_path, CPU)
    monkeypatch.delattr(EventLog, "graph")  # a run that is resumed needs it no more
    fit(_task(), RECIPE, tmp_path, CPU, resume=True)
    events = EventAccumulator(str(tmp_path / "events")).Reload()
    assert sum("Linear" in node.name for node in events.Graph().node) >= 2
    assert set(events.Tags()["scalars"]) == {"loss", "held_out_error", "held_out_score"}
    logged = [(event.step, event.value) for event in events.Scalars("held_out_error")]
    assert logged == [(row["step"], pytest.approx(row["held_out_error"])) for row in record.history]


@pytest.mark.parametrize(("units", "dtype"), [({}, torch.float32), ({"amx_bf16": True}, torch.bfloat16)])
def test_training_computes_in_bf16_only_where_the_processor_has_units_for_it(tmp_path, monkeypatch, units, dtype):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: units, raising=False)
    task, seen = _task(), set()
    task.network.register_forward_hook(lambda network, _, outputs: seen.add((network.training, outputs.dtype)))
    fit(task, RECIPE, tmp_path, CPU)
    assert seen == {(True, dtype), (False, torch.float32)}


def test_the_learning_rate_warms_up_and_falls_to_a_hundredth():
    rates = [learning_rate(step, step / 100, dataclasses.replace(RECIPE, warmup_steps=10)) for step in range(101)]
    assert max(rates) == rates[rates.index(max(rates))] <= RECIPE.learning_rate
    assert rates[0] == pytest.approx(RECIPE.learning_rate / 10, rel=0.01)
    assert rates[100] == pytest.approx(RECIPE.learning_rate / 100)
    assert learning_rate(99, 0.5, RECIPE) == pytest.approx(RECIPE.learning_rate * 0.505)
    assert all(a >= b for a, b in itertools.pairwise(rates[10:]))


def test_every_part_has_its_rate_and_only_matrices_decay(tmp_path):
    """Without a gradient only the decay is left, so that every weight and every average is known."""
    rates = {"encoder": 0.5, "dense": 0.25, "local": 0.25, "head": 1.0}
    network = nn.Sequential(OrderedDict((name, nn.Linear(2, 2)) for name in rates))
    recipe = dataclasses.replace(RECIPE, steps=5, learning_rate=0.1, weight_decay=2.0, ema_decay=0.26)
    recipe = dataclasses.replace(recipe, encoder_rate=rates["encoder"], dense_rate=rates["dense"])
    weights, losses = copy.deepcopy(network.state_dict()), []
    means = copy.deepcopy(weights)

    def loss(network: nn.Module, batch: None, generator: torch.Generator) -> torch.Tensor:
        losses.append(7 + network.head.bias.sum() + 0 * network(torch.ones(1, 2)).sum())
        return losses[-1]

    task = Task(network, loss, lambda network: {"held_out_score": 0.0}, "held_out_score", torch.ones(1, 2))
    average, record = fit(task, recipe, tmp_path, CPU)
    for step, decay in enumerate((1 / 10, 2 / 11, 3 / 12, 0.26, 0.26)):
        for name, weight in weights.items():
            if name.endswith("weight"):
                weight *= 1 - learning_rate(step, step / 5, recipe) * rates[name.split(".")[0]] * 2.0
            means[name].lerp_(weight, 1 - decay)
    del means["head.bias"]  # which has a gradient
    for name, mean in means.items():
        torch.testing.assert_close(average.state_dict()[name], mean)
    assert [row["loss"] for row in record.history] == pytest.approx([sum(losses[:4]).item() / 4, losses[4].item()])
