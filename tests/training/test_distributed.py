"""Two processes, started as by torchrun, train as one does; when one is killed, both stop and can be resumed."""

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from helpers.api_client import free_port
from helpers.forked import Forked
from helpers.tiny_runs import SIZES

from svhn.data.augment import Appearance
from svhn.data.crop_augment import CropJitter
from svhn.training import checkpoint, distributed, engine
from svhn.training.checkpoint import State
from svhn.training.recipes import RECIPES, with_batch
from svhn.training.train import train
from svhn.utils.errors import TrainingError

SAME_LOOK = Appearance((1, 1), 0, 0, (1, 1), 0, 0, 0, 0, noise=0, erased=0)
SAME = CropJitter(margin_spread=0, loose=0, rotation=0, shear=0, look=SAME_LOOK)
BRIEF = {"steps": 4, "epoch_steps": 2, "batch_size": 8, "warmup_steps": 1, "learning_rate": 5e-3}
RUNS = {"simple": "simple", "compact": "compact", "killed": "simple"}  # and their recipes


def _train(name: str, prepared: Path, run: Path) -> State:
    """Four steps of 8 crops, which are the same for every number of processes; resumed where there is a checkpoint."""
    sizes = {**SIZES[name], "dropout": 0.0}
    recipe = replace(RECIPES[name], sizes=sizes, crop_jitter=SAME, synthetic=0.0, negatives=0.0, halved=0.0)
    RECIPES[name] = replace(recipe, **BRIEF)
    return train(name, prepared, run, device="cpu", resume=True)[1]


def _rank(prepared: Path, runs: Path, killed: str) -> int:
    """What each process does. killed: the run in which rank 1 is killed, if any."""
    sys.modules["torch.utils.tensorboard"] = None  # takes seconds to import
    wrap = distributed.wrap

    def die_after_the_first_checkpoint(network, device):
        if killed == run and os.environ["RANK"] == "1":
            network.register_forward_pre_hook(
                lambda *_: os.kill(os.getpid(), signal.SIGKILL) if (runs / run / "last.pt").exists() else None
            )
        return wrap(network, device)

    engine.distributed.wrap = die_after_the_first_checkpoint
    try:
        with distributed.joined():
            for run, name in RUNS.items():
                _train(name, prepared, runs / run)
    except TrainingError as error:
        print(f"stopped: {error}", file=sys.stderr)
        return 1
    return 0


def _train_together(prepared: Path, runs: Path, killed: str = "") -> tuple[int, str]:
    """Exit code and output of the first of two processes. As torchrun does, it terminates the first when the second
    has failed."""
    together = {"TORCHELASTIC_RUN_ID": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}
    log, two = runs / "log", {**together, "WORLD_SIZE": "2"}
    first, second = (
        Forked(_rank, [prepared, runs, killed], log, {**two, "RANK": rank, "LOCAL_RANK": rank}) for rank in "01"
    )
    if second.wait():
        first.terminate()
    return first.wait(), log.read_text()


def test_two_processes_train_as_one_and_stop_and_resume_together(prepared, tmp_path, monkeypatch):
    code, output = _train_together(prepared, tmp_path, "killed")
    assert code == 1, output
    assert output.count("stopped: Another process of this training ended") == 1
    assert checkpoint.load(tmp_path / "killed").state.step == 2
    assert not list(tmp_path.rglob("*.part"))
    for name, tolerance in (("simple", 1e-3), ("compact", 0.05)):  # BatchNorm sees half of the batch on CPUs
        monkeypatch.setitem(RECIPES, name, RECIPES[name])
        one = _train(name, prepared, tmp_path / "one" / name)
        two = checkpoint.load(tmp_path / name).state
        assert [row["step"] for row in two.history] == [2, 4]
        losses = [[row["loss"] for row in state.history] for state in (one, two)]
        assert losses[1] == pytest.approx(losses[0], rel=tolerance)
    code, output = _train_together(prepared, tmp_path)
    assert code == 0, output
    runs = [checkpoint.load(tmp_path / name).state for name in ("simple", "killed")]
    assert [row["loss"] for row in runs[0].history] == [row["loss"] for row in runs[1].history]


def test_a_batch_that_cannot_be_shared_is_refused_and_a_larger_one_sees_as_many_pictures(monkeypatch):
    monkeypatch.setattr(distributed, "place", lambda: (0, 3))
    with pytest.raises(TrainingError, match="64 cannot be shared equally by 3 processes"):
        distributed.check_batch(64)
    recipe = with_batch(RECIPES["compact"], 256)
    assert recipe.batch_size * recipe.steps == RECIPES["compact"].batch_size * RECIPES["compact"].steps
    assert recipe.learning_rate == 2 * RECIPES["compact"].learning_rate
