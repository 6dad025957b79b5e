"""Crops and previews of photos of any size."""

import numpy as np
import pytest

from demo.render import images

GREY = 128


def test_crop_image_keeps_the_picture():
    crop = np.zeros((64, 64, 3), np.uint8)
    crop[:, 32:] = (250, 10, 10)
    shown = images.enlarge(crop)
    assert shown.shape == (images.CROP_SIDE, images.CROP_SIDE, 3)
    assert shown[:, -10:].mean((0, 1)).round().tolist() == [250, 10, 10]
    assert shown[:, :10].max() == 0


@pytest.mark.parametrize("size", [(47, 104), (3000, 4000), (4000, 30), (8, 900), (20, 20)])
def test_preview_is_cut_around_the_middle(size):
    photo = np.full((*size, 3), GREY, np.uint8)
    photo[size[0] // 2 - 2 : size[0] // 2 + 2, size[1] // 2 - 2 : size[1] // 2 + 2] = 255
    small = images.thumbnail(photo)
    assert small.shape == (images.THUMBNAIL_HEIGHT, round(images.THUMBNAIL_HEIGHT * 1.5), 3)
    assert small[small.shape[0] // 2, small.shape[1] // 2].mean() > GREY
