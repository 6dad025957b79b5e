import numpy as np

from svhn.synth import glyphs
from svhn.synth.glyphs import pack, unpack
from svhn.synth.layout import learn, statistics


def test_atlas_file_is_small_and_every_face_is_in_the_list_of_licences(atlas):
    assert glyphs.ATLAS.stat().st_size <= 6 * 2**20
    rows = glyphs.ATLAS.with_name("FONTS.md").read_text().splitlines()[4:]
    assert [row.split(" | ")[0].removeprefix("| ") for row in rows] == list(atlas.names)
    assert all(row.split(" | ")[2].rstrip(" |") for row in rows)
    masks = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    assert np.abs(unpack(pack(masks)).astype(int) - masks).max() <= 9  # of sixteen levels


def test_learning_skips_held_out_images(tmp_path):
    rows = ["file,image_width,image_height,digit,x1,y1,x2,y2"]
    for number in range(1, 41):
        wide = 50 if number % 5 == 0 else 10
        digits = (2, 20, 20 + wide), (3, 22 + wide, 22 + 2 * wide)
        rows += [f"{number}.png,200,100,{digit},{x1},30,{x2},50" for digit, x1, x2 in digits]
    (tmp_path / "boxes.csv").write_text("\n".join(rows))
    table = learn(tmp_path / "boxes.csv")
    assert set(table) == set(statistics())
    expected = {"digit_aspect": 0.5, "gap": 0.1, "height_px": 20.0, "width_share": 0.11}
    assert {name: set(table[name]) for name in expected} == {name: {value} for name, value in expected.items()}
