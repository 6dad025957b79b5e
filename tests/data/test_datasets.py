import dataclasses

import h5py
import numpy as np
import pytest
import torch
from helpers.full_disk import full_disk
from helpers.seeds import seeded

from svhn.data.augment import Appearance
from svhn.data.crop_augment import CropJitter, halve, jittered_crops
from svhn.data.datasets import CountedScenes, CropSet, SceneSet, check_parts, load_counted_scenes, load_scenes
from svhn.data.h5_writer import Column, Table, create_h5
from svhn.data.scene_augment import SceneJitter, jittered_scenes, photo_views
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


def test_jittered_crops_keep_nearly_all_of_the_number_and_a_seed_fixes_them():
    jitter = dataclasses.replace(CropJitter(), look=PLAIN, rotation=0, shear=0)
    crops, again, other = (jittered_crops(_crops(64), 64, jitter, seeded(s)) for s in (3, 3, 4))
    assert torch.equal(crops, again)
    assert not torch.equal(crops, other)
    assert crops.shape == (64, 3, 64, 64)
    shares = (crops[:, 0] > 127).float().mean((1, 2))
    assert shares.min() > 1 / (1 + 2 * 0.45) ** 2 * 0.9  # as loose as the jitter allows
    assert shares.max() > 0.7
    assert shares.std() > 0.05


def test_halved_crops_frame_some_of_the_digits_and_are_no_number():
    digit_boxes = torch.full((200, 5, 4), torch.nan)
    for k, x in enumerate((24.0, 40.0, 56.0)):
        digit_boxes[:, k] = torch.tensor([x, 24.0, x + 16, 72.0])
    digit_boxes[100:, 1:] = torch.nan  # these have one digit
    digits = torch.tensor([1, 2, 3, 10, 10]).repeat(200, 1)
    crops = dataclasses.replace(_crops(200), digit_boxes=digit_boxes, digits=digits, length=torch.full((200,), 3))
    halved, widest = halve(crops, 0.5, seeded())
    chosen = halved.length == 0
    assert 30 <= chosen[:100].sum() <= 70
    assert not chosen[100:].any()
    assert (halved.digits[chosen] == 10).all()
    assert torch.equal(halved.box[~chosen], crops.box[~chosen])
    edges = {tuple(box) for box in halved.box[chosen][:, [0, 2]].tolist()}
    assert edges == {(24, 40), (24, 56), (56, 72), (40, 72)}
    assert widest[~chosen].isinf().all()


def test_boxes_of_jittered_scenes_frame_the_number_and_one_moved_out_of_the_scene_has_none():
    jitter = dataclasses.replace(SceneJitter(), look=PLAIN, rotation=0, absent=0)
    scenes, boxes, digit_boxes = jittered_scenes(_scenes(32), 128, jitter, None, seeded())
    assert scenes.shape == (32, 3, 128, 128)
    assert torch.equal(digit_boxes[:, :1], boxes)
    assert digit_boxes[:, 1:].isnan().all()
    for scene, (box,) in zip(scenes, boxes, strict=True):
        white = (scene[0] > 157).nonzero().float()
        found = torch.cat([white.min(0).values.flip(0), white.max(0).values.flip(0) + 1])
        assert (found - box).abs().max() <= 2.0
    absent = dataclasses.replace(jitter, absent=1.0, edge_repeated=0.0)
    blue = torch.zeros(2, 3, 256, 256, dtype=torch.uint8)
    blue[:, 2] = 255
    scenes, boxes, digit_boxes = jittered_scenes(_scenes(), 128, absent, blue, seeded())
    assert boxes.isnan().all()
    assert digit_boxes.isnan().all()
    assert (scenes[:, 0] < 157).all()
    assert ((scenes[:, 2] > 250) & (scenes[:, 0] < 5)).any()  # its surroundings are the pictures given


@pytest.mark.parametrize("centre", [True, False], ids=["middle square", "whole photo"])
def test_photo_views_know_the_box_in_shares_of_the_view(centre):
    jitter, scenes = dataclasses.replace(SceneJitter(), look=PLAIN), _scenes(32)
    views, shares = photo_views(scenes, 96, centre, jitter, seeded())
    assert (views.shape, shares.shape) == ((32, 3, 96, 96), (32, 1, 4))
    for view, share in zip(views, shares[:, 0], strict=True):  # what is white fills the box: left, top, width, height
        left, top, width, height = (share * 96).tolist()
        white = (view[0] > 157).nonzero().float()
        first, past = white.min(0).values, white.max(0).values + 1  # y, x
        assert first.tolist() == pytest.approx([max(0, top), max(0, left)], abs=1.01)
        assert past.tolist() == pytest.approx([min(96, top + height), min(96, left + width)], abs=1.01)
    ratio = shares[:, 0, 3] / shares[:, 0, 2]
    assert ratio.tolist() == pytest.approx([0.5 if centre else 1.0] * 32, abs=0.01)  # 40×20 in 60×60 or 120×60
    assert shares[:, 0, 2].std() > 0.01
    further = torch.cat([scenes.box, scenes.box + 20, torch.full_like(scenes.box, torch.nan)], dim=1)  # (N, 3, 4)
    _, shares = photo_views(dataclasses.replace(scenes, box=further), 96, centre, jitter, seeded())
    assert shares[:, 2].isnan().all()
    assert (shares[:, 1, :2] > shares[:, 0, :2]).all()


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


def test_scenes_are_loaded_by_part_with_room_for_further_numbers_and_too_few_are_reported(tmp_path):
    _write_scenes(tmp_path / "scenes.h5", [1, 2, 5, 7, 10])
    train, held_out = (load_scenes(tmp_path / "scenes.h5", part, torch.device("cpu")) for part in ("train", "held_out"))
    assert (train.size[:, 0].tolist(), held_out.size[:, 0].tolist()) == ([1, 2, 7], [5, 10])
    assert train.box.shape == (3, 3, 4)
    assert train.digit.tolist() == [[7] + [10] * 14] * 3
    for boxes in (train.box, train.digit_box):
        assert boxes[:, 0].tolist() == [[1, 2, 3, 4]] * 3
        assert boxes[:, 1:].isnan().all()
    counted = load_counted_scenes(tmp_path / "scenes.h5", "all", torch.device("cpu"))
    assert counted.length.tolist() == [1, 2, 5, 1, 4]
    assert isinstance(counted.take(torch.tensor([1])), CountedScenes)
    for numbers, use in (([5, 10], "train on"), ([1, 2, 3], "measure with"), ([], "train on")):
        _write_scenes(tmp_path / "scenes.h5", numbers)
        with pytest.raises(DataError, match=f"no photo to {use}"):
            check_parts(tmp_path / "scenes.h5")


def write(path, rows):
    with create_h5(path) as file:
        table, rng = Table(file, {"images": Column((3, 32, 32), "uint8", 4)}), np.random.default_rng(0)
        for _ in range(rows):
            table.append(images=rng.integers(0, 256, (3, 32, 32), np.uint8))
        table.flush()


@pytest.mark.parametrize("rows", [40, 1000])  # seen at the end, or on the way
def test_a_full_disk_is_an_error_that_the_process_survives(tmp_path, rows):
    with full_disk(), pytest.raises(OSError, match="large"):
        write(tmp_path / "a.h5", rows)
    write(tmp_path / "a.h5", 1)


def test_damage_is_noticed_wherever_it_strikes(tmp_path):
    write(path := tmp_path / "a.h5", 21)
    with h5py.File(path) as file:
        images = file["images"][:]
    assert images.shape == (21, 3, 32, 32)
    data, noticed = path.read_bytes(), 0
    for place in np.random.default_rng(0).integers(0, len(data), 100):
        path.write_bytes(data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :])
        try:
            with h5py.File(path) as file:
                assert np.array_equal(file["images"][:], images)
        except (OSError, KeyError):  # of which `datasets` makes one sentence
            noticed += 1
    assert noticed > 80
