import numpy as np
import pytest
import torch
from torchvision.transforms.v2 import functional as F

from svhn import boxes as bx
from svhn.images import preprocess


@pytest.fixture
def photo() -> np.ndarray:
    """Every pixel encodes its place: (row, column, 0)."""
    rows, columns = np.mgrid[:60, :80].astype(np.uint8)
    return np.stack([rows, columns, np.zeros_like(rows)], axis=-1)


@pytest.mark.parametrize(
    ("box", "bounds"),
    [
        ((3, 4, 10, 20), (3, 4, 10, 20)),
        ((3.2, 4.9, 10.1, 20.0), (3, 4, 11, 20)),
        ((-0.5, -3.0, 2.0, 2.5), (-1, -3, 2, 3)),
        ((5, 5, 5, 5), (5, 5, 6, 6)),  # never empty
        ((2.9999999, 4, 10.0000001, 20), (3, 4, 10, 20)),  # rounding errors take no further pixel
    ],
)
def test_pixel_bounds(box, bounds):
    assert preprocess.pixel_bounds(np.array(box)) == bounds


def test_cut_repeats_the_edge_outside_and_a_crop_is_the_box_with_its_margin(photo):
    patch = preprocess.cut(photo, np.array([-5, -2, 3, 4]))
    assert patch.shape == (6, 8, 3)
    assert patch[:, :, 1].tolist() == [[0, 0, 0, 0, 0, 0, 1, 2]] * 6
    assert patch[:, 0, 0].tolist() == [0, 0, 0, 1, 2, 3]
    beyond = preprocess.cut(photo, np.array([100, 100, 110, 110]))
    assert (beyond == photo[-1, -1]).all()
    crop = preprocess.crop(photo, np.array([20, 20, 40, 40]), margin=0.5, size=40)  # 10 to 50: no resizing at all
    assert crop.is_contiguous()
    assert np.array_equal(crop.permute(1, 2, 0).numpy(), photo[10:50, 10:50])
    assert preprocess.crop(photo, np.array([5, 5, 6, 50])).shape == (3, 64, 64)


@pytest.mark.parametrize("box", [(100, 100, 1900, 1400), (0, 0, 2000, 1500), (10, 700, 1990, 760)])
def test_a_crop_of_a_large_photo_costs_no_more_than_it_needs(monkeypatch, box):
    ramp = np.linspace(0, 255, 2000)[None, :, None] * np.linspace(0.2, 1, 1500)[:, None, None]
    photo = np.repeat(ramp.astype(np.uint8), 3, axis=2)
    region = bx.expand(np.array(box, float), 0.3)
    direct = F.resize(torch.from_numpy(preprocess.cut(photo, region)).permute(2, 0, 1), [64, 64], antialias=True)
    cut, sizes = preprocess.cut, []
    monkeypatch.setattr(preprocess, "cut", lambda *a: sizes.append((patch := cut(*a)).shape) or patch)
    crop = preprocess.crop(photo, np.array(box), 0.3)
    assert max(sizes[0][:2]) <= 64 * preprocess.MOST_PIXELS_FOR_ONE + 2
    assert (crop.int() - direct.int()).abs().max() <= 2


@pytest.mark.parametrize(
    ("shape", "enlarge", "expected"),
    [((60, 80), True, (96, 128)), ((60, 80), False, (60, 80)), ((300, 2), True, (128, 1)), ((1, 900), False, (1, 128))],
)
def test_working_copy_keeps_the_shape_of_the_photo(shape, enlarge, expected):
    photo = np.full((*shape, 3), 9, np.uint8)
    copy = preprocess.working_copy(photo, 128, enlarge=enlarge)
    assert tuple(copy.shape) == (3, *expected)
    assert copy.dtype == torch.uint8
    assert copy.is_contiguous()
    assert (copy == 9).all()


def test_a_view_is_the_region_at_its_own_scale_and_grey_beyond_the_photo():
    photo = np.full((40, 60, 3), 200, np.uint8)
    image, factors = preprocess.view(photo, np.array([40, 10, 80, 30]), 80, 115.0)
    assert image.shape == (3, 40, 80)
    assert factors == (2.0, 2.0)
    assert (image[:, :, :40] == 200).all()
    assert (image[:, :, 40:] == 115).all()
    for outside in ((-30, -30, -10, -10), (100, 100, 140, 110), (-5, -50, 2, -1)):
        image, _ = preprocess.view(photo, np.array(outside), 64, 115.0)
        assert max(image.shape[1:]) == 64
        assert (image == 115).all()


@pytest.mark.parametrize("size", [(64, 64), (28, 140)])
@pytest.mark.parametrize("shape", [(47, 104), (300, 200), (1, 1)])
def test_resizing_is_torchvisions(shape, size):
    photo = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    expected = F.resize(torch.from_numpy(photo).permute(2, 0, 1), list(size), antialias=True)
    assert torch.equal(preprocess.resize(photo, size), expected)
