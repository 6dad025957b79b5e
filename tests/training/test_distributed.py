"""Two processes, started by torchrun, train as one does; when one is killed, both stop and can be resumed."""

import subprocess
import sys
from pathlib import Path

import pytest
from helpers import ranks

from svhn.training import checkpoint, distributed
from svhn.training.recipes import RECIPES, with_batch
from svhn.utils.errors import TrainingError

ROOT = Path(__file__).parents[2]


def _torchrun(*arguments: object) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    script = [ROOT / "tests" / "helpers" / "ranks.py", *arguments]
    environment = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "PATH": "/usr/bin:/bin"}
    return subprocess.run([*command, *map(str, script)], env=environment, capture_output=True, text=True, timeout=300)


def test_two_processes_train_as_one_and_stop_and_resume_together(prepared, tmp_path, monkeypatch):
    stopped = _torchrun(prepared, tmp_path, "killed")
    assert stopped.returncode == 1
    assert stopped.stderr.count("stopped: Another process of this training ended") == 1
    assert checkpoint.load(tmp_path / "killed").state.step == 2
    assert not list(tmp_path.rglob("*.part"))
    for name, tolerance in (("simple", 1e-3), ("compact", 0.05)):  # BatchNorm sees half of the batch on CPUs
        monkeypatch.setitem(RECIPES, name, RECIPES[name])
        one = ranks.train_tiny(name, prepared, tmp_path / "one" / name)
        two = checkpoint.load(tmp_path / name).state
        assert [row["step"] for row in two.history] == [2, 4, 6, 8]
        losses = [[row["loss"] for row in state.history] for state in (one, two)]
        assert losses[1] == pytest.approx(losses[0], rel=tolerance)
    resumed = _torchrun(prepared, tmp_path)
    assert resumed.returncode == 0, resumed.stderr
    runs = [checkpoint.load(tmp_path / name).state for name in ("simple", "killed")]
    assert [row["loss"] for row in runs[0].history] == [row["loss"] for row in runs[1].history]


def test_a_batch_that_cannot_be_shared_is_refused(monkeypatch):
    monkeypatch.setattr(distributed, "place", lambda: (0, 3))
    with pytest.raises(TrainingError, match="64 cannot be shared equally by 3 processes"):
        distributed.check_batch(64)


def test_a_larger_batch_sees_as_many_pictures():
    recipe = with_batch(RECIPES["compact"], 256)
    assert recipe.batch_size * recipe.steps == RECIPES["compact"].batch_size * RECIPES["compact"].steps
    assert recipe.learning_rate == 2 * RECIPES["compact"].learning_rate
