"""Tasks: batches depend on their seed alone; metrics are those of transparent networks."""

from dataclasses import replace

import h5py
import numpy as np
import pytest
import torch
from helpers.mnist_files import digit_in, picture
from torch import nn
from torch.nn import functional as F

from svhn.data.datasets import load_crops, load_scenes
from svhn.images.preprocess import MEAN, STD
from svhn.labels import encode
from svhn.models import READERS
from svhn.models.baselines.cnn import LogisticConfig
from svhn.training.recipes import MNIST, RECIPES
from svhn.training.tasks import make_task
from svhn.training.tasks.base import Sources
from svhn.training.tasks.digits import digits_right, strips_right
from svhn.training.tasks.readers import whole_number_right

CPU = torch.device("cpu")
DIGITS = torch.from_numpy(np.stack([picture(digit) for digit in range(10)]))
SIZES = [(60, 120), (90, 40), (256, 256), (33, 200), (50, 50)]  # of photos, height and width
BOXES = [(30, 20, 70, 40), (10, 30, 30, 60), (100, 50, 180, 200), (5, 5, 100, 30), (10, 10, 40, 40)]


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize("name", RECIPES)
def test_a_step_depends_on_nothing_but_its_seed(name, prepared, mnist_folder):
    kind, load = ("crops", load_crops) if RECIPES[name].network in READERS else ("scenes", load_scenes)
    generated = load(prepared / f"train_{kind}.h5", "all", CPU)
    task = make_task(RECIPES[name], Sources(prepared, mnist=mnist_folder, synthetic=generated), CPU)
    task.network.train()
    losses = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        (batch,) = task.feed(seed, range(1))
        losses.append(task.loss(task.network, batch, torch.Generator().manual_seed(seed)).item())
    assert losses[0] == losses[1] != losses[2]
    assert np.isfinite(losses).all()


class Decoder(nn.Module):
    """Reads strips and digits of drawn bars by their pixels; takes the digit `mistaken` for a 0."""

    def __init__(self, mistaken: int | None = None) -> None:
        super().__init__()
        self.config, self.mistaken = LogisticConfig(), mistaken

    def forward(self, inputs: torch.Tensor):
        grey = ((inputs * self.config.std + self.config.mean) * 255)[:, 0]
        cells = [[digit_in(cell) for cell in strip.split(28, dim=1)] for strip in grey]
        read = [["" if d is None else str(0 if d == self.mistaken else d) for d in strip] for strip in cells]
        if inputs.shape[-1] == 28:
            return F.one_hot(torch.tensor([int(strip[0]) for strip in read]), 10).float()
        classes = [encode("".join(strip)) for strip in read]
        digits = torch.from_numpy(np.stack([c[0] for c in classes]))
        lengths = torch.tensor([c[1] for c in classes])
        return F.one_hot(digits, 11) * 9.0, F.one_hot(lengths, 7) * 9.0


def test_strips_are_right_if_every_digit_is():
    assert strips_right(Decoder(), DIGITS, torch.arange(10), 300).all()
    wrong = ~strips_right(Decoder(mistaken=4), DIGITS, torch.arange(10), 300)
    assert wrong.float().mean() == pytest.approx(1 - np.mean([0.9**n for n in range(1, 6)]), abs=0.08)
    assert torch.equal(wrong, ~strips_right(Decoder(mistaken=4), DIGITS, torch.arange(10), 300))  # the same strips
    assert not torch.equal(wrong, ~strips_right(Decoder(mistaken=4), DIGITS, torch.arange(10), 300, seed=1))


def test_digits_are_right_by_themselves():
    assert digits_right(Decoder(mistaken=4), DIGITS, torch.arange(10)).tolist() == [d != 4 for d in range(10)]


def test_a_number_is_right_only_if_its_length_is_too():
    digits = torch.from_numpy(np.stack([encode(number)[0] for number in ("12", "12", "12")]))
    read = torch.from_numpy(np.stack([encode(number)[0] for number in ("12", "13", "12")]))
    lengths = torch.tensor([2, 2, 3])

    def network(inputs):
        return F.one_hot(read, 11) * 9.0, F.one_hot(lengths, 7) * 60.0

    assert whole_number_right(network, torch.zeros(3), digits, torch.tensor([2, 2, 2])).tolist() == [True, False, False]


@pytest.fixture
def white_numbers(tmp_path):
    """Prepared photos, grey with a white number of two digits on each; all are held out, and trained on, too."""
    numbers = [5, 10, 15, 20, 25]
    images = np.zeros((10, 3, 256, 256), np.uint8)
    for image, (height, width), (x1, y1, x2, y2) in zip(images, SIZES * 2, BOXES * 2, strict=True):
        image[:, :height, :width] = 60
        image[:, y1:y2, x1:x2] = 255
    with h5py.File(tmp_path / "train_scenes.h5", "w") as file:
        file["number"] = [*numbers, *(number + 1 for number in numbers)]
        file["images"], file["size"], file["box"] = images, SIZES * 2, np.float32(BOXES * 2)
        file["length"] = [2] * 10
        file["digits"], file["digit_boxes"] = np.full((10, 5), 10, np.uint8), np.full((10, 5, 4), np.nan, np.float32)
    return tmp_path


class WhiteFinder(nn.Module):
    """A localizer that finds what is white, in a view or in a photo, and always sees `count` digits."""

    def __init__(self, count: int = 2) -> None:
        super().__init__()
        self.count = count

    def forward(self, views: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return views[:, 0] - (157 / 255 - MEAN) / STD, F.one_hot(torch.full((len(views),), self.count), 7).float()

    def locate(self, photo: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rows, columns = (np.flatnonzero((photo[..., 0] > 157).any(axis)) for axis in (1, 0))
        return np.array([[columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]], float), np.ones(1)


@pytest.mark.usefixtures("tiny")
def test_who_finds_every_pixel_has_a_dice_of_one(white_numbers):
    task = make_task(RECIPES["unet_zeros"], Sources(white_numbers), CPU)
    assert task.score == "held_out_dice"
    metrics = task.validate(WhiteFinder())
    assert set(metrics) == {"held_out_dice"}
    assert metrics["held_out_dice"] > 0.97  # edges lie between pixels


@pytest.mark.usefixtures("tiny")
def test_accuracy_of_a_counting_network(white_numbers):
    task = make_task(replace(RECIPES["unet_count"], synthetic=0.0), Sources(white_numbers), CPU)
    assert task.validate(WhiteFinder())["held_out_count_accuracy"] == 1
    assert task.validate(WhiteFinder(count=3))["held_out_count_accuracy"] == 0


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize("name", ["l2_box", "smaller_vgg"])
def test_who_finds_every_box_has_an_iou_of_one(white_numbers, name):
    task = make_task(RECIPES[name], Sources(white_numbers), CPU)
    assert task.score == "held_out_mean_iou"
    assert task.validate(WhiteFinder())[task.score] == pytest.approx(1)
    blind = WhiteFinder()
    blind.locate = lambda photo: (np.zeros((0, 4)), np.zeros(0))
    assert task.validate(blind)[task.score] == 0


@pytest.mark.usefixtures("tiny")
def test_pictures_of_mnist_are_redrawn_only_where_the_recipe_says(mnist_folder):
    seen = {}
    for name in ("mnist_logistic", "mnist_cnn", "strips", "simple_strips"):
        assert RECIPES[name].data == MNIST
        task = make_task(RECIPES[name], Sources(mnist_folder, mnist=mnist_folder), CPU)
        task.network.register_forward_pre_hook(lambda network, inputs, name=name: seen.update({name: inputs[0]}))
        task.loss(task.network, None, torch.Generator().manual_seed(0))
    levels = {name: len(inputs.unique()) for name, inputs in seen.items()}
    assert levels.pop("mnist_logistic") == 2  # black and white, as the bars are drawn
    assert min(levels.values()) > 20
