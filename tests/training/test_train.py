import math
import shutil
from pathlib import Path

import pytest
from helpers import bare_machine
from helpers.forked import Forked
from PIL import Image

from svhn.training import train as training
from svhn.training.tasks import feeds
from svhn.utils.errors import TrainingError

pytestmark = pytest.mark.usefixtures("small")


@pytest.mark.parametrize(
    ("run", "how", "reason"),
    [
        *[("new", {"share": n}, r"--share is .*; it must be more than 0") for n in (0.0, -0.5, math.nan)],
        *[("new", {"minutes": n}, r"--minutes is .*; it must be more than 0") for n in (0.0, -1.0, math.inf)],
        ("new", {"name": "mnist_cnn", "part": "all"}, "--all has no meaning"),
        ("new", {"start_from": Path("run")}, r"last\.pt is no checkpoint of this version"),
        ("new", {"start_from": Path("nowhere.pt")}, r"There is no checkpoint .*nowhere\.pt"),
        ("file", {}, "run cannot be kept in"),
        ("run", {"resume": True}, "cannot be resumed from"),
    ],
)
def test_no_picture_is_made_for_a_run_that_cannot_begin_or_go_on(prepared, tmp_path, monkeypatch, run, how, reason):
    monkeypatch.setattr(training.sources, "cached", lambda *_: pytest.fail("synthetic pictures were made"))
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("in the way")
    Path("run").mkdir()
    Path("run/last.pt").write_bytes(b"damaged")
    with pytest.raises(TrainingError, match=reason):
        training.train(prepared=prepared, run_dir=Path(run), device="cpu", **{"name": "compact"} | how)
    assert not Path("new").exists()
    assert Path("file").read_text() == "in the way"
    assert Path("run/last.pt").read_bytes() == b"damaged"


def test_training_needs_no_opencv_gradio_or_tqdm(prepared, mnist_folder, tmp_path):
    ended = Forked(bare_machine.train, [prepared, tmp_path, mnist_folder], tmp_path / "log", {}).wait()
    assert ended == 0, (tmp_path / "log").read_text()
    assert {path.parent.name for path in tmp_path.glob("*/last.pt")} == {"compact", "mnist_logistic", "unet_zeros"}


def test_backgrounds_are_named_only_where_they_are_used(prepared, tmp_path):
    (tmp_path / "streets").mkdir()
    Image.new("RGB", (30, 20), "gray").save(tmp_path / "streets" / "a.png")
    how = {"device": "cpu", "backgrounds": tmp_path / "streets", "minutes": 1e-9}
    data = [training.train(name, prepared, tmp_path / name, **how)[1].data for name in ("fcos", "l2_box")]
    assert data[0].endswith("; set before 1 street pictures without numbers")
    assert data[1] == "SVHN train, image numbers not divisible by 5"


def test_extra_is_drawn_from_in_memory_or_from_its_file_alike(prepared, tmp_path, monkeypatch):
    folder = shutil.copytree(prepared, tmp_path / "prepared")
    for kind in ("crops", "scenes"):
        shutil.copy(prepared / f"train_{kind}.h5", folder / f"extra_{kind}.h5")
    states = []
    for in_memory in (math.inf, 0):
        monkeypatch.setattr(feeds, "IN_MEMORY", in_memory)
        states.append(training.train("compact", folder, tmp_path / str(in_memory), device="cpu")[1])
    assert states[0].history[0]["loss"] == states[1].history[0]["loss"]
    assert "50% of the photos with official boxes from SVHN extra, image numbers not divisible by 5" in states[0].data
