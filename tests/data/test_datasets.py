"""Batches: what a crop or scene shows stays where its box says, however it was jittered."""

import dataclasses

import h5py
import numpy as np
import pytest
import torch
from helpers.seeds import seeded

from svhn.data.augment import Appearance, vary_appearance
from svhn.data.crop_augment import CropJitter, centred_crops, halve, jittered_crops, random_patches
from svhn.data.datasets import CountedScenes, CropSet, SceneSet, check_parts, load_counted_scenes, load_scenes
from svhn.data.scene_augment import Frame, SceneJitter, framed_views, jittered_scenes, photo_views
from svhn.utils.errors import DataError

PLAIN = Appearance(
    contrast=(1, 1), brightness=0, channel_gain=0, gamma=(1, 1), inverted=0, grey=0, swapped_channels=0,
    blurred=0, noise=0, erased=0,
)  # fmt: skip


def _crops(n: int = 6) -> CropSet:
    """Black with a white number box."""
    images = torch.zeros(n, 3, 96, 96, dtype=torch.uint8)
    images[:, :, 24:72, 24:72] = 255
    box = torch.tensor([24.0, 24, 72, 72]).repeat(n, 1)
    unknown = torch.full((n, 5, 4), torch.nan)
    return CropSet(images, box, torch.full((n, 5), 10), torch.arange(n) % 6, torch.full((n,), 1.5), unknown)


def _scenes(n: int = 8) -> SceneSet:
    """Grey photos of 60×120 with a white number, which is a 1, marked as a digit, too."""
    images = torch.zeros(n, 3, 256, 256, dtype=torch.uint8)
    images[:, :, :60, :120] = 60
    images[:, :, 20:40, 30:70] = 255
    box = torch.tensor([30.0, 20, 70, 40]).repeat(n, 1)[:, None]
    digit = torch.tensor([1, 10, 10, 10, 10]).repeat(n, 1)
    digit_box = torch.cat([box, torch.full((n, 4, 4), torch.nan)], dim=1)
    return SceneSet(images, torch.tensor([60, 120]).repeat(n, 1), box, digit_box, digit)


def test_a_centred_crop_has_its_margin_on_every_side():
    crop = centred_crops(_crops(1), 64, margin=0.15)[0, 0]
    white = (crop > 127).nonzero()
    edge = 64 * 0.15 / 1.3
    assert white.min(0).values.tolist() == pytest.approx([edge, edge], abs=1)
    assert white.max(0).values.tolist() == pytest.approx([63 - edge, 63 - edge], abs=1)


def test_jittered_crops_keep_nearly_all_of_the_number():
    jitter = dataclasses.replace(CropJitter(), look=PLAIN, rotation=0, shear=0)
    crops = jittered_crops(_crops(64), 64, jitter, seeded())
    assert crops.shape == (64, 3, 64, 64)
    shares = (crops[:, 0] > 127).float().mean((1, 2))
    assert shares.min() > 1 / (1 + 2 * 0.45) ** 2 * 0.9  # as loose as the jitter allows
    assert shares.max() > 0.7
    assert shares.std() > 0.05


def test_halved_crops_frame_some_of_the_digits_and_are_no_number():
    crops = _crops(200)
    digit_boxes = torch.full((200, 5, 4), torch.nan)
    for k, x in enumerate((24.0, 40.0, 56.0)):
        digit_boxes[:, k] = torch.tensor([x, 24.0, x + 16, 72.0])
    digit_boxes[100:, 1:] = torch.nan  # these have one digit
    digits = torch.tensor([1, 2, 3, 10, 10]).repeat(200, 1)
    crops = dataclasses.replace(crops, digit_boxes=digit_boxes, digits=digits, length=torch.full((200,), 3))
    halved, widest = halve(crops, 0.5, seeded())
    chosen = halved.length == 0
    assert 30 <= chosen[:100].sum() <= 70
    assert not chosen[100:].any()
    assert (halved.digits[chosen] == 10).all()
    assert torch.equal(halved.box[~chosen], crops.box[~chosen])
    edges = {tuple(box) for box in halved.box[chosen][:, [0, 2]].tolist()}
    assert edges == {(24, 40), (24, 56), (56, 72), (40, 72)}
    assert widest[~chosen].isinf().all()
    views = jittered_crops(halved, 64, dataclasses.replace(CropJitter(), look=PLAIN), seeded(), widest)
    assert views.shape == (200, 3, 64, 64)


def test_a_seed_fixes_the_batch():
    first, second, other = (jittered_crops(_crops(), 64, CropJitter(), seeded(s)) for s in (3, 3, 4))
    assert torch.equal(first, second)
    assert not torch.equal(first, other)


def test_colours_stay_in_range_whatever_the_look():
    x = torch.rand(32, 3, 24, 24, generator=seeded())
    wild = Appearance(contrast=(0.1, 4), brightness=0.9, gamma=(0.2, 4), noise=0.5, blurred=1, erased=1)
    out = vary_appearance(x, wild, seeded())
    assert out.shape == x.shape
    assert torch.isfinite(out).all()
    assert out.min() >= 0
    assert out.max() <= 1


def test_boxes_of_jittered_scenes_frame_the_number():
    jitter = dataclasses.replace(SceneJitter(), look=PLAIN, rotation=0, absent=0)
    scenes, boxes, digit_boxes = jittered_scenes(_scenes(32), 128, jitter, None, seeded())
    assert scenes.shape == (32, 3, 128, 128)
    assert torch.equal(digit_boxes[:, :1], boxes)
    assert digit_boxes[:, 1:].isnan().all()
    for scene, (box,) in zip(scenes, boxes, strict=True):
        white = (scene[0] > 157).nonzero().float()
        found = torch.cat([white.min(0).values.flip(0), white.max(0).values.flip(0) + 1])
        assert (found - box).abs().max() <= 2.0


def test_a_number_moved_out_of_the_scene_has_no_box():
    jitter = dataclasses.replace(SceneJitter(), look=PLAIN, rotation=0, absent=1.0, edge_repeated=0.0)
    black = torch.zeros(2, 3, 256, 256, dtype=torch.uint8)
    scenes, boxes, digit_boxes = jittered_scenes(_scenes(), 128, jitter, black, seeded())
    assert boxes.isnan().all()
    assert digit_boxes.isnan().all()
    assert (scenes < 157).all()


def test_the_photos_surroundings_are_the_pictures_given():
    jitter = dataclasses.replace(SceneJitter(), look=PLAIN, rotation=0, edge_repeated=0.0, native=0.0, height=(9, 10))
    blue = torch.zeros(2, 3, 256, 256, dtype=torch.uint8)
    blue[:, 2] = 255
    scenes, *_ = jittered_scenes(_scenes(32), 128, jitter, blue, seeded())
    shares = ((scenes[:, 2] > 250) & (scenes[:, 0] < 5)).float().mean((1, 2))
    assert (shares > 0.4).sum() >= 12  # three in four; grey around the others


@pytest.mark.parametrize("centre", [True, False], ids=["middle square", "whole photo"])
def test_photo_views_know_the_box_in_shares_of_the_view(centre):
    views, shares = photo_views(_scenes(32), 96, centre, dataclasses.replace(SceneJitter(), look=PLAIN), seeded())
    assert views.shape == (32, 3, 96, 96)
    assert shares.shape == (32, 1, 4)
    for view, (share,) in zip(views, shares, strict=True):
        left, top, width, height = (share * 96).tolist()
        white = (view[0] > 157).nonzero().float()
        first, past = white.min(0).values, white.max(0).values + 1  # y, x
        assert first.tolist() == pytest.approx([max(0, top), max(0, left)], abs=1)
        assert past.tolist() == pytest.approx([min(96, top + height), min(96, left + width)], abs=1)
        assert height / width == pytest.approx(0.5 if centre else 1.0, abs=0.01)  # 40×20 in 60×60 or 120×60
    assert shares[:, 0, 2].std() > 0.01
    assert shares[:, 0, :2].std(0).min() > 0.02


def test_framed_views_have_their_number_framed_as_svhn_does():
    jitter = dataclasses.replace(SceneJitter(), look=PLAIN)
    scenes = dataclasses.replace(_scenes(200), images=_scenes(200).images.roll((90, 80), dims=(2, 3)))  # room around it
    scenes = dataclasses.replace(scenes, size=torch.full((200, 2), 256), box=scenes.box + torch.tensor([80.0, 90] * 2))
    views, shares = framed_views(scenes, 96, jitter, seeded())
    assert views.shape == (200, 3, 96, 96)
    left_top, size = shares[:, 0, :2], shares[:, 0, 2:]
    for view, share in zip(views, shares[:, 0], strict=True):
        left, top, width, height = (share * 96).tolist()
        white = (view[0] > 157).nonzero().float()
        first, past = white.min(0).values, white.max(0).values + 1  # y, x
        assert first.tolist() == pytest.approx([max(0, top), max(0, left)], abs=1.01)
        assert past.tolist() == pytest.approx([min(96, top + height), min(96, left + width)], abs=1.01)
    frame = Frame()
    assert size.log().median(0).values.tolist() == pytest.approx([frame.width[0], frame.height[0]], abs=0.1)
    assert size.max() <= frame.widest + 1e-6
    centre = left_top + size / 2
    assert centre.mean(0).tolist() == pytest.approx([0.5, 0.5], abs=0.02)
    assert centre.std(0).tolist() == pytest.approx([frame.off_centre] * 2, rel=0.2)


def test_photo_views_of_several_numbers_keep_their_order_and_what_is_not_there():
    scenes = _scenes(4)
    box = torch.cat([scenes.box, scenes.box + 20, torch.full_like(scenes.box, torch.nan)], dim=1)  # (N, 3, 4)
    _, shares = photo_views(dataclasses.replace(scenes, box=box), 64, False, SceneJitter(), seeded())
    assert shares[:, 2].isnan().all()
    assert (shares[:, 1, :2] > shares[:, 0, :2]).all()


def test_a_random_patch_is_54_pixels_of_the_64_that_the_box_and_its_margin_fill():
    # The paper's crop: the box, here 24 to 72, with 15 % on every side, 16.8 to 79.2, stretched to 64×64. In these
    # crops a pixel's red is its column and its green its row, so that each encodes its place.
    crops = _crops(400)
    at = torch.arange(96, dtype=torch.uint8)
    images = torch.stack([at.expand(96, 96), at[:, None].expand(96, 96), torch.zeros(96, 96, dtype=torch.uint8)])
    patches = random_patches(dataclasses.replace(crops, images=images.repeat(400, 1, 1, 1)), 64, 54, seeded())
    assert patches.shape == (400, 3, 54, 54)
    pixel = 62.4 / 64  # of the 64, in pixels of the crop
    step = patches[:, 0, 0, 1:] - patches[:, 0, 0, :-1]
    assert step == pytest.approx(np.full((400, 53), pixel), abs=1e-3)
    corner = patches[:, :2, 0, 0]  # (N, 2): x, y of the first pixel's middle
    offset = (corner + 0.5 - 16.8) / pixel - 0.5  # in pixels of the 64
    assert offset.min().item() == pytest.approx(0, abs=0.2)
    assert offset.max().item() == pytest.approx(10, abs=0.2)
    assert offset.mean(0).tolist() == pytest.approx([5, 5], abs=0.5)
    assert torch.corrcoef(offset.T)[0, 1].abs() < 0.15  # across and down are drawn each for itself


def _write_scenes(path, numbers: list[int]) -> None:
    """A prepared file of photos as large as their number says."""
    n = len(numbers)
    with h5py.File(path, "w") as file:
        file["number"] = numbers
        file["images"] = np.zeros((n, 3, 256, 256), np.uint8)
        file["size"] = np.array([[number, 2 * number] for number in numbers])
        file["box"] = np.tile(np.float32([1, 2, 3, 4]), (n, 1))
        file["length"] = np.array(numbers) % 6
        file["digits"] = np.tile(np.uint8([7, 10, 10, 10, 10]), (n, 1))
        file["digit_boxes"] = np.tile(np.float32([[1, 2, 3, 4]] + [[np.nan] * 4] * 4), (n, 1, 1))


def test_scenes_are_loaded_by_part_with_room_for_further_numbers(tmp_path):
    _write_scenes(tmp_path / "scenes.h5", [1, 2, 5, 7, 10])
    parts = {part: load_scenes(tmp_path / "scenes.h5", part, torch.device("cpu")) for part in ("train", "held_out")}
    assert parts["train"].size[:, 0].tolist() == [1, 2, 7]
    assert parts["held_out"].size[:, 0].tolist() == [5, 10]
    assert parts["train"].box.shape == (3, 3, 4)
    assert parts["train"].box[:, 0].tolist() == [[1, 2, 3, 4]] * 3
    assert parts["train"].box[:, 1:].isnan().all()
    assert parts["train"].digit.tolist() == [[7] + [10] * 14] * 3
    assert torch.equal(parts["train"].digit_box[:, 0], parts["train"].box[:, 0])
    assert parts["train"].digit_box[:, 1:].isnan().all()
    counted = load_counted_scenes(tmp_path / "scenes.h5", "all", torch.device("cpu"))
    assert counted.length.tolist() == [1, 2, 5, 1, 4]
    assert isinstance(counted.take(torch.tensor([1])), CountedScenes)


@pytest.mark.parametrize(("numbers", "use"), [([5, 10], "train on"), ([1, 2, 3], "measure with"), ([], "train on")])
def test_files_with_too_few_photos_are_reported(tmp_path, numbers, use):
    _write_scenes(tmp_path / "scenes.h5", numbers)
    with pytest.raises(DataError, match=f"no photo to {use}"):
        check_parts(tmp_path / "scenes.h5")
