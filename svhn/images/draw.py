"""Draw boxes on a display-size copy of a photo; encode pictures as files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .. import boxes as bx
from .preprocess import resize

LONG_SIDE = (720, 1024)  # least and most pixels of the longer side of a photo as it is shown
Colour = tuple[int, int, int]
Frame = tuple[int, int, int, int]  # x1, y1, x2, y2 in pixels of the picture as it is shown
FOUND: Colour = (21, 136, 62)  # green, solid
TRUE: Colour = (220, 38, 38)  # red, dashed
HALO: Colour = (255, 255, 255)
LINE = 5
THIN = 3
DASH = 14


def annotate(
    photo: np.ndarray,
    found: bx.Box | None,
    true: bx.Box | None,
    name: str = "found",
    others: Sequence[tuple[bx.Box, str]] = (),
) -> np.ndarray:
    """RGB uint8 (h, w, 3) and boxes in its pixels -> a display-size copy with all boxes drawn and named.

    The true box is red and dashed; the found box is green, solid and lies over it, with `name` in its tag.
    The boxes and names of `others`, further numbers of the photo, are thin.
    """
    shown, factor = _display_copy(photo)
    image = Image.fromarray(shown)
    pen = ImageDraw.Draw(image)
    marks = [_Mark(_frame(box, factor, image.size), text, FOUND, thin=True) for box, text in others]
    if true is not None:
        marks.append(_Mark(_frame(true, factor, image.size), "true", TRUE, dashed=True))
    if found is not None:
        marks.append(_Mark(_frame(found, factor, image.size), name, FOUND))
    for mark in marks:
        _outline(pen, mark)
    _tags(pen, image.size, marks)
    return np.asarray(image)


def shrink(picture: np.ndarray, side: int) -> np.ndarray:
    """RGB uint8 (h, w, 3) -> the same, its longer side at most `side` pixels."""
    height, width = picture.shape[:2]
    factor = min(1.0, side / max(height, width))
    size = max(1, round(width * factor)), max(1, round(height * factor))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def jpeg(image: np.ndarray, quality: int = 88) -> bytes:
    """RGB uint8 (h, w, 3) -> a JPEG file."""
    return _encoded(image, ".jpg", [cv2.IMWRITE_JPEG_QUALITY, quality])


def png(image: np.ndarray) -> bytes:
    """RGB uint8 (h, w, 3) -> a PNG file."""
    return _encoded(image, ".png", [])


def _encoded(image: np.ndarray, kind: str, options: list[int]) -> bytes:
    done, data = cv2.imencode(kind, image[..., ::-1], options)
    if not done:
        raise ValueError(f"a picture of shape {image.shape} cannot be written")
    return data.tobytes()


def _display_copy(photo: np.ndarray) -> tuple[np.ndarray, tuple[float, float]]:
    """The photo enlarged or reduced to within `LONG_SIDE`, and the factors in x and y."""
    height, width = photo.shape[:2]
    long_side = max(height, width)
    factor = float(np.clip(long_side, *LONG_SIDE)) / long_side
    size = max(1, round(width * factor)), max(1, round(height * factor))
    if factor < 1:
        shown = resize(photo, size[::-1]).permute(1, 2, 0).numpy()
    else:
        shown = cv2.resize(photo, size, interpolation=cv2.INTER_CUBIC)
    return shown, (size[0] / width, size[1] / height)


@dataclass(frozen=True)
class _Mark:
    """A box to draw: its frame in the picture, the text of its tag, and its line style."""

    frame: Frame
    text: str
    colour: Colour
    dashed: bool = False
    thin: bool = False


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.load_default(size=size)


def _frame(box: bx.Box, factor: tuple[float, float], size: tuple[int, int]) -> Frame:
    """The box in pixels of the picture, clipped to it and never thinner than its own lines."""
    width, height = size[0] - 1, size[1] - 1
    x1, y1, x2, y2 = (round(float(v)) for v in bx.clip(bx.scale(box, *factor), width, height))
    x1, y1 = max(0, min(x1, width - 2 * LINE)), max(0, min(y1, height - 2 * LINE))
    return x1, y1, min(width, max(x2, x1 + 2 * LINE)), min(height, max(y2, y1 + 2 * LINE))


def _outline(pen: ImageDraw.ImageDraw, mark: _Mark) -> None:
    x1, y1, x2, y2 = mark.frame
    line = THIN if mark.thin else LINE
    corners = [(x1, y1), (x2, y1), (x2, y2), (x1, y2), (x1, y1)]
    pen.line(corners, fill=HALO, width=line + 2, joint="curve")
    if not mark.dashed:
        pen.line(corners, fill=mark.colour, width=line, joint="curve")
        return
    for x in range(x1, x2, 2 * DASH):
        for y in (y1, y2):
            pen.line([(x, y), (min(x + DASH, x2), y)], fill=mark.colour, width=line)
    for y in range(y1, y2, 2 * DASH):
        for x in (x1, x2):
            pen.line([(x, y), (x, min(y + DASH, y2))], fill=mark.colour, width=line)


def _tags(pen: ImageDraw.ImageDraw, size: tuple[int, int], marks: Sequence[_Mark]) -> None:
    """Draw the names in tags inside the picture, filled unless the box is thin."""
    font = _font(max(size) // 30)  # legible where a phone shows the picture a third as large
    for mark in marks:
        left, top, right, bottom = pen.textbbox((0, 0), mark.text, font=font)
        width, height = right - left + 12, bottom - top + 10
        x = min(max(0, mark.frame[0] - LINE // 2), max(0, size[0] - width))
        y = min(max(0, _tag_top(mark, marks, height)), max(0, size[1] - height))
        fill, ink = (HALO, mark.colour) if mark.thin else (mark.colour, HALO)
        pen.rectangle([x, y, x + width, y + height], fill=fill, outline=mark.colour, width=THIN)
        pen.text((x + 6 - left, y + 5 - top), mark.text, fill=ink, font=font)


def _tag_top(mark: _Mark, marks: Sequence[_Mark], height: int) -> int:
    """The y of a tag: above its box, or below it for the true box; clear of the boxes with thick lines."""
    near = [other.frame for other in marks if not other.thin and _meet(other.frame, mark.frame)]
    if not mark.thin:
        return max(f[3] for f in near) + LINE if mark.dashed else min(f[1] for f in near) - height - LINE
    above, below = mark.frame[1] - height - LINE, mark.frame[3] + LINE
    return below if any(f[1] <= above + height and above <= f[3] for f in near) else above


def _meet(a: Frame, b: Frame) -> bool:
    return a[0] <= b[2] and b[0] <= a[2] and a[1] <= b[3] + 60 and b[1] <= a[3] + 60
