"""Open an image file as an upright RGB array, with bounds on its size and on the work of decoding it."""

from __future__ import annotations

import io
import os
import re
import struct
from pathlib import Path

import cv2
import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError
from pillow_heif import register_heif_opener

MAX_BYTES = 20 * 2**20
MAX_PIXELS = 40_000_000
MIN_SIDE = 8  # a digit needs about this many pixels
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "HEIF")  # a phone's MPO opens as JPEG
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".heic", ".heif")
TURNS = {  # EXIF's orientation -> what makes an array of pixels upright
    2: lambda pixels: cv2.flip(pixels, 1),
    3: lambda pixels: cv2.flip(pixels, -1),
    4: lambda pixels: cv2.flip(pixels, 0),
    5: cv2.transpose,
    6: lambda pixels: cv2.rotate(pixels, cv2.ROTATE_90_CLOCKWISE),
    7: lambda pixels: cv2.flip(cv2.transpose(pixels), -1),
    8: lambda pixels: cv2.rotate(pixels, cv2.ROTATE_90_COUNTERCLOCKWISE),
}

# A file of a few kilobytes can cost hours of work or all memory. Within these bounds it is about a second.
MAX_SCAN_PIXELS = 16 * MAX_PIXELS  # each scan of a JPEG visits every pixel; a progressive one has about ten
MAX_READS = 10_000  # by the decoder; it needs at least one for each chunk, strip, block and tag
MAX_TAG_SHARE = 4  # bytes of all values, per byte of the file that holds them: many tags may point at the same bytes
NESTED = ("jpeg", "tiff_jpeg", "webp")  # compressions inside a TIFF whose cost is not bounded here
TOO_MUCH_WORK = "The picture is built so that it takes too long to open; please save it again as a plain JPEG or PNG."
JPEG_MARKER = re.compile(rb"\xff([^\x00\x01\xd0-\xd8\xff])")  # those followed by a length, and the end of the image
START_OF_SCAN, END_OF_IMAGE = b"\xda", b"\xd9"
BIG_TIFF = 43  # for files of many gigabytes
EXIF, MULTI_PICTURE = re.compile(rb"(?:Exif\0\0)*"), b"MPF\0"  # how such segments begin; a TIFF's layout follows
TAG_BYTES = (0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8)  # of one value, by its type

# `_check_size` bounds the pixels, from the header alone; Pillow's own bound only warns up to twice its value.
Image.MAX_IMAGE_PIXELS = None
register_heif_opener(thumbnails=False)  # photos of iPhones


class PhotoError(ValueError):
    """The photo cannot be read. The message is one sentence for the person who sent it."""


def open_photo(source: str | os.PathLike | bytes) -> np.ndarray:
    """Path or bytes of an image file -> RGB uint8 (h, w, 3), turned upright by its EXIF, transparency on white.

    The first frame of an animation is taken. Raises PhotoError if the file is missing, too large (`MAX_BYTES`,
    `MAX_PIXELS`), too small (`MIN_SIDE`), too expensive to decode, damaged, or not a picture.
    """
    data = source if isinstance(source, bytes) else read_bounded(Path(source))
    if not data:
        raise PhotoError("The file is empty; please send the photo again.")
    if len(data) > MAX_BYTES:
        raise PhotoError(f"The file has {len(data) / 2**20:.1f} MB; please send one of at most 20 MB.")
    try:
        scans, is_complete = _walk_jpeg(data) if data.startswith(b"\xff\xd8") else (0, False)
        if data.startswith((b"II", b"MM")):
            _check_tags(data)
        with Image.open(_BoundedReader(data), formats=FORMATS) as image:
            _check_size(*image.size)
            _check_tags(image.info.get("exif") or b"")
            nested = image.format == "TIFF" and image.info.get("compression") in NESTED
            if nested or scans * image.width * image.height > MAX_SCAN_PIXELS:
                raise PhotoError(TOO_MUCH_WORK)
            pixels = _decode_jpeg(data) if is_complete and image.mode == "RGB" else None
            pixels = _to_rgb(image) if pixels is None else pixels
            turn = TURNS.get(image.getexif().get(ExifTags.Base.Orientation))
            return pixels if turn is None else turn(pixels)
    except PhotoError:
        raise
    except UnidentifiedImageError:
        kinds = "JPEG, PNG, WebP, BMP, TIFF, GIF or HEIC"
        raise PhotoError(f"This file is not a picture we can open; please send {kinds}.") from None
    except Exception as error:  # Pillow stumbles over damaged files in many ways, TypeError and struct.error too
        reason = " ".join(str(error).split())  # libheif's has several lines
        raise PhotoError(f"The picture is damaged and cannot be decoded ({reason}); please send it again.") from None


def read_bounded(path: Path) -> bytes:
    """The content of a file, cut off one byte above `MAX_BYTES`. Raises PhotoError."""
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


class _BoundedReader(io.BytesIO):
    """The file as the decoder sees it. Raises PhotoError after `MAX_READS` reads."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.reads_left = MAX_READS

    def read(self, size: int | None = -1) -> bytes:
        self.reads_left -= 1
        if self.reads_left < 0:
            raise PhotoError(TOO_MUCH_WORK)
        return super().read(size)


def _walk_jpeg(jpeg: bytes) -> tuple[int, bool]:
    """How many scans a JPEG has, and whether its end is there, without decoding it. Raises PhotoError for its tags, see
    `_check_tags`."""
    scans, at, exif, is_complete = 0, 2, b"", False
    for _ in range(MAX_READS):  # as many segments as would be read
        marker = JPEG_MARKER.search(jpeg, at)
        is_complete = marker is not None and marker[1] == END_OF_IMAGE
        if marker is None or is_complete:
            break
        scans += marker[1] == START_OF_SCAN
        start = marker.end() + 2
        at = start - 2 + int.from_bytes(jpeg[start - 2 : start])
        if jpeg.startswith(b"Exif\0\0", start):
            exif += jpeg[start + 6 : at]  # Pillow joins them, too
        elif jpeg.startswith(MULTI_PICTURE, start):
            _check_tags(jpeg[start + len(MULTI_PICTURE) : at])
    _check_tags(exif)
    return scans, is_complete


def _check_tags(exif: bytes) -> None:
    """Raises PhotoError if tags, laid out as in a TIFF, have very many values, or if many tags share the same bytes,
    which would be copied for each of them."""
    tiff = exif[EXIF.match(exif).end() :]
    order = ">" if tiff.startswith(b"MM") else "<"
    try:
        version, start = struct.unpack_from(f"{order}2xHI", tiff)
        (count,) = struct.unpack_from(f"{order}H", tiff, start)
    except struct.error:
        return  # too short for any tag
    entries = tiff[start + 2 : start + 2 + 12 * count]
    tags = struct.iter_unpack(f"{order}2xHI4x", entries[: len(entries) // 12 * 12])
    sizes = [(TAG_BYTES[kind] * values, values) for kind, values in tags if kind < len(TAG_BYTES)]
    read = [(size, values) for size, values in sizes if size <= len(tiff)]  # Pillow leaves out those beyond the end
    many = any(MAX_READS < values < size for size, values in read)
    if many or version == BIG_TIFF or sum(size for size, _ in read) > MAX_TAG_SHARE * len(tiff):
        raise PhotoError(TOO_MUCH_WORK)


def _decode_jpeg(jpeg: bytes) -> np.ndarray | None:
    """The pixels that Pillow would give, in half the time; None where OpenCV cannot decode it. Only Pillow reports that
    the end of a file is missing."""
    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION)


def _to_rgb(image: Image.Image) -> np.ndarray:
    image.load()
    if image.mode.startswith("I") or image.mode == "F":  # 16 and 32 bits a sample: Pillow would clip at 255
        samples = np.nan_to_num(np.asarray(image, dtype=np.float32))
        top = 65535.0 if samples.max(initial=0) > 255 else 255.0
        image = Image.fromarray((np.clip(samples / top, 0, 1) * 255).round().astype(np.uint8))
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return np.array(image if image.mode == "RGB" else image.convert("RGB"))
