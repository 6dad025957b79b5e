from dataclasses import replace

import pytest
import torch
from helpers.seeds import same, seeded

from svhn.labels import BLANK
from svhn.synth.config import SceneConfig, StreetConfig
from svhn.synth.scenes import SCENE, scenes

CONFIG = StreetConfig()


@pytest.fixture(scope="module")
def pictures(atlas):
    return scenes(6, CONFIG, atlas, seeded())


def test_scenes_have_the_agreed_shapes_and_are_black_outside_the_photo(pictures):
    assert pictures.images.shape == (6, 3, SCENE, SCENE)
    assert pictures.images.dtype == pictures.length.dtype == torch.uint8
    assert pictures.box.shape == (6, len(CONFIG.scene.count_weights) - 1, 4)
    assert pictures.size.max(1).values.tolist() == [SCENE] * 6
    for image, (height, width) in zip(pictures.images, pictures.size.tolist(), strict=True):
        assert image[:, height:].sum() == 0
        assert image[:, :, width:].sum() == 0
        assert image[:, :height, :width].float().std() > 0


def test_scene_digits_fill_their_numbers_and_lie_in_the_photo(atlas):
    config = replace(CONFIG, scene=replace(SceneConfig(), count_weights=(0.2, 0.2, 0.2, 0.4)))
    made = scenes(16, config, atlas, seeded(9))
    boxes_of, digit = made.digit_box.view(16, 3, 5, 4), made.digit.view(16, 3, 5)
    present = torch.arange(5) < made.length[..., None]
    assert torch.equal(digit != BLANK, present)
    assert torch.equal(torch.isnan(boxes_of).logical_not().all(-1), present)
    there = made.length > 0
    assert (there[:, :-1] | ~there[:, 1:]).all()  # no gaps
    low = boxes_of[..., :2].nan_to_num(torch.inf).amin(2)[there]
    high = boxes_of[..., 2:].nan_to_num(-torch.inf).amax(2)[there]
    torch.testing.assert_close(torch.cat([low, high], dim=1), made.box[there], atol=1e-2, rtol=0)
    assert low.min() >= -1e-2
    assert (high <= made.size[:, None].expand(-1, 3, -1)[there].flip(1) + 1e-2).all()


def test_same_seed_same_scenes(atlas, pictures):
    assert same(pictures, scenes(6, CONFIG, atlas, seeded()))


def test_photos_lie_behind_scenes_when_given(atlas):
    red = torch.zeros(1, 3, 256, 256, dtype=torch.uint8)
    red[:, 0] = 250
    config = replace(CONFIG, scene=replace(CONFIG.scene, photo_share=1.0))
    made = scenes(6, config, atlas, seeded(), backgrounds=red).images.float().mean((0, 2, 3))
    assert made[0] > 1.5 * made[1]
