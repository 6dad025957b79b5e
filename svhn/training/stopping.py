"""How far a run is along its schedule, and when it ends: by steps, by the clock, or by held-out progress.

All of it follows from the steps and the history in a checkpoint, so a run that was stopped goes on as if it had not.
"""

from __future__ import annotations

import math

from .checkpoint import State
from .recipes import Recipe

ANNEALED = 0.25  # the annealing pass, as a share of the steps before it


def share_done(state: State, score: str, recipe: Recipe, budget: float = math.inf) -> float:
    """The share of the schedule, 0 ... 1, at which the learning rate is. budget: seconds.

    With a plateau it is 0 until the score has not improved for that many epochs, or only the time for annealing is left
    of the recipe's steps; then it goes to 1 with the annealing pass. A budget ends a piece of such a run, no more.
    """
    if not recipe.plateau:
        return min(1.0, max(state.step / recipe.steps, state.seconds / budget))
    turn = min(_plateau_at(state, score, recipe), recipe.steps / (1 + ANNEALED))
    return min(1.0, max(0.0, (state.step - turn) / (ANNEALED * turn)))


def is_finished(state: State, score: str, recipe: Recipe) -> bool:
    """Whether there is nothing left to train: the last step is done, the annealing pass is, or, without a plateau, the
    best epoch is longer ago than the recipe's patience."""
    patience = recipe.patience if not recipe.plateau else 0
    stale = bool(patience) and epochs_since_best(state, score) >= patience
    return stale or state.step >= recipe.steps or (bool(recipe.plateau) and share_done(state, score, recipe) >= 1)


def epochs_since_best(state: State, score: str) -> int:
    """How many validations ago the best one was."""
    scores = [row[score] for row in state.history]
    return len(scores) - 1 - scores.index(max(scores)) if scores else 0


def _plateau_at(state: State, score: str, recipe: Recipe) -> float:
    """The step at which the score had not improved for the recipe's plateau, inf if there is none yet."""
    best, since = -math.inf, 0.0
    for row in state.history:
        if row["step"] % recipe.epoch_steps:
            continue  # validated only because a piece of the run ended
        if row[score] > best:
            best, since = row[score], row["step"]
        elif row["step"] - since >= recipe.plateau * recipe.epoch_steps:
            return row["step"]
    return math.inf
