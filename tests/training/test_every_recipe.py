"""Every recipe, tiny: it trains, is stopped, goes on, and what it saved reads photos. A new one is tested unasked."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.mnist_files import picture
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from svhn.images.preprocess import MEAN, STD, normalise
from svhn.models import DIGITS, READERS
from svhn.pipeline import Pipeline
from svhn.reading import Reading
from svhn.training import checkpoint
from svhn.training import train as training
from svhn.training.pretrained import IMAGENET
from svhn.training.recipes import MNIST, RECIPES
from svhn.training.tasks import make_task
from svhn.training.tasks.base import Sources
from svhn.utils.progress import EventLog

PHOTO = np.random.default_rng(0).integers(0, 255, (60, 90, 3), dtype=np.uint8)
PHOTOS = "SVHN train, image numbers not divisible by 5"


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_trains_resumes_and_reads_photos(name, prepared, mnist_folder, tiny_weights, tmp_path):
    recipe, run = RECIPES[name], tmp_path / name
    same = {"mnist": mnist_folder if recipe.data == MNIST else None, "device": "cpu"}
    if recipe.begins_with:
        same["start_from"] = _beginning(recipe.begins_with, prepared, tmp_path)

    _, stopped = training.train(name, prepared, run, minutes=1e-9, **same)
    assert stopped.step == 1
    network, state = training.train(name, prepared, run, resume=True, **same)
    assert state.step == recipe.steps
    assert [row["step"] for row in state.history] == [1, 2, 4]
    assert all(np.isfinite(value) for row in state.history for value in row.values())
    assert any(key.startswith("held_out_") for key in state.history[-1])

    saved = checkpoint.load(run)
    assert saved.recipe == replace(recipe, negatives=0.0 if recipe.network == "fcos" else recipe.negatives)
    assert saved.state == state
    assert _data(name) == state.data
    assert all(torch.equal(a, b) for a, b in zip(network.parameters(), saved.network.parameters(), strict=True))
    assert (run / "best.pt").is_file()
    assert not list(tmp_path.rglob("*.part"))
    events = EventAccumulator(str(run / "events")).Reload()
    assert {"loss", *(key for key in state.history[-1] if key.startswith("held_out_"))} == set(events.Tags()["scalars"])

    if recipe.network in DIGITS:
        image = torch.from_numpy(picture(3))[None, None]
        assert saved.network(normalise(image, MEAN, STD)).shape == (1, 10)
        return
    role = "reader" if recipe.network in READERS else "localizer"
    pipeline = Pipeline.load(tiny_weights, **{role: checkpoint.load(run / "best.pt").network})
    assert isinstance(pipeline.read(PHOTO), Reading)
    (reading,) = pipeline.read_boxes(PHOTO, [(10, 10, 60, 50)])
    assert reading.digit_probs.shape == (5, 11)


GRAPHS = sorted({recipe.network: name for name, recipe in RECIPES.items()}.values())  # the last recipe of each network


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize("name", GRAPHS)
def test_every_network_has_a_graph(name, prepared, mnist_folder, tmp_path):
    recipe = replace(RECIPES[name], synthetic=0.0)
    task = make_task(recipe, Sources(prepared, mnist=mnist_folder), torch.device("cpu"))
    log = EventLog(tmp_path)
    log.graph(task.network.eval(), task.example)
    log.close()
    nodes = [node.name for node in EventAccumulator(str(tmp_path)).Reload().Graph().node]
    assert any(type(task.network).__name__ in node for node in nodes)


def _beginning(begins_with: str, prepared: Path, runs: Path) -> Path | None:
    """What a recipe is initialized from; None for what it finds by itself: a run next to its own, a package."""
    if begins_with in RECIPES:
        training.train(begins_with, prepared, runs / begins_with, device="cpu")
    if begins_with != IMAGENET:
        return None
    path = runs / "vgg16_bn.pth"
    network = make_task(RECIPES["vgg16_scratch"], Sources(prepared), torch.device("cpu")).network
    torch.save(network.state_dict(), path)
    return path


def _data(name: str) -> str:
    """What a recipe says that it was trained on."""
    recipe = RECIPES[name]
    if recipe.data == MNIST:
        return "MNIST train, without its last 5,000 digits"
    if recipe.synthetic == 1:
        return "4 synthetic pictures and no real photo"
    words = [PHOTOS]
    if recipe.synthetic:
        words.append(f"{recipe.synthetic:.0%} of every batch from 4 synthetic pictures")
    if recipe.weak:
        words.append(f"{recipe.weak:.0%} photos of SVHN extra with proposed boxes")
    if recipe.negatives and recipe.network in READERS:  # a localizer has none without a folder of street pictures
        words.append(f"{recipe.negatives:.0%} pictures without a number")
    return "; ".join(words)


@pytest.mark.usefixtures("small")
def test_localizers_and_readers_of_runs_work_together(prepared, tiny_weights, tmp_path):
    for name in ("unet_zeros", "customized"):
        training.train(name, prepared, tmp_path / name, device="cpu")
    localizer, reader = (checkpoint.load(tmp_path / name).network for name in ("unet_zeros", "customized"))
    pipeline = Pipeline.load(tiny_weights, localizer=localizer, reader=reader)
    assert isinstance(pipeline.read(PHOTO), Reading)
    assert pipeline.temperature == 1.0  # nobody has calibrated it
    assert pipeline.sha256 == {}
