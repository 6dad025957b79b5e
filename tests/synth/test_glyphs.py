import numpy as np
import pytest
import torch
from helpers.mnist_files import write_mnist

from svhn.synth import glyphs
from svhn.synth.glyphs import CELL, load_atlas, mnist_atlas, pack, unpack
from svhn.utils.errors import DataError


def test_atlas_file_is_small_and_every_face_is_in_the_list_of_licences(atlas):
    assert glyphs.ATLAS.stat().st_size <= 6 * 2**20
    rows = glyphs.ATLAS.with_name("FONTS.md").read_text().splitlines()[4:]
    assert [row.split(" | ")[0].removeprefix("| ") for row in rows] == list(atlas.names)
    assert all(row.split(" | ")[2].rstrip(" |") for row in rows)


def test_mnist_digits_become_hands(tmp_path):
    write_mnist(tmp_path)
    atlas = mnist_atlas(tmp_path, faces=7)
    assert atlas.masks.shape == (len(atlas.names), 10, CELL, CELL) == (7, 10, CELL, CELL)
    torch.testing.assert_close(atlas.height[0], (torch.arange(10) + 3.0) / 20)
    torch.testing.assert_close(atlas.width[0], torch.full((10,), 6 / 20))
    rows = (atlas.masks[0] > 100).any(2)  # the bar is in the middle of the cell, at the right height
    middle = (rows * (torch.arange(CELL) + 0.5)).sum(1) / rows.sum(1)
    assert (middle - CELL / 2).abs().max() < 1


def test_missing_files_are_errors(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_atlas(tmp_path / "none.npz")
    with pytest.raises(DataError, match="put MNIST's four official files there"):
        mnist_atlas(tmp_path)


def test_packing_keeps_sixteen_levels():
    masks = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    assert np.abs(unpack(pack(masks)).astype(int) - masks).max() <= 9
