"""Crops and scenes: reproducible, labelled rightly, within their ranges."""

from dataclasses import replace

import h5py
import numpy as np
import pytest
import torch
from helpers.mnist_files import write_mnist
from helpers.seeds import same, seeded
from PIL import Image

from svhn.data.backgrounds import load_backgrounds
from svhn.labels import BLANK
from svhn.synth.camera import gaussian, jpeg, photograph, reduce_matrix
from svhn.synth.config import CameraConfig, CompanionConfig, PaintConfig, StreetConfig
from svhn.synth.geometry import Plane, project, view_plane
from svhn.synth.layout import corners, extent
from svhn.synth.mounting import put_up
from svhn.synth.number import bounding_boxes, digit_corners, sample_number, sample_view, scale_and_shift
from svhn.synth.palette import learn, sample_colours
from svhn.synth.preview import COLUMNS, GUTTER, ROWS, SCENE_COLUMNS, SCENE_ROWS, make_sheet, make_strip_sheet
from svhn.synth.render import CROP, crops
from svhn.synth.rng import Sampler
from svhn.synth.scenes import SCENE
from svhn.synth.text import ink_mask
from svhn.synth.textures import texture_bank
from svhn.utils.errors import DataError

CONFIG = StreetConfig()


@pytest.fixture(scope="module")
def batch(atlas):
    return crops(48, CONFIG, atlas, seeded())


def test_crops_have_the_agreed_shapes(batch):
    assert batch.images.shape == (48, 3, CROP, CROP)
    assert batch.images.dtype == batch.digits.dtype == batch.length.dtype == torch.uint8
    assert batch.box.shape == (48, 4)
    assert batch.digit_boxes.shape == (48, 5, 4)
    assert batch.box.dtype == batch.digit_boxes.dtype == batch.aspect.dtype == torch.float32
    assert batch.box.unique().tolist() == [24.0, 72.0]
    assert batch.aspect.min() > 0


def test_same_seed_same_images(atlas, batch):
    assert same(batch, crops(48, CONFIG, atlas, seeded(), torch.device("cpu")))
    assert not same(batch, crops(48, CONFIG, atlas, seeded(1)))


def test_labels_agree_with_each_other(batch):
    present = torch.arange(5) < batch.length[:, None]
    assert torch.equal(batch.digits != BLANK, present)
    assert torch.equal(~torch.isnan(batch.digit_boxes[..., 0]), present)


def test_digit_boxes_lie_in_the_number_box(atlas):
    batch = crops(200, replace(CONFIG, negatives=0.0), atlas, seeded(2))
    drawn = batch.digit_boxes[~torch.isnan(batch.digit_boxes[..., 0])]
    assert drawn.min() >= 24 - 1e-2
    assert drawn.max() <= 72 + 1e-2
    assert (drawn[:, 2:] > drawn[:, :2]).all()


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


def test_some_numbers_hang_steeply(atlas):
    def climbs(share: float) -> torch.Tensor:
        """The share of 400 numbers whose level lines climb by more than two thirds."""
        rng = Sampler(seeded(4), "cpu")
        number = sample_number(400, CONFIG, atlas, rng)
        camera = sample_view(number, replace(CONFIG.view, steep_share=share), rng)
        return (camera[:, 1, 0].abs() > camera[:, 0, 0].abs() * 2 / 3).float().mean()

    assert climbs(0.0) == 0
    assert 0.05 < climbs(1.0) < 0.6


def test_a_turned_frame_sees_a_tilted_box_upright():
    centre, size, tilt = torch.tensor([[1.0, -2.0]]), torch.tensor([[2.0, 4.0]]), torch.tensor([0.4])
    found = corners(centre, size, tilt)[:, None]  # (1, 1, 4, 2) as a picture of 1 × 4 texels
    local = Plane(found[..., 0], found[..., 1], torch.ones(1, 2)).rotate(centre, tilt)
    torch.testing.assert_close(local.x[0, 0], torch.tensor([-1.0, 1.0, 1.0, -1.0]))
    torch.testing.assert_close(local.y[0, 0], torch.tensor([-2.0, -2.0, 2.0, 2.0]))


def test_shares_of_negatives(atlas):
    none = crops(64, replace(CONFIG, negatives=1.0), atlas, seeded())
    assert (none.length == 0).all()
    assert (none.digits == BLANK).all()
    assert torch.isnan(none.digit_boxes).all()
    assert (crops(64, replace(CONFIG, negatives=0.0), atlas, seeded()).length > 0).all()


def test_nothing_is_painted_of_a_negative(atlas):
    rng = Sampler(seeded(4), "cpu")
    bare = PaintConfig(plate_share=0, distinct_plate_share=0, suffix_share=0, caption_share=0, neighbour_share=0)
    number = sample_number(16, replace(CONFIG, paint=bare), atlas, rng)
    to_crop = scale_and_shift(torch.full((16, 2), 30.0), torch.full((16, 2), 48.0))
    inked = torch.arange(16) % 2 == 0
    config = replace(CONFIG, paint=bare, companion=CompanionConfig(share=0.0))
    canvas = put_up(torch.full((16, 3, CROP, CROP), 0.5), torch.arange(16), number, to_crop, inked, config, atlas, rng)
    changed = (canvas != 0.5).flatten(1).any(1)
    assert torch.equal(changed, inked)


def test_something_hangs_where_a_number_would(atlas):
    """Crops without a number differ from the same crops with nothing in its place, most of them in the middle."""
    bare = replace(CONFIG, negatives=1.0, companion=CompanionConfig(share=0.0))
    empty, full = (crops(32, replace(bare, replaced=share), atlas, seeded(3)) for share in (0.0, 1.0))
    assert (full.length == 0).all()
    contrast = [made.images[:, :, 30:66, 30:66].float().std((1, 2, 3)).median() for made in (empty, full)]
    assert contrast[1] > 1.3 * contrast[0]


def test_one_crop_and_a_batch_of_negatives_work(atlas):
    for n in (1, 2, 3):
        assert crops(n, CONFIG, atlas, seeded(n)).images.shape[0] == n


def test_pictures_differ_and_are_neither_black_nor_white(batch):
    spread = batch.images.float().std((1, 2, 3))
    assert spread.median() > 10
    assert 40 < batch.images.float().mean() < 200


@pytest.mark.parametrize(("level", "exposure"), [(1.0, 3.0), (0.0, 3.0)])
def test_too_bright_and_too_dark_do_not_wrap_around(level, exposure):
    camera = CameraConfig(exposure=(exposure, exposure), noise=(0.05, 0.05), sharpen=(0.9, 0.9))
    edges = torch.tensor([[0.0, 95.0, 0.0, 95.0]]).repeat(4, 1)
    native = torch.tensor([[40.0, 60.0]]).repeat(4, 1)
    picture = photograph(
        torch.full((4, 3, 96, 96), level), native, torch.full((4,), 30.0), edges, camera, Sampler(seeded(), "cpu")
    )
    assert (picture.float() / 255 - level).abs().max() < 0.6  # noise only; a wrap would be near 1


def test_resampling_matrices_keep_brightness():
    for matrix in (gaussian(torch.tensor([0.1, 2.0, 9.0]), 64), reduce_matrix(torch.tensor([3.3, 20.0, 64.0]), 64)):
        torch.testing.assert_close(matrix.sum(-1), torch.ones(3, 64))
        assert (matrix >= 0).all()


def test_fine_jpeg_keeps_the_picture_and_coarse_jpeg_does_not():
    grey = torch.rand(2, 1, 96, 96, generator=seeded()).expand(2, 3, 96, 96)
    torch.testing.assert_close(jpeg(grey, torch.full((2,), 1e-6)), grey, atol=1e-4, rtol=0)
    assert (jpeg(grey, torch.full((2,), 0.1)) - grey).abs().mean() > 0.02


def test_crops_repeat_the_photo_edge_where_it_ends(atlas):
    batch = crops(40, replace(CONFIG, cut_short=1.0, negatives=0.0), atlas, seeded(5))
    repeated = (batch.images[:, :, 0] == batch.images[:, :, 1]).all(2).all(1)
    assert repeated.float().mean() > 0.6


def test_clean_digits_differ_by_their_masks(atlas):
    """Labels belong to what is drawn: the ink correlates best with the mask of the labelled digit."""
    rng = Sampler(seeded(6), "cpu")
    config = replace(CONFIG, layout=replace(CONFIG.layout, length_weights=(1.0, 0.0, 0.0, 0.0, 0.0)))
    number = sample_number(80, config, atlas, rng)
    plane = view_plane(scale_and_shift(torch.full((80, 2), 52.0), torch.full((80, 2), 32.0)), 64)
    drawn = torch.nn.functional.normalize(ink_mask(plane, number.layout, atlas).flatten(1), dim=1)
    layout = number.layout
    scores = []
    for digit in range(10):
        other = replace(layout, digits=torch.where(layout.present, digit, layout.digits))
        mask = torch.nn.functional.normalize(ink_mask(plane, other, atlas).flatten(1), dim=1)
        scores.append((mask * drawn).sum(1))
    assert torch.equal(torch.stack(scores, 1).argmax(1), layout.digits[:, 0])


def test_backgrounds_are_used_when_given(tmp_path, atlas):
    Image.fromarray(np.full((40, 90, 3), (250, 10, 10), np.uint8)).save(tmp_path / "red.png")
    photos = load_backgrounds(tmp_path)
    assert photos.shape == (1, 3, 256, 256)
    assert photos.dtype == torch.uint8
    paint = replace(CONFIG.paint, photo_share=1.0)
    config = replace(CONFIG, paint=replace(paint, distinct_plate_share=1.0, plate_share=1.0))
    plain, red = (crops(16, config, atlas, seeded(), backgrounds=b).images.float() for b in (None, photos))
    gain = (red - plain).mean((0, 2, 3))
    assert gain[0] > gain[1] + 2


def test_textures_are_the_same_every_time():
    bank = texture_bank("cpu")
    texture_bank.cache_clear()
    assert torch.equal(bank, texture_bank("cpu"))
    assert torch.isfinite(bank).all()


def test_colours_are_colours():
    drawn = sample_colours(500, Sampler(seeded(), "cpu"))
    assert drawn.shape == (500, 3, 3)
    assert 0 <= drawn.min() <= drawn.max() <= 1


def test_palette_separates_ink_from_ground():
    picture = torch.full((3, 96, 96), 40, dtype=torch.uint8)  # a dark wall with a white number on it
    picture[:, 30:66, 40:44] = 240
    row = learn(picture.repeat(80, 1, 1, 1))[0]
    assert row["n"] == 80
    ink, ground, wall = row["mean"][:3], row["mean"][3:6], row["mean"][6:]
    assert min(ink) > 100
    assert ground == wall == [40, 40, 40]


def test_sheet_shows_real_next_to_synthetic(tmp_path):
    with h5py.File(tmp_path / "crops.h5", "w") as file:
        file["number"] = np.arange(1, 11, dtype=np.int32)
        images = np.zeros((10, 3, CROP, CROP), np.uint8)
        images[[4, 9]] = 255  # images 5 and 10 are held out and must not be shown
        file["images"] = images
    make_sheet(tmp_path / "sheet.png", tmp_path / "crops.h5", seed=1)
    make_sheet(tmp_path / "alone.png", None, seed=1)
    both, alone = (np.asarray(Image.open(tmp_path / name)) for name in ("sheet.png", "alone.png"))
    width = COLUMNS * CROP
    assert both.shape == (ROWS * CROP, 2 * width + GUTTER, 3)
    assert both[:, :width].max() == 0
    np.testing.assert_array_equal(both[:, width + GUTTER :], alone)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["alone.png", "crops.h5", "sheet.png"]


def test_sheet_shows_whole_scenes(tmp_path):
    with h5py.File(tmp_path / "scenes.h5", "w") as file:
        file["number"] = np.arange(1, 31, dtype=np.int32)
        file["images"] = np.zeros((30, 3, SCENE, SCENE), np.uint8)
    make_sheet(tmp_path / "sheet.png", tmp_path / "scenes.h5", whole=True)
    sheet = np.asarray(Image.open(tmp_path / "sheet.png"))
    assert sheet.shape == (SCENE_ROWS * SCENE, 2 * SCENE_COLUMNS * SCENE + GUTTER, 3)
    assert sheet[:, : SCENE_COLUMNS * SCENE].max() == 0
    assert sheet[:, -SCENE_COLUMNS * SCENE :].max() > 0


def test_sheet_of_strips(tmp_path):
    write_mnist(tmp_path, train=5_020)
    make_strip_sheet(tmp_path / "strips.png", tmp_path, seed=1)
    sheet = np.asarray(Image.open(tmp_path / "strips.png"))
    assert sheet.shape == (ROWS * 64, 2 * 288, 3)
    assert 0 < (sheet == 0).mean() < 1
    with pytest.raises(DataError, match="four official files"):
        make_strip_sheet(tmp_path / "none.png", tmp_path / "nowhere")
    assert not (tmp_path / "none.png").exists()
