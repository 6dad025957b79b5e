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


def _mask(side: int, *boxes: tuple[int, int, int, int]) -> torch.Tensor:
    """1 within boxes x1 y1 x2 y2, (side, side) float."""
    mask = torch.zeros(side, side)
    for x1, y1, x2, y2 in boxes:
        mask[y1:y2, x1:x2] = 1
    return mask


def test_regions_of_an_empty_a_full_and_a_winding_mask():
    assert regions(torch.zeros(8, 8, dtype=torch.bool), 3, 0.0) == []
    spiral = _mask(9, (0, 0, 9, 1), (8, 0, 9, 9), (0, 8, 9, 9), (0, 2, 1, 9), (0, 2, 7, 3), (6, 2, 7, 7)) > 0
    for mask in (torch.ones(8, 8, dtype=torch.bool), spiral, torch.eye(6) > 0):  # corners connect
        (found,) = regions(mask, 3, 0.0)
        assert torch.equal(found, mask)


def test_boxes_are_those_of_the_photo_and_scores_those_of_their_pixels(monkeypatch):
    likely = 0.9 * _mask(32, (8, 16, 24, 24)) + 0.6 * _mask(32, (0, 0, 4, 2)) + 0.3 * _mask(32, (28, 28, 32, 32))
    network = _seeing(monkeypatch, likely)
    boxes, scores = network.locate(PHOTO)
    assert boxes.tolist() == [pytest.approx([75, 50, 225, 75]), pytest.approx([0, 0, 37.5, 6.25])]
    assert scores == pytest.approx([0.9, 0.6])
    monkeypatch.setattr(network, "config", replace(network.config, slack=0.1))  # regions that come out too large
    assert network.locate(PHOTO)[0][0].tolist() == pytest.approx([90, 52.5, 210, 72.5])


def test_a_mask_without_a_number_gives_no_box(monkeypatch):
    for likely in (torch.zeros(32, 32), _mask(32, (3, 3, 4, 5))):  # nothing; two pixels
        boxes, scores = _seeing(monkeypatch, likely).locate(PHOTO)
        assert boxes.shape == (0, 4)
        assert scores.shape == (0,)


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
