"""The atlas of fonts, its packing, and MNIST's digits as a second source."""

import numpy as np
import pytest
import torch
from helpers.mnist_files import write_mnist

from svhn.synth import glyphs
from svhn.synth.glyphs import CELL, LETTERS, load_atlas, mnist_atlas, pack, unpack
from svhn.utils.errors import DataError


def test_atlas_has_several_hundred_faces_of_ten_digits(atlas):
    faces = len(atlas.names)
    assert faces > 500
    assert atlas.masks.shape == (faces, 10, CELL, CELL)
    assert atlas.masks.dtype == torch.uint8
    assert atlas.width.shape == atlas.height.shape == atlas.drop.shape == (faces, 10)
    assert atlas.letters.shape[1:] == (len(LETTERS), CELL, CELL)
    assert atlas.boldness.shape == atlas.cell.shape == (faces,)


def test_atlas_file_is_small_and_every_face_is_in_the_list_of_licences(atlas):
    assert glyphs.ATLAS.stat().st_size <= 6 * 2**20
    rows = glyphs.ATLAS.with_name("FONTS.md").read_text().splitlines()[4:]
    assert [row.split(" | ")[0].removeprefix("| ") for row in rows] == list(atlas.names)
    assert all(row.split(" | ")[2].rstrip(" |") for row in rows)


def test_metrics_are_the_size_of_the_ink(atlas):
    faces = torch.arange(0, len(atlas.names), 37)
    ink = atlas.masks[faces] > 100
    columns = ink.any(2).sum(-1)  # (f, 10)
    rows = ink.any(3).sum(-1)
    texels = CELL / atlas.cell[faces, None]  # a figure height
    # Strokes that end in a thin tip are a little shorter in the mask than in the outline.
    assert ((columns - atlas.width[faces] * texels).abs() <= 4).float().mean() > 0.95
    assert ((rows - atlas.height[faces] * texels).abs() <= 4).float().mean() > 0.95


def test_ink_is_in_the_middle_of_its_cell(atlas):
    seen = atlas.masks[::29].float() > 60
    at = torch.arange(CELL) + 0.5
    columns = seen.any(2)
    first = torch.where(columns, at, torch.inf).amin(-1)
    last = torch.where(columns, at, 0.0).amax(-1)
    assert ((first + last) / 2 - CELL / 2).abs().max() < 3


def test_digits_of_a_face_differ(atlas):
    flat = torch.nn.functional.normalize(atlas.masks[::17].float().flatten(2), dim=-1)
    alike = flat @ flat.transpose(1, 2) - torch.eye(10)
    assert alike.max() < 0.985


def test_packing_keeps_sixteen_levels():
    masks = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    kept = unpack(pack(masks))
    assert kept.dtype == np.uint8
    assert np.abs(kept.astype(int) - masks).max() <= 9
    np.testing.assert_array_equal(unpack(pack(kept)), kept)


def test_mnist_digits_become_hands(tmp_path):
    write_mnist(tmp_path)
    atlas = mnist_atlas(tmp_path, faces=7)
    assert atlas.masks.shape == (7, 10, CELL, CELL)
    assert len(atlas.names) == 7
    torch.testing.assert_close(atlas.height[0], (torch.arange(10) + 3.0) / 20)
    torch.testing.assert_close(atlas.width[0], torch.full((10,), 6 / 20))
    rows = (atlas.masks[0] > 100).any(2)  # the bar is in the middle of the cell, at the right height
    at = torch.arange(CELL) + 0.5
    middle = (rows * at).sum(1) / rows.sum(1)
    assert (middle - CELL / 2).abs().max() < 1
    assert (rows.sum(1) - atlas.height[0] * CELL / atlas.cell[0]).abs().max() < 3


def test_missing_files_are_errors(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_atlas(tmp_path / "none.npz")
    with pytest.raises(DataError, match="put MNIST's four official files there"):
        mnist_atlas(tmp_path)
