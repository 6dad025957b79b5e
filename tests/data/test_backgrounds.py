import numpy as np
import pytest
import torch
from PIL import Image

from svhn.data.backgrounds import background_paths, empty_scenes, load_backgrounds
from svhn.utils.errors import DataError


def test_every_picture_gives_its_middle_square_in_the_order_of_the_paths_but_every_fifth_is_held_out(tmp_path):
    (tmp_path / "sub").mkdir()
    wide = np.zeros((40, 120, 3), np.uint8)
    wide[:, 40:80] = (200, 100, 50)
    Image.fromarray(wide).save(tmp_path / "sub" / "b.png")
    for name in ("a.jpg", "005.jpg", "10.png"):
        Image.fromarray(np.full((90, 30), 128, np.uint8)).save(tmp_path / name)
    assert [path.name for path in background_paths(tmp_path)] == ["a.jpg", "b.png"]
    assert [path.name for path in background_paths(tmp_path, held_out=True)] == ["005.jpg", "10.png"]
    pictures = load_backgrounds(tmp_path)
    assert (pictures.shape, pictures.dtype) == ((2, 3, 256, 256), torch.uint8)
    assert pictures[0].float().mean().item() == pytest.approx(128, abs=2)
    assert pictures[1].float().mean((1, 2)).tolist() == pytest.approx([200, 100, 50], abs=2)


def test_a_folder_without_pictures_or_with_a_broken_one_is_reported(tmp_path):
    with pytest.raises(DataError, match="holds no"):
        load_backgrounds(tmp_path)
    (tmp_path / "broken.jpg").write_bytes(b"not a picture")
    with pytest.raises(DataError, match=r"broken\.jpg is not a picture"):
        load_backgrounds(tmp_path)


def test_empty_scenes_show_every_picture_whole_and_its_quarters(tmp_path):
    picture = np.zeros((60, 120, 3), np.uint8)
    picture[:30, 60:] = 200
    Image.fromarray(picture).save(tmp_path / "a.png")
    scenes = empty_scenes(tmp_path)
    assert scenes.size.tolist() == [[128, 256]] * 5
    assert scenes.box.isnan().all()
    assert scenes.digit_box.isnan().all()
    means = [image[:, :128].float().mean().item() for image in scenes.images]
    assert means == pytest.approx([50, 0, 200, 0, 0], abs=2)
