import numpy as np

from svhn.synth import glyphs
from svhn.synth.glyphs import pack, unpack


def test_atlas_file_is_small_and_every_face_is_in_the_list_of_licences(atlas):
    assert glyphs.ATLAS.stat().st_size <= 6 * 2**20
    rows = glyphs.ATLAS.with_name("FONTS.md").read_text().splitlines()[4:]
    assert [row.split(" | ")[0].removeprefix("| ") for row in rows] == list(atlas.names)
    assert all(row.split(" | ")[2].rstrip(" |") for row in rows)


def test_packing_keeps_sixteen_levels():
    masks = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    assert np.abs(unpack(pack(masks)).astype(int) - masks).max() <= 9
