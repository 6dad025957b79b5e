"""Small files that ask for a great deal of work or memory: one function for each way, and all of them in `BOMBS`.
Each is well-formed, so a decoder without bounds would process it to the end."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable

from PIL import Image


def content(image: Image.Image, kind: str, **options) -> bytes:
    """Encode the image in that format."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def progressive_jpeg(width: int, height: int, extra_scans: int) -> bytes:
    """A grey JPEG whose last scan is repeated. Each repetition has a few bytes and visits every pixel."""
    plain = content(Image.new("L", (width, height), 90), "JPEG", progressive=True)
    return plain[:-2] + plain[plain.rindex(b"\xff\xda") : -2] * extra_scans + plain[-2:]


def png_chunk(name: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_of_chunks(chunks: bytes) -> bytes:
    """A PNG with these in front of its pixels."""
    plain = content(Image.new("RGB", (40, 40)), "PNG")
    return plain[:33] + chunks + plain[33:]


def huge_png(width: int, height: int) -> bytes:
    """A PNG that announces that many pixels and holds almost none."""
    head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + png_chunk(b"IDAT", zlib.compress(bytes(64))) + png_chunk(b"IEND")


def gif_of_comments(blocks: int, size: int) -> bytes:
    """A GIF with one long comment: for every block, Pillow copies what it has read of it."""
    plain = content(Image.new("P", (40, 40)), "GIF")
    body = 13 + (3 * 2 ** ((plain[10] & 7) + 1) if plain[10] & 128 else 0)
    return plain[:body] + b"\x21\xfe" + (bytes([size]) + b"a" * size) * blocks + b"\0" + plain[body:]


def tags(entries: list[tuple[int, int, int, int]], start: int) -> tuple[bytes, bytes]:
    """Entries (tag, type, count, value or address) of a TIFF's directory, which lies at `start`: header, directory."""
    directory = b"".join(struct.pack("<HHII", *entry) for entry in sorted(entries))
    return b"II*\0" + struct.pack("<I", start), struct.pack("<H", len(entries)) + directory + bytes(4)


def tiff(height: int, strips: int, shared: list[tuple[int, int, int, int]], size: int = 0) -> bytes:
    """An uncompressed grey TIFF, 8 pixels wide, whose strips are all the same bytes; `shared` are further tags, which
    may point at the `size` bytes behind the header."""
    values = struct.pack("<I", 8) * strips + struct.pack("<I", 8 * height // strips) * strips
    pixels = bytes(max(size, 8 * height // strips))
    at = 8 + len(pixels)
    offsets, counts = (at, at + 4 * strips) if strips > 1 else (8, 8 * height)
    entries = [(256, 4, 1, 8), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (277, 3, 1, 1)]
    entries += [(273, 4, strips, offsets), (278, 4, 1, height // strips), (279, 4, strips, counts), *shared]
    head, directory = tags(entries, at + len(values))
    return head + pixels + values + directory


def exif_of_shared_bytes(count: int, size: int) -> bytes:
    """Tags that all have the same bytes for their value: an orientation (6), and `count` more."""
    entries = [(0x0112, 3, 1, 6), *((2000 + i, 1, size, 8) for i in range(count))]
    head, directory = tags(entries, 8)
    return b"Exif\0\0" + head + directory + bytes(max(0, size - len(directory)))


def bmp_of_runs(side: int, runs: int) -> bytes:
    """A BMP compressed by run length, each run one pixel long: Pillow decodes these in Python."""
    palette, data = bytes(4 * 256), b"\x01\x40" * runs + b"\0\1"
    head = struct.pack("<IiiHHIIiiII", 40, side, side, 1, 8, 1, len(data), 1, 1, 256, 256)
    start = 14 + len(head) + len(palette)
    return b"BM" + struct.pack("<IHHI", start + len(data), 0, 0, start) + head + palette + data


SHARED = [(1000 + i, 1, 100_000, 8) for i in range(2000)]
BOMBS: dict[str, Callable[[], bytes]] = {
    "JPEG of many scans": lambda: progressive_jpeg(8000, 5000, 1000),
    "JPEG of shared tags": lambda: content(Image.new("RGB", (40, 40)), "JPEG", exif=exif_of_shared_bytes(4000, 60_000)),
    "PNG of many pixels": lambda: huge_png(50_000, 50_000),
    "PNG of many chunks": lambda: png_of_chunks(png_chunk(b"prVt") * 200_000),
    "PNG of many texts": lambda: png_of_chunks(png_chunk(b"tEXt", b"k\0v") * 200_000),
    "PNG of shared tags": lambda: content(Image.new("RGB", (40, 40)), "PNG", exif=exif_of_shared_bytes(9000, 120_000)),
    "GIF of a long comment": lambda: gif_of_comments(78_000, 255),
    "GIF of many blocks": lambda: gif_of_comments(200_000, 1),
    "TIFF of shared tags": lambda: tiff(40, 1, SHARED, 100_000),
    "TIFF of many strips": lambda: tiff(1_000_000, 1_000_000, []),
    "TIFF of a JPEG": lambda: content(Image.new("RGB", (40, 40)), "TIFF", compression="jpeg"),
    "BMP of many runs": lambda: bmp_of_runs(4000, 1_000_000),
}  # fmt: skip
