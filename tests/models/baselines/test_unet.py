"""U-Net: its padding, its regions, and how its mask becomes boxes in the photo."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from svhn.models import build
from svhn.models.baselines.unet import UNet, regions

TINY = {"slack": 0.0, "channels": (4, 8, 8)}
PHOTO = np.zeros((100, 300, 3), np.uint8)


def _seeing(monkeypatch, likely: torch.Tensor, count: torch.Tensor | None = None) -> UNet:
    """A network that sees that (S, S)."""
    network = build("unet", {**TINY, "input_size": len(likely)}).eval()
    monkeypatch.setattr(network, "segment", lambda photo: (likely, torch.zeros(0) if count is None else count))
    return network


def test_its_depth_is_half_the_papers():
    network = build("unet")
    assert network.config.channels == (32, 64, 128, 256, 512)
    assert sum(isinstance(layer, torch.nn.Conv2d) for layer in network.modules()) == 5 * 2 + 4 * 2 + 1


@pytest.mark.parametrize(("padding", "even"), [("reflect", True), ("zeros", False)])
def test_reflection_brings_no_black_frame(padding, even):
    torch.manual_seed(0)
    network = build("unet", {**TINY, "padding": padding}).eval()
    grey = network.first(torch.full((1, 3, 16, 16), 0.7))[0]  # (C, 16, 16)
    middle = grey[:, 8:9, 8:9]
    assert torch.allclose(grey[:, 2:-2, 2:-2], middle.expand(-1, 12, 12), atol=1e-5)
    assert torch.allclose(grey, middle.expand_as(grey), atol=1e-5) == even


@pytest.mark.parametrize("padding", ["reflect", "zeros"])
@pytest.mark.parametrize("count", [False, True])
def test_views_become_masks_and_counts(padding, count):
    mask, counts = build("unet", {**TINY, "padding": padding, "count": count}).eval()(torch.randn(2, 3, 64, 64))
    assert mask.shape == (2, 64, 64)
    assert counts.shape == (2, 7 if count else 0)


def _mask(side: int, *boxes: tuple[int, int, int, int]) -> torch.Tensor:
    """1 within boxes x1 y1 x2 y2, (side, side) float."""
    mask = torch.zeros(side, side)
    for x1, y1, x2, y2 in boxes:
        mask[y1:y2, x1:x2] = 1
    return mask


def test_regions_are_separated_and_sorted_by_size():
    small, large, pixel = (0, 0, 4, 3), (10, 5, 16, 12), (19, 19, 20, 20)
    found = regions(_mask(20, small, large, pixel) > 0, most=3, min_share=0.01)
    assert [int(region.sum()) for region in found] == [42, 12]  # the pixel is less than a hundredth
    assert torch.equal(found[0], _mask(20, large) > 0)
    assert torch.equal(found[1], _mask(20, small) > 0)
    assert len(regions(_mask(20, small, large, pixel) > 0, most=3, min_share=0.0)) == 3
    assert len(regions(_mask(20, small, large, pixel) > 0, most=1, min_share=0.0)) == 1


def test_regions_of_an_empty_a_full_and_a_winding_mask():
    assert regions(torch.zeros(8, 8, dtype=torch.bool), 3, 0.0) == []
    spiral = _mask(9, (0, 0, 9, 1), (8, 0, 9, 9), (0, 8, 9, 9), (0, 2, 1, 9), (0, 2, 7, 3), (6, 2, 7, 7)) > 0
    for mask in (torch.ones(8, 8, dtype=torch.bool), spiral, torch.eye(6) > 0):  # corners connect
        (found,) = regions(mask, 3, 0.0)
        assert torch.equal(found, mask)


def test_boxes_are_those_of_the_photo_and_scores_those_of_their_pixels(monkeypatch):
    likely = 0.9 * _mask(32, (8, 16, 24, 24)) + 0.6 * _mask(32, (0, 0, 4, 2)) + 0.3 * _mask(32, (28, 28, 32, 32))
    boxes, scores = _seeing(monkeypatch, likely).locate(PHOTO)
    assert boxes.tolist() == [pytest.approx([75, 50, 225, 75]), pytest.approx([0, 0, 37.5, 6.25])]
    assert scores == pytest.approx([0.9, 0.6])


def test_regions_that_come_out_too_large_are_drawn_in(monkeypatch):
    network = _seeing(monkeypatch, _mask(32, (8, 16, 24, 24)))
    monkeypatch.setattr(network, "config", replace(network.config, slack=0.1))
    assert network.locate(PHOTO)[0].tolist() == [pytest.approx([90, 52.5, 210, 72.5])]


def test_a_mask_without_a_number_gives_no_box(monkeypatch):
    for likely in (torch.zeros(32, 32), _mask(32, (3, 3, 4, 5))):  # nothing; two pixels
        boxes, scores = _seeing(monkeypatch, likely).locate(PHOTO)
        assert boxes.shape == (0, 4)
        assert scores.shape == (0,)


def test_of_many_regions_the_largest_three_are_reported(monkeypatch):
    blobs = [(8 * i, 0, 8 * i + 3 + i, 3) for i in range(4)]
    boxes, _ = _seeing(monkeypatch, _mask(32, *blobs)).locate(np.zeros((32, 32, 3), np.uint8))
    assert boxes.tolist() == [list(blob) for blob in blobs[:0:-1]]


def test_a_network_sure_of_every_pixel_finds_the_whole_photo():
    network = build("unet", TINY).eval()
    torch.nn.init.zeros_(network.mask.weight)
    torch.nn.init.constant_(network.mask.bias, 2.0)
    boxes, scores = network.locate(PHOTO)
    assert boxes.tolist() == [[0, 0, 300, 100]]
    assert scores == pytest.approx([torch.tensor(2.0).sigmoid().item()])
    heat = network.heat(PHOTO)
    assert heat.shape == (64, 64)
    assert heat == pytest.approx(np.full((64, 64), scores[0]))


def test_only_a_network_that_counts_says_how_many_digits_it_sees():
    assert build("unet", TINY).eval().digits_seen(PHOTO) is None
    network = build("unet", {**TINY, "count": True}).eval()
    torch.nn.init.zeros_(network.count.weight)
    network.count.bias.data = torch.tensor([0.0, 0, 0, 9, 0, 0, 0])
    seen = network.digits_seen(PHOTO)
    assert seen.shape == (7,)
    assert seen.argmax() == 3
    assert seen.sum() == pytest.approx(1)
