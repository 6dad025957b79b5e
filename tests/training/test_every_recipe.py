from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers.mnist_files import picture
from helpers.tiny_runs import save_run

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
    if recipe.begins_with in RECIPES:
        save_run(tmp_path / recipe.begins_with, recipe.begins_with)
    if recipe.begins_with == IMAGENET:
        same["start_from"] = tmp_path / "vgg16_bn.pth"
        torch.save(build(recipe.network, recipe.sizes).state_dict(), same["start_from"])

    _, stopped = training.train(name, prepared, run, minutes=1e-9, **same)
    assert stopped.step == 1
    network, state = training.train(name, prepared, run, resume=True, **same)
    assert state.step == recipe.steps
    assert [row["step"] for row in state.history] == [1, 2]
    assert all(np.isfinite(value) for row in state.history for value in row.values())
    assert any(key.startswith("held_out_") for key in state.history[-1])

    saved = checkpoint.load(run)
    negatives = 0.0 if recipe.network == "fcos" else recipe.negatives
    assert saved.recipe == replace(recipe, extra=0.0, negatives=negatives)
    assert saved.state == state
    assert all(torch.equal(a, b) for a, b in zip(network.parameters(), saved.network.parameters(), strict=True))
    assert (run / "best.pt").is_file()
    assert not list(tmp_path.rglob("*.part"))

    if recipe.network in DIGITS:
        image = torch.from_numpy(picture(3))[None, None]
        assert saved.network(normalise(image, MEAN, STD)).shape == (1, 10)
        return
    role = "reader" if recipe.network in READERS else "localizer"
    pipeline = Pipeline.load(tiny_weights, **{role: checkpoint.load(run / "best.pt").network})
    assert isinstance(pipeline.read(PHOTO), Reading)
    (reading,) = pipeline.read_boxes(PHOTO, [(10, 10, 60, 50)])
    assert reading.digit_probs.shape == (5, 11)
