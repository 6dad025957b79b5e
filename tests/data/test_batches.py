"""Batches: what a crop or scene shows stays where its box says, however it was jittered."""

import dataclasses

import pytest
import torch

from svhn.data.augment import Appearance, vary_appearance
from svhn.data.batches import CropSet, SceneSet, draw
from svhn.data.crop_batches import CropJitter, centred_crops, jittered_crops
from svhn.data.scene_batches import SceneJitter, centre_patches, jittered_scenes

PLAIN = Appearance(
    contrast=(1, 1), brightness=0, channel_gain=0, gamma=(1, 1), inverted=0, grey=0, swapped_channels=0,
    blurred=0, noise=0, erased=0,
)  # fmt: skip


def _generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _crops(n: int = 6) -> CropSet:
    """Black with a white number box."""
    images = torch.zeros(n, 3, 96, 96, dtype=torch.uint8)
    images[:, :, 24:72, 24:72] = 255
    box = torch.tensor([24.0, 24, 72, 72]).repeat(n, 1)
    return CropSet(images, box, torch.full((n, 5), 10), torch.arange(n) % 6, torch.full((n,), 1.5))


def _scenes(n: int = 8) -> SceneSet:
    """Grey photos of 60×120 with a white number."""
    images = torch.zeros(n, 3, 256, 256, dtype=torch.uint8)
    images[:, :, :60, :120] = 60
    images[:, :, 20:40, 30:70] = 255
    box = torch.tensor([30.0, 20, 70, 40]).repeat(n, 1)[:, None]
    return SceneSet(images, torch.tensor([60, 120]).repeat(n, 1), box)


def test_a_centred_crop_has_its_margin_on_every_side():
    crop = centred_crops(_crops(1), 64, margin=0.15)[0, 0]
    white = (crop > 127).nonzero()
    edge = 64 * 0.15 / 1.3
    assert white.min(0).values.tolist() == pytest.approx([edge, edge], abs=1)
    assert white.max(0).values.tolist() == pytest.approx([63 - edge, 63 - edge], abs=1)


def test_jittered_crops_keep_nearly_all_of_the_number():
    jitter = dataclasses.replace(CropJitter(), look=PLAIN, rotation=0, shear=0)
    crops = jittered_crops(_crops(64), 64, jitter, _generator())
    assert crops.shape == (64, 3, 64, 64)
    shares = (crops[:, 0] > 127).float().mean((1, 2))
    assert shares.min() > 1 / (1 + 2 * 0.45) ** 2 * 0.9  # as loose as the jitter allows
    assert shares.max() > 0.7
    assert shares.std() > 0.05


def test_a_seed_fixes_the_batch():
    first, second, other = (jittered_crops(_crops(), 64, CropJitter(), _generator(s)) for s in (3, 3, 4))
    assert torch.equal(first, second)
    assert not torch.equal(first, other)


def test_colours_stay_in_range_whatever_the_look():
    x = torch.rand(32, 3, 24, 24, generator=_generator())
    wild = Appearance(contrast=(0.1, 4), brightness=0.9, gamma=(0.2, 4), noise=0.5, blurred=1, erased=1)
    out = vary_appearance(x, wild, _generator())
    assert out.shape == x.shape
    assert torch.isfinite(out).all()
    assert out.min() >= 0
    assert out.max() <= 1


def test_boxes_of_jittered_scenes_frame_the_number():
    jitter = dataclasses.replace(SceneJitter(), look=PLAIN, rotation=0, absent=0)
    scenes, boxes = jittered_scenes(_scenes(32), 128, jitter, None, _generator())
    assert scenes.shape == (32, 3, 128, 128)
    for scene, (box,) in zip(scenes, boxes, strict=True):
        white = (scene[0] > 157).nonzero().float()
        found = torch.cat([white.min(0).values.flip(0), white.max(0).values.flip(0) + 1])
        assert (found - box).abs().max() <= 2.0


def test_a_number_moved_out_of_the_scene_has_no_box():
    jitter = dataclasses.replace(SceneJitter(), look=PLAIN, rotation=0, absent=1.0, edge_repeated=0.0)
    black = torch.zeros(2, 3, 256, 256, dtype=torch.uint8)
    scenes, boxes = jittered_scenes(_scenes(), 128, jitter, black, _generator())
    assert boxes.isnan().all()
    assert (scenes < 157).all()


def test_the_photos_surroundings_are_the_pictures_given():
    jitter = dataclasses.replace(SceneJitter(), look=PLAIN, rotation=0, edge_repeated=0.0, native=0.0, height=(9, 10))
    blue = torch.zeros(2, 3, 256, 256, dtype=torch.uint8)
    blue[:, 2] = 255
    scenes, _ = jittered_scenes(_scenes(32), 128, jitter, blue, _generator())
    shares = ((scenes[:, 2] > 250) & (scenes[:, 0] < 5)).float().mean((1, 2))
    assert (shares > 0.4).sum() >= 12  # three in four; grey around the others


def test_centre_patches_know_the_box_in_shares_of_the_patch():
    patches, shares = centre_patches(_scenes(16), 96, dataclasses.replace(SceneJitter(), look=PLAIN), _generator())
    for patch, share in zip(patches, shares, strict=True):
        left, top, width, height = (share * 96).tolist()
        white = (patch[0] > 157).nonzero().float()
        assert white[:, 0].min().item() == pytest.approx(top, abs=2)
        assert white[:, 1].max().item() + 1 == pytest.approx(min(96, left + width), abs=2)
        assert height / width == pytest.approx(0.5, abs=0.01)


def test_draws_take_their_share_of_every_set():
    real, synthetic = _crops(6), _crops(6)
    synthetic = dataclasses.replace(synthetic, length=torch.full((6,), 6))
    batch = draw([real, synthetic], [0.4, 0.6], 50, _generator())
    assert len(batch) == 50
    assert (batch.length == 6).sum() == 30
