from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers.mnist_files import picture
from helpers.tiny_runs import save_run
from torch.nn import functional as F

from svhn.images.preprocess import MEAN, STD, normalise
from svhn.labels import encode
from svhn.models import DIGITS, READERS, build
from svhn.pipeline import Pipeline
from svhn.reading import Reading
from svhn.training import checkpoint, sources
from svhn.training import train as training
from svhn.training.pretrained import IMAGENET
from svhn.training.recipes import MNIST, RECIPES
from svhn.training.tasks import make_task
from svhn.training.tasks.readers import whole_number_right

PHOTO = np.random.default_rng(0).integers(0, 255, (60, 90, 3), dtype=np.uint8)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_trains_resumes_and_reads_photos(name, prepared, mnist_folder, tiny_weights, tmp_path):
    recipe, run = RECIPES[name], tmp_path / name
    same = {"mnist": mnist_folder if recipe.data == MNIST else None, "device": "cpu"}
    prepared = tmp_path / "nowhere" if recipe.data == MNIST else prepared  # what it needs not
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


CPU = torch.device("cpu")
KINDS = {(each.network, each.task, each.box_loss): name for name, each in reversed(RECIPES.items())}  # one of each


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", KINDS.values())
def test_a_step_depends_on_nothing_but_its_seed(name, prepared, mnist_folder):
    recipe = sources.leave_out_missing(RECIPES[name], prepared, None)
    task = make_task(recipe, sources.load(recipe, prepared, "train", mnist_folder, None, None, 0, CPU), CPU)
    task.network.train()
    losses = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        (batch,) = task.feed(seed, range(1))
        losses.append(task.loss(task.network, batch, torch.Generator().manual_seed(seed)).item())
    assert losses[0] == losses[1] != losses[2]
    assert np.isfinite(losses).all()


def test_a_number_or_strip_is_right_only_if_its_length_is_too(monkeypatch):
    digits, read = (torch.from_numpy(np.stack([encode(n)[0] for n in ("12", n, "12")])) for n in ("12", "13"))
    outputs = F.one_hot(read, 11) * 9.0, F.one_hot(torch.tensor([2, 2, 3]), 7) * 60.0
    network = lambda inputs: outputs  # noqa: E731
    assert whole_number_right(network, torch.zeros(3), digits, torch.tensor([2, 2, 2])).tolist() == [True, False, False]
