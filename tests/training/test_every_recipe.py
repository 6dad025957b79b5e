from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.mnist_files import picture
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from svhn.images.preprocess import MEAN, STD, normalise
from svhn.models import DIGITS, READERS, build
from svhn.pipeline import Pipeline
from svhn.reading import Reading
from svhn.training import checkpoint
from svhn.training import train as training
from svhn.training.pretrained import IMAGENET
from svhn.training.recipes import MNIST, RECIPES

PHOTO = np.random.default_rng(0).integers(0, 255, (60, 90, 3), dtype=np.uint8)


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
    negatives = 0.0 if recipe.network == "fcos" else recipe.negatives
    assert saved.recipe == replace(recipe, extra=0.0, negatives=negatives)
    assert saved.state == state
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


def _beginning(begins_with: str, prepared: Path, runs: Path) -> Path | None:
    """What a recipe is initialized from; None for what it finds by itself: a run next to its own, a package."""
    if begins_with in RECIPES:
        training.train(begins_with, prepared, runs / begins_with, device="cpu")
    if begins_with != IMAGENET:
        return None
    path = runs / "vgg16_bn.pth"
    torch.save(build(RECIPES["vgg16_scratch"].network).state_dict(), path)
    return path
