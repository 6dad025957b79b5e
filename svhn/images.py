"""From a file somebody sent to an upright RGB array, within bounds checked before any pixel is decoded."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

MAX_BYTES = 20 * 2**20
MAX_PIXELS = 40_000_000
MIN_SIDE = 8  # a digit needs about this many pixels
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF")  # a phone's MPO opens as JPEG
HEIC = (b"ftypheic", b"ftypheix", b"ftypmif1")  # the first bytes of an iPhone's photos, behind their length
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif")

# The bound below is ours and is checked on the header; Pillow's own only warns between one and two limits.
Image.MAX_IMAGE_PIXELS = None


class PhotoError(ValueError):
    """The photo cannot be read. The message is one sentence for the person who sent it."""


def open_photo(source: str | os.PathLike | bytes) -> np.ndarray:
    """Path or bytes of an image file -> RGB uint8 (h, w, 3), EXIF turned, transparency laid on white.

    Of an animation the first frame is taken. Raises PhotoError for a file that is missing, too large
    (`MAX_BYTES`, `MAX_PIXELS`), too small (`MIN_SIDE`), damaged, or no picture at all.
    """
    data = source if isinstance(source, bytes) else _read_bounded(Path(source))
    if not data:
        raise PhotoError("The file is empty; please send the photo again.")
    if len(data) > MAX_BYTES:
        raise PhotoError(f"The file has {len(data) / 2**20:.1f} MB; please send one of at most 20 MB.")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            _check_size(*image.size)
            return _to_rgb(image)
    except PhotoError:
        raise
    except UnidentifiedImageError:
        kinds = "JPEG, PNG, WebP, BMP, TIFF or GIF"
        if data[4:12] in HEIC:
            raise PhotoError(
                f"This is a HEIC picture, which we cannot open; please send {kinds} (a Mac's Preview exports JPEG, and "
                "an iPhone takes it with Camera, Formats, Most Compatible)."
            ) from None
        raise PhotoError(f"This file is not a picture we can open; please send {kinds}.") from None
    except Exception as error:  # Pillow stumbles over damaged files in many ways, TypeError and struct.error too
        raise PhotoError(f"The picture is damaged and cannot be decoded ({error}); please send it again.") from None


def _read_bounded(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise PhotoError(f"{path} cannot be opened: {error.strerror or error}.") from None


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise PhotoError(f"The photo has {width}×{height} pixels; please send one of at most 40 megapixels.")
    if min(width, height) < MIN_SIDE:
        raise PhotoError(f"The photo is only {width}×{height} pixels; it needs at least {MIN_SIDE} each way.")


def _to_rgb(image: Image.Image) -> np.ndarray:
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I") or image.mode == "F":  # 16 and 32 bits a sample: Pillow would clip at 255
        samples = np.asarray(image, dtype=np.float32)
        top = 65535.0 if samples.max(initial=0) > 255 else 255.0
        image = Image.fromarray((np.clip(samples / top, 0, 1) * 255).round().astype(np.uint8))
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return np.array(image.convert("RGB"))
