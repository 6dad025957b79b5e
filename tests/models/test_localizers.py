from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers.tiny_runs import SIZES
from torchvision.ops import box_iou, nms

from svhn.images import preprocess
from svhn.images.preprocess import centre_patch
from svhn.models import LOCALIZERS, build
from svhn.models.baselines.unet import UNet
from svhn.models.fcos import FCOS, Maps, most_likely


@pytest.fixture(scope="module", params=LOCALIZERS)
def localizer(request) -> torch.nn.Module:
    """An untrained one of every kind, that finds something."""
    torch.manual_seed(0)
    network = build(request.param, SIZES.get(request.param)).eval()
    for layer in (getattr(network, name, None) for name in ("score", "mask")):
        if layer is not None:
            torch.nn.init.constant_(layer.bias, 3.0)
    return network


@pytest.mark.parametrize("size", [(47, 104), (300, 20), (8, 8), (500, 700)])
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


@pytest.mark.parametrize(
    ("bias", "size", "looks"),
    [(-20, 1000, [256, 640, 1000, 128]), (-20, 900, [256, 640, 128]), (20, 1000, [256]), (-20, 200, [256, 128])],
)
def test_a_photo_is_looked_at_closer_and_then_from_afar_while_nothing_is_sure(bias, size, looks, monkeypatch):
    network = build("fcos").eval()
    torch.nn.init.zeros_(network.score.weight)
    torch.nn.init.constant_(network.score.bias, bias)
    seen = []
    look = network.look
    monkeypatch.setattr(network, "look", lambda photo, side: seen.append(side) or look(photo, side))
    network.locate(np.zeros((size // 2, size, 3), np.uint8))
    assert seen == looks


def test_boxes_lose_the_slack_by_which_they_come_out_too_large(monkeypatch):
    network = build("fcos", {"slack": 0.1}).eval()
    maps = Maps(torch.full((1, 1), 0.9), torch.tensor([[[10.0, 10.0, 30.0, 20.0]]]))
    monkeypatch.setattr(network, "look", lambda photo, side: (maps, (1.0, 1.0)))
    boxes, _ = network.locate(np.zeros((40, 40, 3), np.uint8))
    assert boxes.tolist() == [pytest.approx([12, 11, 28, 19])]


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


@pytest.mark.parametrize(
    ("name", "box"),
    [("small_box", (75, 50, 225, 75)), ("vgg16_box", (75, 50, 225, 75)), ("smaller_vgg", (125, 50, 175, 75))],
    ids=["whole photo", "whole photo too", "the patch in the middle"],
)
def test_a_regressed_box_is_mapped_back_to_the_photo(name, box):
    network = build(name, SIZES[name]).eval()
    head = network.box if name == "vgg16_box" else network.layers[-1]
    torch.nn.init.zeros_(head.weight)
    head.bias.data = torch.tensor([0.25, 0.5, 0.5, 0.25])  # left, top, width, height
    photo = np.zeros((100, 300, 3), np.uint8)
    boxes, scores = network.locate(photo)
    assert boxes.tolist() == [pytest.approx(box, abs=1)]
    assert scores.tolist() == [1]
    for without_area in ((0.5, 0.5, -0.2, 0.3), (9.5, 0.5, 0.3, 0.3), (0.5, 0.5, 0.2, 0.0)):
        head.bias.data = torch.tensor(without_area)
        assert [found.shape for found in network.locate(photo)] == [(0, 4), (0,)]


def test_the_centre_patch_knows_where_it_came_from_and_is_cut_before_it_is_scaled(monkeypatch):
    photo = np.zeros((50, 200, 3), np.uint8)
    photo[20:30, 98:102] = 255
    patch, left_top, factor = centre_patch(photo, 96)
    assert patch.shape == (3, 96, 96)
    x, y = (np.array([100, 25]) - left_top) * factor
    assert patch[0, int(y), int(x)] > 200
    monkeypatch.setattr(preprocess, "squashed", lambda photo, size: photo.shape)
    assert centre_patch(np.zeros((8, 100_000, 3), np.uint8), 96)[0] == (8, 8, 3)


def test_regions_are_looked_at_again_and_those_of_one_batch_do_not_disturb_each_other():
    torch.manual_seed(0)
    untrained_fcos = build("fcos", {**SIZES["fcos"], "long_sides": (128,)}).eval()
    torch.nn.init.constant_(untrained_fcos.score.bias, 1.0)  # it finds something everywhere
    photo = np.random.default_rng(0).integers(0, 255, (96, 128, 3), dtype=np.uint8)
    boxes, scores = untrained_fcos.locate(photo)
    (again,) = untrained_fcos.look_at(photo, np.array([[0, 0, 128, 96]]), 128)
    assert again.boxes == pytest.approx(boxes, abs=1e-2)
    assert again.scores == pytest.approx(scores, abs=1e-3)
    heat = untrained_fcos.heat(photo)
    assert 0 <= heat.min() <= heat.max() <= 1
    assert heat.shape[1] / heat.shape[0] == pytest.approx(128 / 96, rel=0.1)
    regions = np.array([[10, 10, 74, 42], [60, 20, 160, 120], [40, 0, 60, 96]])  # one reaches beyond the photo
    for region, found in zip(regions, untrained_fcos.look_at(photo, regions, 64), strict=True):
        assert len(found.boxes) == len(found.scores) > 0
        assert (found.boxes >= 0).all()
        assert (found.boxes <= [128, 96, 128, 96]).all()
        centres = (found.boxes[:, :2] + found.boxes[:, 2:]) / 2
        assert ((centres >= region[:2] - 16) & (centres <= region[2:] + 16)).all()
    torch.nn.init.constant_(untrained_fcos.score.bias, -20.0)
    assert untrained_fcos.locate(photo)[0].shape == (0, 4)  # no number


TINY = {"slack": 0.0, "channels": (4, 8, 8)}
PHOTO = np.zeros((100, 300, 3), np.uint8)


def _seeing(monkeypatch, likely: torch.Tensor) -> UNet:
    """A network that sees that (S, S)."""
    network = build("unet", {**TINY, "input_size": len(likely)}).eval()
    monkeypatch.setattr(network, "segment", lambda photo: (likely, torch.zeros(0)))
    return network


def _mask(x1: int, y1: int, x2: int, y2: int) -> torch.Tensor:
    """1 within that box, (32, 32) float."""
    mask = torch.zeros(32, 32)
    mask[y1:y2, x1:x2] = 1
    return mask


def test_boxes_are_those_of_the_photo_and_scores_those_of_their_pixels(monkeypatch):
    likely = 0.9 * _mask(8, 16, 24, 24) + 0.6 * _mask(0, 0, 4, 2) + 0.3 * _mask(28, 28, 32, 32)
    network = _seeing(monkeypatch, likely)
    boxes, scores = network.locate(PHOTO)
    assert boxes.tolist() == [pytest.approx([75, 50, 225, 75]), pytest.approx([0, 0, 37.5, 6.25])]
    assert scores == pytest.approx([0.9, 0.6])
    monkeypatch.setattr(network, "config", replace(network.config, slack=0.1))  # regions that come out too large
    assert network.locate(PHOTO)[0][0].tolist() == pytest.approx([90, 52.5, 210, 72.5])
    assert _seeing(monkeypatch, torch.eye(32)).locate(PHOTO)[0].tolist() == [[0, 0, 300, 100]]  # corners connect
    for likely in (torch.zeros(32, 32), _mask(3, 3, 4, 5)):  # nothing; two pixels
        assert [found.shape for found in _seeing(monkeypatch, likely).locate(PHOTO)] == [(0, 4), (0,)]


def test_the_heat_is_how_sure_a_network_is_of_every_pixel():
    network = build("unet", TINY).eval()
    torch.nn.init.zeros_(network.mask.weight)
    torch.nn.init.constant_(network.mask.bias, 2.0)
    assert network.heat(PHOTO) == pytest.approx(np.full((64, 64), torch.tensor(2.0).sigmoid().item()))
