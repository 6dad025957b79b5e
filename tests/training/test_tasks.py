"""Both default networks, and the documents' ones, train some steps on real files, are saved, and go on."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import official
import pytest
import torch

from svhn import weights
from svhn.data.prepare import prepare
from svhn.errors import TrainingError, UserError, WeightsError
from svhn.training import train as training
from svhn.training.recipes import RECIPES

SMALL = {
    "compact": {"channels": (8, 8, 16, 16), "summary": 32},
    "compact_synthetic": {"channels": (8, 8, 16, 16), "summary": 32},
    "goodfellow": {"channels": (4,) * 8, "local_units": 8, "dense": 32},
    "fcos": {"channels": (8, 8, 8, 16, 16)},
    "smaller_vgg": {"channels": (4, 8, 8), "dense": 32},
}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    official.write_split(folder, "train", 20)
    prepare(folder, "train", folder / "prepared", progress=False)
    return folder / "prepared"


@pytest.fixture
def small(monkeypatch):
    """The registered recipes with tiny networks, a few steps and a handful of synthetic crops."""
    for name, sizes in SMALL.items():
        brief = {"sizes": sizes, "steps": 4, "epoch_steps": 2, "batch_size": 8, "synthetic_bank": 8, "scene_side": 96}
        monkeypatch.setitem(RECIPES, name, dataclasses.replace(RECIPES[name], **brief))


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", SMALL)
def test_every_network_trains_is_saved_and_resumes(name, prepared, tmp_path):
    network, state = training.train(name, prepared, tmp_path, device="cpu")
    assert state.step == RECIPES[name].steps
    assert all(torch.isfinite(p).all() for p in network.parameters())
    assert {"loss", "step", "seconds"} < set(state.history[-1])
    assert any(key.startswith("held_out_") for key in state.history[-1])
    again, resumed = training.train(name, prepared, tmp_path, device="cpu", resume=True)
    assert resumed.step == state.step
    assert all(torch.equal(a, b) for a, b in zip(network.parameters(), again.parameters(), strict=True))


@pytest.mark.usefixtures("small")
def test_training_goes_on_from_weights_that_are_there(prepared, tiny_weights, tmp_path, monkeypatch):
    monkeypatch.setitem(RECIPES, "compact", dataclasses.replace(RECIPES["compact"], learning_rate=1e-12, ema_decay=0.0))
    shipped = weights.load(tiny_weights, "compact")
    network, state = training.train("compact", prepared, tmp_path, device="cpu", start_from=tiny_weights)
    assert all(torch.allclose(a, b, atol=1e-4) for a, b in zip(network.parameters(), shipped.parameters(), strict=True))
    assert state.data.endswith(weights.read_manifest(tiny_weights)["networks"]["compact"]["file"])
    with pytest.raises(WeightsError, match="no weights of 'goodfellow'"):
        training.train("goodfellow", prepared, tmp_path, device="cpu", start_from=tiny_weights)


@pytest.mark.usefixtures("small")
def test_weights_of_another_size_are_told(prepared, tiny_weights, tmp_path, monkeypatch):
    monkeypatch.setitem(RECIPES, "fcos", dataclasses.replace(RECIPES["fcos"], sizes={"channels": (8, 8, 8, 8, 8)}))
    with pytest.raises(TrainingError, match="of another size"):
        training.train("fcos", prepared, tmp_path, device="cpu", start_from=tiny_weights)


@pytest.mark.usefixtures("small")
def test_a_recipe_without_real_photos_says_so(prepared, tmp_path):
    _, state = training.train("compact_synthetic", prepared, tmp_path, device="cpu")
    assert state.data == "8 synthetic pictures and no real photo"


def test_an_unknown_network_is_told_with_the_known_ones(prepared, tmp_path):
    with pytest.raises(TrainingError, match="compact"):
        training.train("lenet", prepared, tmp_path)


def test_missing_prepared_files_say_how_to_make_them(tmp_path):
    with pytest.raises(TrainingError, match="svhn prepare"):
        training.train("compact", tmp_path, tmp_path)


@pytest.mark.usefixtures("small")
def test_a_damaged_prepared_file_is_told(tmp_path):
    for kind in ("crops", "scenes"):
        (tmp_path / f"train_{kind}.h5").write_bytes(b"not HDF5")
    with pytest.raises(UserError, match="is no prepared file"):
        training.train("compact", tmp_path, tmp_path / "run", device="cpu")


def test_a_device_that_is_not_there_is_told(prepared, tmp_path):
    with pytest.raises(UserError, match="try --device cpu"):
        training.train("compact", prepared, tmp_path, device="warp")


def test_training_needs_no_opencv_gradio_or_tqdm(prepared, tmp_path):
    """It runs on a bare GPU machine: torch, torchvision, numpy and h5py are all there is."""
    program = (
        "import sys\n"
        "for name in ('cv2', 'gradio', 'tqdm', 'tensorboard', 'safetensors', 'matplotlib'):\n"
        "    sys.modules[name] = None\n"
        "from svhn.training.train import train\n"
        "import svhn.training.recipes as r, dataclasses, pathlib\n"
        f"r.RECIPES['compact'] = dataclasses.replace(r.RECIPES['compact'], sizes={SMALL['compact']!r}, steps=1,\n"
        "    batch_size=4, synthetic_bank=4)\n"
        f"train('compact', pathlib.Path({str(prepared)!r}), pathlib.Path({str(tmp_path)!r}), device='cpu')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
