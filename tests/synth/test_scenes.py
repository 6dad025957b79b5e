"""Scenes: reproducible, correctly labelled, within their ranges."""

from dataclasses import replace

import pytest
import torch
from helpers.seeds import same, seeded

from svhn.labels import BLANK
from svhn.synth.config import FramingConfig, SceneConfig, StreetConfig
from svhn.synth.framing import CLOSE, FRONT, TEST, TRAIN, sample_framing
from svhn.synth.rng import Sampler
from svhn.synth.scenes import SCENE, place_numbers, scenes

CONFIG = StreetConfig()


@pytest.fixture(scope="module")
def pictures(atlas):
    return scenes(24, CONFIG, atlas, seeded())


def test_scenes_have_the_agreed_shapes(pictures):
    slots = len(CONFIG.scene.count_weights) - 1
    assert pictures.images.shape == (24, 3, SCENE, SCENE)
    assert pictures.images.dtype == pictures.length.dtype == torch.uint8
    assert pictures.box.shape == (24, slots, 4)
    assert pictures.size.max(1).values.tolist() == [SCENE] * 24


def test_scene_numbers_lie_in_the_photo(atlas):
    config = replace(CONFIG, scene=replace(SceneConfig(), count_weights=(0.0, 0.0, 0.0, 1.0)))
    made = scenes(24, config, atlas, seeded(8))
    there = ~torch.isnan(made.box[..., 0])
    assert torch.equal(there, made.length > 0)
    assert there[:, 0].all()
    assert (there[:, :-1] | ~there[:, 1:]).all()  # no gaps
    box, size = made.box[there], made.size[:, None].expand(-1, 3, -1)[there]
    assert box.min() >= -1e-3
    assert (box[:, 2:] <= size.flip(1) + 1e-2).all()
    assert (box[:, 2:] > box[:, :2]).all()


def test_framings_differ_as_their_names_say(atlas):
    def width_shares(kind: int) -> torch.Tensor:
        """Of the photo, for 200 photos of one kind with one number each."""
        weights = tuple(float(k == kind) for k in range(5))
        config = replace(CONFIG, scene=replace(SceneConfig(), framing=FramingConfig(weights=weights)))
        rng = Sampler(seeded(kind), "cpu")
        framing = sample_framing(200, SCENE, config.scene.framing, rng)
        first = place_numbers(framing, config, atlas, rng)[0]
        return (first.box[:, 2] - first.box[:, 0]) / framing.size[:, 1]

    train, test, close, front = (width_shares(kind).median() for kind in (TRAIN, TEST, CLOSE, FRONT))
    assert front < test < train < close
    assert 0.15 < test < 0.23  # official test photos: 0.19


def test_scene_digits_lie_in_their_numbers_and_fill_them(atlas):
    config = replace(CONFIG, scene=replace(SceneConfig(), count_weights=(0.2, 0.2, 0.2, 0.4)))
    made = scenes(24, config, atlas, seeded(9))
    boxes_of, digit = made.digit_box.view(24, 3, 5, 4), made.digit.view(24, 3, 5)
    present = torch.arange(5) < made.length[..., None]
    assert digit.dtype == torch.int64
    assert torch.equal(digit != BLANK, present)
    assert torch.equal(torch.isnan(boxes_of).logical_not().all(-1), present)
    there = made.length > 0
    low = boxes_of[..., :2].nan_to_num(torch.inf).amin(2)[there]
    high = boxes_of[..., 2:].nan_to_num(-torch.inf).amax(2)[there]
    torch.testing.assert_close(torch.cat([low, high], dim=1), made.box[there], atol=1e-2, rtol=0)


def test_scenes_are_black_outside_the_photo(pictures):
    for image, (height, width) in zip(pictures.images, pictures.size.tolist(), strict=True):
        assert image[:, height:].sum() == 0
        assert image[:, :, width:].sum() == 0
        assert image[:, :height, :width].float().std() > 0


def test_same_seed_same_scenes(atlas, pictures):
    assert same(pictures, scenes(24, CONFIG, atlas, seeded()))


def test_scene_without_a_number(atlas):
    config = replace(CONFIG, scene=replace(SceneConfig(), count_weights=(1.0, 0.0)))
    made = scenes(4, config, atlas, seeded())
    assert torch.isnan(made.box).all()
    assert (made.length == 0).all()


def test_photos_lie_behind_scenes_when_given(atlas):
    red = torch.zeros(1, 3, 256, 256, dtype=torch.uint8)
    red[:, 0] = 250
    config = replace(CONFIG, scene=replace(CONFIG.scene, photo_share=1.0))
    made = scenes(6, config, atlas, seeded(), backgrounds=red).images.float().mean((0, 2, 3))
    assert made[0] > 1.5 * made[1]


def test_one_scene_and_no_scene_without_furniture(atlas):
    bare = replace(CONFIG.scene, facade=replace(CONFIG.scene.facade, things=0, fields=0, door_shares=()))
    for n in (1, 2):
        assert scenes(n, replace(CONFIG, scene=bare), atlas, seeded(n)).images.shape[0] == n
