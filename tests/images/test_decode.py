import io
import time
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
from PIL import Image, ImageOps

from benchmarks.helpers import bomb_files
from benchmarks.helpers.bomb_files import content
from svhn.images import decode
from svhn.images.decode import PhotoError, open_photo

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL.*")  # Pillow's remarks on damaged files

# A quarter of each colour, so that a wrong turn or a swapped channel shows.
QUARTERS = np.zeros((40, 60, 3), np.uint8)
QUARTERS[:20, :30], QUARTERS[:20, 30:], QUARTERS[20:, :30] = (220, 30, 30), (30, 200, 30), (30, 30, 210)


def refused(data: bytes | Path) -> str:
    """The sentence of the refusal."""
    with pytest.raises(PhotoError) as error:
        open_photo(data)
    sentence = str(error.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    return sentence


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "WEBP", "GIF", "JPEG", "HEIF"])
def test_every_format_keeps_its_colours(kind, tmp_path):
    options = {"lossless": True} if kind == "WEBP" else {"quality": 95} if kind in ("JPEG", "HEIF") else {}
    path = tmp_path / "wrong-ending.txt"
    path.write_bytes(content(Image.fromarray(QUARTERS), kind, **options))
    photo = open_photo(path)
    assert photo.dtype == np.uint8
    assert photo.shape == QUARTERS.shape
    assert np.abs(photo.astype(int) - QUARTERS).mean() < 4
    np.testing.assert_array_equal(photo, open_photo(path.read_bytes()))


def test_exif_turns_are_undone():
    # What a camera writes that was held so: the upright picture, turned the other way. Orientations 1 to 4, 5 to 8.
    turned = [QUARTERS, QUARTERS[:, ::-1], QUARTERS[::-1, ::-1], QUARTERS[::-1]]
    aside, flipped = QUARTERS.transpose(1, 0, 2), np.rot90(QUARTERS, 2).transpose(1, 0, 2)
    turned += [aside, np.rot90(QUARTERS, 1), flipped, np.rot90(QUARTERS, -1)]
    for orientation, picture in enumerate(turned, start=1):
        exif = Image.Exif()
        exif[0x0112] = orientation
        photo = open_photo(content(Image.fromarray(np.ascontiguousarray(picture)), "PNG", exif=exif))
        np.testing.assert_array_equal(photo, QUARTERS, str(orientation))
    among_many_tags = bomb_files.exif_of_shared_bytes(3, 2000)
    for kind in ("JPEG", "PNG", "WEBP"):
        assert open_photo(content(Image.fromarray(QUARTERS), kind, exif=among_many_tags)).shape == (60, 40, 3)


@pytest.mark.parametrize("options", [{"subsampling": 0}, {"quality": 30}, {"progressive": True}])
def test_a_jpeg_has_the_pixels_that_pillow_gives(options):
    noise = np.random.default_rng(0).integers(0, 255, (45, 61, 3), dtype=np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6
    data = content(Image.fromarray(noise), "JPEG", exif=exif, **options)
    with Image.open(io.BytesIO(data)) as image:
        np.testing.assert_array_equal(open_photo(data), np.array(ImageOps.exif_transpose(image)))


def test_transparency_lies_on_white():
    clear = np.dstack([QUARTERS, np.full((40, 60), 255, np.uint8)])
    clear[:20, :30, 3] = 0
    clear[20:, :30, 3] = 128
    photo = open_photo(content(Image.fromarray(clear), "PNG"))
    assert photo[[5, 5], [5, 45]].tolist() == [[255, 255, 255], [30, 200, 30]]
    assert np.abs(photo[30, 5].astype(int) - [142, 142, 232]).max() <= 1
    grey = Image.fromarray(np.dstack([QUARTERS[..., 0], clear[..., 3]]), "LA")
    assert open_photo(content(grey, "PNG"))[5, 5].tolist() == [255, 255, 255]
    image = Image.fromarray(QUARTERS).quantize(8)
    for kind in ("PNG", "GIF"):
        photo = open_photo(content(image, kind, transparency=image.getpixel((5, 5))))
        assert photo[[5, 5], [5, 45]].tolist() == [[255, 255, 255], [30, 200, 30]]


def test_grey_two_colours_four_inks_and_the_first_of_moving_pictures():
    shades = np.tile(np.arange(0, 240, 4, dtype=np.uint8), (40, 1))
    np.testing.assert_array_equal(open_photo(content(Image.fromarray(shades), "PNG")), np.dstack([shades] * 3))
    two = open_photo(content(Image.fromarray(shades > 100), "PNG"))
    np.testing.assert_array_equal(two[..., 0], (shades > 100) * np.uint8(255))
    inks = open_photo(content(Image.fromarray(QUARTERS).convert("CMYK"), "JPEG", quality=95))
    assert inks[[5, 5, 30], [5, 45, 5]].argmax(-1).tolist() == [0, 1, 2]
    frames = [Image.fromarray(np.roll(QUARTERS, 30 * i, axis=1)) for i in range(3)]
    moving = open_photo(content(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert np.abs(moving.astype(int) - QUARTERS).mean() < 4


def test_sixteen_bits_are_scaled_not_clipped():
    shades = np.tile(np.linspace(0, 65535, 60).astype(np.uint16), (40, 1))
    photo = open_photo(content(Image.fromarray(shades), "PNG"))
    assert np.abs(photo[..., 0] - shades / 257.0).max() <= 0.51
    dark = (shades / 65535 * 255).astype(np.uint16)  # 8 bits in a 16-bit file
    assert open_photo(content(Image.fromarray(dark), "TIFF")).max() == 255
    assert open_photo(content(Image.fromarray(shades.astype(np.int32)), "TIFF")).max() == 255
    fractions = (shades / 65535).astype(np.float32) * 255
    fractions[:, :9] = np.frombuffer(b"\1\0\x80\x7f", "<f4")  # no number at all
    assert open_photo(content(Image.fromarray(fractions), "TIFF")).max() == 255


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "HEIF"])
def test_truncated(kind):
    rng = np.random.default_rng(0)
    whole = content(Image.fromarray(rng.integers(0, 256, (80, 80, 3), dtype=np.uint8)), kind)
    refused(whole[: len(whole) * 2 // 3])
    refused(whole[:20])


@pytest.mark.parametrize(
    "data",
    [
        b"This is no picture.\n",
        b"<svg xmlns='http://www.w3.org/2000/svg' width='90' height='90'><text>12</text></svg>",
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 400,
        b"PK\x03\x04" + b"\0" * 400,
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 90 90\n",
    ],
    ids=["text", "svg", "heic", "zip", "postscript"],
)
def test_no_picture(data, tmp_path):
    path = tmp_path / "house.png"
    path.write_bytes(data)
    assert "JPEG, PNG" in refused(path)


def test_empty_missing_and_too_small(tmp_path):
    assert "empty" in refused(b"")
    assert "nowhere.png" in refused(tmp_path / "nowhere.png")
    assert str(tmp_path) in refused(tmp_path)
    for width, height in ((1, 300), (300, 7)):
        assert f"{width}×{height}" in refused(content(Image.new("RGB", (width, height)), "PNG"))
    assert open_photo(content(Image.new("RGB", (8, 300)), "PNG")).shape == (300, 8, 3)


def test_too_many_pixels_are_refused_before_decoding_and_whatever_pillow_stumbles_over_is_a_sentence(monkeypatch):
    tiff, load = content(Image.fromarray(QUARTERS), "TIFF"), Mock(side_effect=TypeError("'float' object"))
    monkeypatch.setattr(Image.Image, "load", load)
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", load)
    assert "50000×50000" in refused(bomb_files.huge_png(50_000, 50_000))
    assert "40 megapixels" in refused(bomb_files.huge_png(8_000, 5_001))
    assert not load.called
    assert "damaged" in refused(tiff)


@pytest.mark.parametrize("name", bomb_files.BOMBS)
def test_a_file_that_asks_for_too_much_work_is_refused_at_once(name):
    data = bomb_files.BOMBS[name]()
    start = time.thread_time()  # of this thread alone: the machine may be busy
    refused(data)
    assert time.thread_time() - start < 2


def test_work_that_a_photo_needs_is_allowed():
    assert open_photo(bomb_files.progressive_jpeg(1000, 800, 500)).shape == (800, 1000, 3)
    assert open_photo(bomb_files.tiff(5000, 5000, [])).shape == (5000, 8, 3)
    assert open_photo(bomb_files.gif_of_comments(40, 255)).shape == (40, 40, 3)
    thumbnail = content(Image.fromarray(QUARTERS), "JPEG", progressive=True) * 20  # its scans are none of the photo's
    large = Image.fromarray(QUARTERS).resize((3000, 2000))
    assert open_photo(content(large, "JPEG", comment=thumbnail)).shape == (2000, 3000, 3)


def test_too_many_bytes(tmp_path):
    path = tmp_path / "big.png"
    path.write_bytes(content(Image.fromarray(QUARTERS), "PNG") + b"\0" * decode.MAX_BYTES)
    assert "20 MB" in refused(path)
    assert "20 MB" in refused(path.read_bytes())
    path.write_bytes(path.read_bytes()[: decode.MAX_BYTES])
    assert open_photo(path).shape == QUARTERS.shape
