"""Localizers: boxes in the photo's own pixels, whatever its size and shape."""

import numpy as np
import pytest
import torch
from torchvision.ops import box_iou, nms

from svhn.images import preprocess
from svhn.images.preprocess import centre_patch
from svhn.models import LOCALIZERS, build
from svhn.models.fcos import FCOS, STRIDE, FCOSConfig, cell_centres, merge, most_likely

SIZES = [(47, 104), (300, 20), (8, 8), (500, 700)]


@pytest.fixture(scope="module", params=LOCALIZERS)
def localizer(request) -> torch.nn.Module:
    """An untrained one of every kind, that finds something."""
    torch.manual_seed(0)
    network = build(request.param).eval()
    for layer in (getattr(network, name, None) for name in ("score", "mask")):
        if layer is not None:
            torch.nn.init.constant_(layer.bias, 3.0)
    return network


@pytest.mark.parametrize("size", SIZES)
def test_boxes_lie_within_the_photo_and_have_scores(localizer, size):
    photo = np.random.default_rng(0).integers(0, 255, (*size, 3), dtype=np.uint8)
    boxes, scores = localizer.locate(photo)
    assert boxes.shape == (len(scores), 4)
    assert (boxes[:, :2] >= 0).all()
    assert (boxes[:, 2:] <= [size[1], size[0]]).all()
    assert (boxes[:, :2] < boxes[:, 2:]).all()
    assert ((scores > 0) & (scores <= 1)).all()
    assert len(boxes) <= getattr(localizer.config, "max_boxes", 1)
    if isinstance(localizer, FCOS):
        assert len(boxes) > 0
        assert (np.diff(scores) <= 0).all()  # best first


def test_a_photo_without_a_number_gives_no_box():
    network = build("fcos").eval()
    torch.nn.init.constant_(network.score.bias, -20.0)
    boxes, scores = network.locate(np.full((60, 90, 3), 120, np.uint8))
    assert boxes.shape == (0, 4)
    assert scores.shape == (0,)


@pytest.mark.parametrize(
    ("bias", "size", "looks"), [(-20.0, 1000, 3), (-20.0, 900, 2), (20.0, 1000, 1), (-20.0, 200, 1)]
)
def test_only_a_large_photo_is_looked_at_again_and_only_while_nothing_is_sure(bias, size, looks, monkeypatch):
    network = build("fcos").eval()
    torch.nn.init.zeros_(network.score.weight)
    torch.nn.init.constant_(network.score.bias, bias)
    seen = []
    look = network.look
    monkeypatch.setattr(network, "look", lambda photo, side: seen.append(side) or look(photo, side))
    network.locate(np.zeros((size // 2, size, 3), np.uint8))
    assert seen == [256, 640, 1000][:looks]


def test_cells_stand_for_the_pixels_under_them():
    network = build("fcos").eval()
    scores, boxes, *_ = network(torch.randn(1, 3, 64, 96))
    assert scores.shape == (1, 64 // STRIDE, 96 // STRIDE)
    centres = cell_centres(16, 24, torch.device("cpu"))
    assert centres[3, 5].tolist() == [22.0, 14.0]  # x, y
    assert (boxes[0, ..., :2] < centres).all()
    assert (boxes[0, ..., 2:] > centres).all()


def test_votes_for_one_number_become_one_box_and_two_numbers_stay_two():
    boxes = torch.tensor([[10, 10, 30, 20], [11, 10, 31, 20], [60, 10, 90, 30], [0, 0, 5, 5]], dtype=torch.float)
    scores = torch.tensor([0.6, 0.9, 0.8, 0.1])
    merged, best, _ = merge(boxes, scores, config=FCOSConfig())
    assert best.tolist() == pytest.approx([0.9, 0.8])
    assert merged[0].tolist() == pytest.approx([10.6, 10, 30.6, 20])
    assert merged[1].tolist() == pytest.approx([60, 10, 90, 30])


def test_suppression_is_torchvisions():
    generator = torch.Generator().manual_seed(0)
    for _ in range(10):
        corner = torch.rand(200, 2, generator=generator) * 40
        boxes = torch.cat([corner, corner + torch.rand(200, 2, generator=generator) * 30 + 1], dim=1)
        scores = torch.rand(200, generator=generator)
        best, iou = most_likely(boxes, scores, 0.3, 200)
        assert torch.equal(best, nms(boxes, scores, 0.3))
        assert torch.allclose(iou, box_iou(boxes[best], boxes), atol=1e-6)
        assert torch.equal(most_likely(boxes, scores, 0.3, 3)[0], best[:3])


def test_smaller_vgg_maps_its_patch_back_to_the_photo():
    network = build("smaller_vgg").eval()
    head = network.layers[-1]
    torch.nn.init.zeros_(head.weight)
    head.bias.data = torch.tensor([0.25, 0.25, 0.5, 0.5])  # left, top, width, height: the middle half
    boxes, _ = network.locate(np.zeros((100, 300, 3), np.uint8))
    assert boxes[0] == pytest.approx([125, 25, 175, 75], abs=1)


@pytest.mark.parametrize("name", ["small_box", "vgg16_box"])
def test_the_others_that_regress_a_box_see_the_whole_photo(name):
    network = build(name).eval()
    head = network.layers[-1] if name == "small_box" else network.box
    torch.nn.init.zeros_(head.weight)
    head.bias.data = torch.tensor([0.25, 0.5, 0.5, 0.25])
    boxes, scores = network.locate(np.zeros((100, 300, 3), np.uint8))
    assert boxes.tolist() == [pytest.approx([75, 50, 225, 75])]
    assert scores.tolist() == [1]


@pytest.mark.parametrize("shares", [(0.5, 0.5, -0.2, 0.3), (1.5, 0.5, 0.3, 0.3), (0.5, 0.5, 0.2, 0.0)])
def test_a_box_without_any_area_in_the_photo_is_none(shares):
    network = build("small_box").eval()
    torch.nn.init.zeros_(network.layers[-1].weight)
    network.layers[-1].bias.data = torch.tensor(shares)
    boxes, scores = network.locate(np.zeros((100, 300, 3), np.uint8))
    assert boxes.shape == (0, 4)
    assert scores.shape == (0,)


def test_the_whole_photo_is_a_box():
    boxes, scores = build("whole").locate(np.zeros((47, 104, 3), np.uint8))
    assert boxes.tolist() == [[0, 0, 104, 47]]
    assert scores.tolist() == [1]


def test_the_centre_patch_knows_where_it_came_from():
    photo = np.zeros((50, 200, 3), np.uint8)
    photo[20:30, 98:102] = 255
    patch, left_top, factor = centre_patch(photo, 96)
    assert patch.shape == (3, 96, 96)
    x, y = (np.array([100, 25]) - left_top) * factor
    assert patch[0, int(y), int(x)] > 200


def test_a_long_photo_is_cut_before_it_is_scaled(monkeypatch):
    seen = []
    monkeypatch.setattr(preprocess, "squashed", lambda photo, size: seen.append(photo.shape))
    preprocess.centre_patch(np.zeros((8, 100_000, 3), np.uint8), 96)
    assert seen == [(8, 8, 3)]


@pytest.mark.parametrize("size", [(60, 90), (700, 500)])
def test_heat_covers_the_photo_whatever_its_size(size):
    photo = np.random.default_rng(0).integers(0, 255, (*size, 3), dtype=np.uint8)
    heat = build("fcos").eval().heat(photo)
    assert 0 <= heat.min() <= heat.max() <= 1
    assert heat.shape[1] / heat.shape[0] == pytest.approx(size[1] / size[0], rel=0.1)


def test_looking_at_the_whole_photo_again_is_looking_at_it(untrained_fcos):
    photo = np.zeros((96, 128, 3), np.uint8)
    photo[20:60, 30:90] = 255
    localizer = untrained_fcos
    boxes, scores = localizer.locate(photo)
    (again,) = localizer.look_at(photo, np.array([[0, 0, 128, 96]]), 128)
    assert len(boxes)
    assert again.boxes == pytest.approx(boxes, abs=1e-2)
    assert again.scores == pytest.approx(scores, abs=1e-3)


def test_regions_of_one_batch_do_not_disturb_each_other(untrained_fcos):
    photo = np.random.default_rng(0).integers(0, 255, (96, 128, 3), dtype=np.uint8)
    regions = np.array([[10, 10, 74, 42], [60, 20, 160, 120], [40, 0, 60, 96]])  # one reaches beyond the photo
    together = untrained_fcos.look_at(photo, regions, 64)
    for region, found in zip(regions, together, strict=True):
        inside = (found.boxes >= 0).all() and (found.boxes <= [128, 96, 128, 96]).all()
        assert inside
        assert len(found.boxes) == len(found.scores)
        centres = (found.boxes[:, :2] + found.boxes[:, 2:]) / 2
        assert ((centres >= region[:2] - 16) & (centres <= region[2:] + 16)).all()


@pytest.fixture
def untrained_fcos() -> torch.nn.Module:
    """It finds something everywhere."""
    torch.manual_seed(0)
    network = build("fcos", {"channels": (8, 8, 8, 16, 16), "long_sides": (128,)}).eval()
    torch.nn.init.constant_(network.score.bias, 1.0)
    return network
