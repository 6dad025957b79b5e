from dataclasses import replace

import h5py
import numpy as np
import pytest
import torch
from helpers.mnist_files import write_mnist
from helpers.seeds import same, seeded
from PIL import Image

from svhn.data import mnist
from svhn.labels import BLANK
from svhn.synth import preview
from svhn.synth.config import SceneConfig, StreetConfig
from svhn.synth.crops import CROP, crops
from svhn.synth.digit_painting import ink_mask
from svhn.synth.geometry import project, view_plane
from svhn.synth.layout import extent
from svhn.synth.number import bounding_boxes, digit_corners, sample_number, sample_view, scale_and_shift
from svhn.synth.palette import learn
from svhn.synth.rng import Sampler
from svhn.synth.scenes import SCENE, scenes
from svhn.utils.errors import DataError

CONFIG = StreetConfig()


@pytest.fixture(scope="module")
def batch(atlas):
    return crops(24, CONFIG, atlas, seeded())


@pytest.fixture
def two_by_two(monkeypatch):
    for name in ("ROWS", "COLUMNS", "SCENE_ROWS", "SCENE_COLUMNS"):
        monkeypatch.setattr(preview, name, 2)


def test_crops_have_the_agreed_shapes_and_labels_agree_and_same_seed_gives_same_images(atlas, batch):
    assert batch.images.shape == (24, 3, CROP, CROP)
    assert batch.images.dtype == batch.digits.dtype == batch.length.dtype == torch.uint8
    assert batch.box.dtype == batch.digit_boxes.dtype == batch.aspect.dtype == torch.float32
    assert batch.box.unique().tolist() == [24.0, 72.0]
    assert batch.aspect.min() > 0
    assert batch.images.float().std((1, 2, 3)).median() > 10
    present = torch.arange(5) < batch.length[:, None]
    assert torch.equal(batch.digits != BLANK, present)
    assert torch.equal(~torch.isnan(batch.digit_boxes[..., 0]), present)
    drawn = batch.digit_boxes[present]
    assert 24 - 1e-2 <= drawn.min() <= drawn.max() <= 72 + 1e-2
    assert (drawn[:, 2:] > drawn[:, :2]).all()
    assert same(batch, crops(24, CONFIG, atlas, seeded(), torch.device("cpu")))
    assert not same(batch, crops(24, CONFIG, atlas, seeded(1)))


def test_boxes_hold_the_ink_and_fit_it(atlas):
    rng = Sampler(seeded(3), "cpu")
    number = sample_number(60, CONFIG, atlas, rng)
    to_camera = sample_view(number, CONFIG.view, rng)
    points = digit_corners(number, to_camera)
    low, high = extent(points, number.layout.present)
    to_crop = scale_and_shift(48 / (high - low), 48 - 24 * (low + high) / (high - low))
    ink = ink_mask(view_plane(to_crop @ to_camera, CROP), number.layout, atlas) > 0.4
    found = bounding_boxes(project(to_crop, points))
    at = torch.arange(CROP) + 0.5
    inside = torch.zeros_like(ink)
    for k in range(5):
        x1, y1, x2, y2 = found[:, k].unbind(-1)
        across = (at > x1[:, None] - 1.5) & (at < x2[:, None] + 1.5)
        down = (at > y1[:, None] - 1.5) & (at < y2[:, None] + 1.5)
        inside |= down[:, :, None] & across[:, None, :] & number.layout.present[:, k, None, None]
    assert not (ink & ~inside).any()
    rows, columns = ink.any(2), ink.any(1)
    filled = torch.stack([rows.sum(1), columns.sum(1)], dim=1)
    assert (filled.float().median(0).values >= 43).all()  # of the 48 texels that the box has


def test_shares_of_negatives(atlas):
    none = crops(8, replace(CONFIG, negatives=1.0), atlas, seeded())
    assert (none.length == 0).all()
    assert (none.digits == BLANK).all()
    assert torch.isnan(none.digit_boxes).all()
    assert (crops(8, replace(CONFIG, negatives=0.0), atlas, seeded()).length > 0).all()


def test_labels_belong_to_what_is_drawn(atlas):
    """The ink correlates best with the mask of the labelled digit."""
    rng = Sampler(seeded(6), "cpu")
    single = replace(CONFIG, layout=replace(CONFIG.layout, length_weights=(1.0, 0.0, 0.0, 0.0, 0.0)))
    layout = sample_number(40, single, atlas, rng).layout
    plane = view_plane(scale_and_shift(torch.full((40, 2), 52.0), torch.full((40, 2), 32.0)), 64)

    def masks(digits) -> torch.Tensor:
        drawn = ink_mask(plane, replace(layout, digits=digits), atlas).flatten(1)
        return torch.nn.functional.normalize(drawn, dim=1)

    own = masks(layout.digits)
    others = [(masks(torch.where(layout.present, digit, layout.digits)) * own).sum(1) for digit in range(10)]
    assert torch.equal(torch.stack(others, 1).argmax(1), layout.digits[:, 0])


RED = torch.tensor([250, 0, 0], dtype=torch.uint8).view(1, 3, 1, 1).expand(1, 3, 256, 256)


def test_backgrounds_are_used_when_given(atlas):
    paint = replace(CONFIG.paint, photo_share=1.0, distinct_plate_share=1.0, plate_share=1.0)
    config = replace(CONFIG, paint=paint)
    plain, given = (crops(16, config, atlas, seeded(), backgrounds=b).images.float() for b in (None, RED))
    gain = (given - plain).mean((0, 2, 3))
    assert gain[0] > gain[1] + 2


def test_palette_separates_ink_from_ground():
    picture = torch.full((3, 96, 96), 40, dtype=torch.uint8)  # a dark wall with a white number on it
    picture[:, 30:66, 40:44] = 240
    row = learn(picture.repeat(80, 1, 1, 1))[0]
    assert row["n"] == 80
    ink, ground, wall = row["mean"][:3], row["mean"][3:6], row["mean"][6:]
    assert min(ink) > 100
    assert ground == wall == [40, 40, 40]


@pytest.mark.usefixtures("two_by_two")
@pytest.mark.parametrize(("whole", "side"), [(False, CROP), (True, SCENE)], ids=["crops", "scenes"])
def test_sheet_shows_real_next_to_synthetic(tmp_path, whole, side):
    with h5py.File(tmp_path / "real.h5", "w") as file:
        file["number"] = np.arange(1, 11, dtype=np.int32)
        images = np.zeros((10, 3, side, side), np.uint8)
        images[[4, 9]] = 255  # images 5 and 10 are held out and must not be shown
        file["images"] = images
    preview.make_sheet(tmp_path / "sheet.png", tmp_path / "real.h5", seed=1, whole=whole)
    sheet = np.asarray(Image.open(tmp_path / "sheet.png"))
    assert sheet.shape == (2 * side, 4 * side + preview.GUTTER, 3)
    assert sheet[:, : 2 * side].max() == 0
    assert sheet[:, 2 * side + preview.GUTTER :].std() > 10
    if not whole:
        preview.make_sheet(tmp_path / "alone.png", None, seed=1)
        alone = np.asarray(Image.open(tmp_path / "alone.png"))
        np.testing.assert_array_equal(sheet[:, 2 * side + preview.GUTTER :], alone)


@pytest.mark.usefixtures("two_by_two")
def test_sheet_of_strips(tmp_path, monkeypatch):
    monkeypatch.setattr(mnist, "VALIDATION", 20)
    write_mnist(tmp_path)
    preview.make_strip_sheet(tmp_path / "strips.png", tmp_path, seed=1)
    sheet = np.asarray(Image.open(tmp_path / "strips.png"))
    assert sheet.shape == (2 * 64, 2 * 288, 3)
    assert 0 < (sheet == 0).mean() < 1
    with pytest.raises(DataError, match="four official files"):
        preview.make_strip_sheet(tmp_path / "none.png", tmp_path / "nowhere")
    assert not (tmp_path / "none.png").exists()


@pytest.fixture(scope="module")
def pictures(atlas):
    return scenes(6, CONFIG, atlas, seeded())


def test_scenes_have_the_agreed_shapes_are_black_outside_the_photo_and_the_same_of_the_same_seed(atlas, pictures):
    assert pictures.images.shape == (6, 3, SCENE, SCENE)
    assert pictures.images.dtype == pictures.length.dtype == torch.uint8
    assert pictures.box.shape == (6, len(CONFIG.scene.count_weights) - 1, 4)
    assert pictures.size.max(1).values.tolist() == [SCENE] * 6
    for image, (height, width) in zip(pictures.images, pictures.size.tolist(), strict=True):
        assert image[:, height:].sum() == 0
        assert image[:, :, width:].sum() == 0
        assert image[:, :height, :width].float().std() > 0
    assert same(pictures, scenes(6, CONFIG, atlas, seeded()))


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


def test_photos_lie_behind_scenes_when_given(atlas):
    config = replace(CONFIG, scene=replace(CONFIG.scene, photo_share=1.0))
    made = scenes(6, config, atlas, seeded(), backgrounds=RED).images.float().mean((0, 2, 3))
    assert made[0] > 1.5 * made[1]
