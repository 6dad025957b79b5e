"""The one training loop: bf16 where the device has units for it, cosine schedule, gradient clipping, EMA, checkpoints
that resume.

Step k draws all its randomness from (seed, k), so a run that was stopped and resumed goes through the same
batches, and ends at the same weights, as one that was not. Several processes share the batch of every step.
"""

from __future__ import annotations

import copy
import dataclasses
import math
import time
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ..data.sampling import step_seed
from ..models.precision import AUTO, BF16, choose_precision
from ..utils.errors import TrainingError
from ..utils.progress import EventLog, progress_bar
from . import checkpoint, distributed
from .checkpoint import BEST, LAST, State
from .recipes import Recipe
from .stopping import epochs_since_best, is_finished, share_done
from .tasks.base import Task


def fit(
    task: Task,
    recipe: Recipe,
    run_dir: Path,
    device: torch.device,
    start: State = State(),
    minutes: float | None = None,
    resume: bool = False,
) -> tuple[nn.Module, State]:
    """Train until the recipe's schedule ends, or for `minutes`, whichever comes first. Of several processes
    (`distributed`) the first one validates and writes.

    start: the provenance of a new run; a checkpoint is resumed only if its seed and data are the same.
    Returns the averaged network, in evaluation mode, and the record of the run; both are also in
    `run_dir/last.pt`, and those of the best epoch in `run_dir/best.pt`. Under a time budget the schedule follows the
    clock, so that it always ends low, unless the recipe has it follow the score (see `stopping`).
    Raises TrainingError on a non-finite loss, or a checkpoint that does not fit or cannot be written.
    """
    network = task.network.to(device, memory_format=torch.channels_last)
    average = copy.deepcopy(network).eval().requires_grad_(False)
    trained, is_first = distributed.wrap(network, device), distributed.is_first()
    optimizer = torch.optim.AdamW(_groups(network, recipe), lr=recipe.learning_rate, fused=True)
    state = dataclasses.replace(start, history=[])
    parts = {"network": network, "average": average, "optimizer": optimizer}
    if resume and (run_dir / LAST).exists():
        state = checkpoint.resume(run_dir / LAST, recipe, start, device, **parts)
    budget = math.inf if minutes is None else minutes * 60
    log = EventLog(run_dir / "events", enabled=is_first)
    if not state.step:
        log.graph(average, task.example.to(device))
    bar = progress_bar(recipe.steps, state.step, recipe.network, shown=is_first)
    losses: list[torch.Tensor] = []
    feed = task.feed(start.seed, range(state.step, recipe.steps))
    mark = time.monotonic()

    while state.seconds < budget and not is_finished(state, task.score, recipe):
        done = share_done(state, task.score, recipe, budget)
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(state.step, done, recipe) * group["rate"]
        losses.append(_step(task.loss, trained, next(feed), optimizer, recipe, device, start.seed, state.step))
        _average(average, network, min(recipe.ema_decay, (1 + state.step) / (10 + state.step)))
        state.step += 1
        now = time.monotonic()
        state.seconds, mark = state.seconds + now - mark, now
        if minutes is not None:
            state.seconds = distributed.from_first(lambda: state.seconds)  # one clock, so that all stop at one step
        bar.update(1)

        ends = state.seconds >= budget or is_finished(state, task.score, recipe)
        if state.step % recipe.epoch_steps == 0 or ends:
            loss = distributed.mean(torch.stack(losses).mean()).item()  # the only wait for the device
            losses.clear()
            if not math.isfinite(loss):
                bar.close()
                raise TrainingError(
                    f"The loss of {recipe.network} became {loss} before step {state.step}; the last good checkpoint "
                    f"is kept. Try a lower learning rate."
                )
            metrics = {"loss": loss, **distributed.from_first(lambda: task.validate(average))}
            state.history.append({"step": state.step, "seconds": round(state.seconds, 1), **metrics})
            log.write(state.step, metrics)
            bar.set_postfix({name: f"{value:.4g}" for name, value in metrics.items()})
            if is_first:
                _save(run_dir, recipe, state, epochs_since_best(state, task.score) == 0, parts)
            mark = time.monotonic()  # validation and saving are not training time
    bar.close()
    log.close()
    return average, state


def _save(run_dir: Path, recipe: Recipe, state: State, is_best: bool, parts: dict[str, Any]) -> None:
    if is_best:  # written first: once LAST is, this epoch is not repeated
        checkpoint.save(run_dir / BEST, recipe, parts["average"], state)
    checkpoint.save(run_dir / LAST, recipe, state=state, **parts)


def learning_rate(step: int, done: float, recipe: Recipe) -> float:
    """Linear warm-up, then half a cosine down to a hundredth; `done` is the share of the run, 0 ... 1."""
    warmup = min(1.0, (step + 1) / recipe.warmup_steps)
    return recipe.learning_rate * warmup * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done)))


def _step(
    loss_of, network, batch, optimizer, recipe: Recipe, device: torch.device, seed: int, step: int
) -> torch.Tensor:
    """One update; returns the loss of this process's part of the batch, still on the device."""
    own_seed = step_seed(seed, step, distributed.place()[0])
    torch.manual_seed(own_seed)  # dropout
    network.train()
    in_bf16 = choose_precision(AUTO, device) == BF16  # emulated, a step takes twelve times as long as in fp32
    with torch.autocast(device.type, torch.bfloat16, enabled=in_bf16):
        loss = loss_of(network, batch, torch.Generator(device).manual_seed(own_seed))
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    norm = nn.utils.clip_grad_norm_(network.parameters(), recipe.clip_norm)
    optimizer.step()
    return loss.detach() + 0 * norm  # not finite if either is: the epoch's mean then stops the run


def _groups(network: nn.Module, recipe: Recipe) -> list[dict[str, Any]]:
    """Matrices decay towards zero; biases and the scales of norms do not. An encoder and wide dense layers have
    learning rates of their own."""
    rates = {"encoder": recipe.encoder_rate, "dense": recipe.dense_rate, "local": recipe.dense_rate}
    groups = []
    for rate in dict.fromkeys((1.0, *rates.values())):
        named = [p for name, p in network.named_parameters() if rates.get(name.split(".")[0], 1.0) == rate]
        for matrix, decay in ((True, recipe.weight_decay), (False, 0.0)):
            parameters = [p for p in named if p.requires_grad and (p.ndim > 1) == matrix]
            if parameters:
                groups.append({"params": parameters, "weight_decay": decay, "rate": rate})
    return groups


@torch.no_grad()
def _average(average: nn.Module, network: nn.Module, decay: float) -> None:
    pairs = list(zip(average.state_dict().values(), network.state_dict().values(), strict=True))
    means, values = zip(*(pair for pair in pairs if pair[0].is_floating_point()), strict=True)
    torch._foreach_lerp_(means, values, 1 - decay)
    for count, now in (pair for pair in pairs if not pair[0].is_floating_point()):
        count.copy_(now)
