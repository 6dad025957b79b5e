"""Turn a photo into a network's input. Training, evaluation and service all use these functions.

Needs only torch and numpy: training runs on a bare GPU machine, and service starts without torchvision, which takes as
long to import as torch.
"""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional as F

from .. import boxes as bx

CROP_MARGIN = 0.15  # share of the box's size, added on every side: the 30 % enlargement of the literature
MOST_PIXELS_FOR_ONE = 8  # photo pixels per crop pixel along a side; with more, the photo is averaged first
MARGINS = (CROP_MARGIN, 0.05, 0.3)  # each box is also read with a tighter and a looser margin: localizers err both ways
PART_HEIGHT, PART_MARGIN = 48, 0.12  # of an unstacked digit: its pixels, and what is added left and right in its width
STACK_SIDE = 48  # cells of a map over a stack

MEAN, STD = 0.45, 0.22  # of the photos' values in 0 ... 1; the default normalisation

Size = int | tuple[int, int]  # side of a square, or (height, width)


def sides(size: Size) -> tuple[int, int]:
    """(height, width) of a size."""
    return (size, size) if isinstance(size, int) else size


def pixel_bounds(box: np.ndarray) -> tuple[int, int, int, int]:
    """The pixels that a box touches, x1 y1 x2 y2; at least one in each direction."""
    x1, y1 = (int(v) for v in np.floor(np.asarray(box[:2]) + 1e-6))
    x2, y2 = (int(v) for v in np.ceil(np.asarray(box[2:]) - 1e-6))
    return x1, y1, max(x2, x1 + 1), max(y2, y1 + 1)


def cut(photo: np.ndarray, box: np.ndarray) -> np.ndarray:
    """The pixels of a box, RGB uint8 (h, w, 3) -> (h', w', 3); outside the photo its edge is repeated."""
    height, width = photo.shape[:2]
    x1, y1, x2, y2 = pixel_bounds(box)
    if x1 >= 0 and y1 >= 0 and x2 <= width and y2 <= height:
        return np.ascontiguousarray(photo[y1:y2, x1:x2])  # as below, in a fraction of the time
    xs = np.clip(np.arange(x1, x2), 0, width - 1)
    ys = np.clip(np.arange(y1, y2), 0, height - 1)
    return photo[ys[:, None], xs]


def resize(photo: np.ndarray, size: tuple[int, int]) -> torch.Tensor:
    """RGB uint8 (h, w, 3) -> uint8 (3, *size), averaged where it gets smaller."""
    image = torch.from_numpy(photo).permute(2, 0, 1)[None]  # fast only with the memory layout (h, w, 3)
    return F.interpolate(image, size, mode="bilinear", antialias=True)[0].contiguous()


def crop(photo: np.ndarray, box: np.ndarray, margin: float = CROP_MARGIN, size: Size = 64) -> torch.Tensor:
    """Photo and number box -> uint8 (3, h, w): the box with margin, stretched to that size."""
    region = bx.expand(np.asarray(box, dtype=np.float64), margin)
    factors = (region[2:] - region[:2]) / sides(size)[::-1] / MOST_PIXELS_FOR_ONE
    if (factors > 1).any():  # before its edges are repeated, so that a crop is never larger than the photo
        photo, region = _shrunk(photo, region, factors.clip(min=1.0))
    return resize(cut(photo, region), sides(size))


def unstack(photo: np.ndarray, box: np.ndarray, parts: int) -> tuple[np.ndarray, np.ndarray]:
    """Photo RGB uint8 (h, w, 3) and a box (4,) of `parts` digits above each other -> RGB uint8 (48, w', 3) with the
    parts next to each other, and the box (4,) around them in it."""
    x1, y1, x2, y2 = box
    width, height = x2 - x1, (y2 - y1) / parts
    room = PART_MARGIN * width
    size = PART_HEIGHT, max(1, round(PART_HEIGHT * (width + 2 * room) / height))
    tops = y1 + height * np.arange(parts)
    cells = [crop(photo, np.array([x1 - room, top, x2 + room, top + height]), 0.0, size) for top in tops]
    row = torch.cat(cells, dim=2).permute(1, 2, 0).contiguous().numpy()
    edge = room * size[1] / (width + 2 * room)
    return row, np.array([edge, 0, row.shape[1] - edge, row.shape[0]])


def restack(maps: np.ndarray, parts: int, box: np.ndarray, row_box: np.ndarray, margin: float) -> np.ndarray:
    """Maps (n, rows, columns) over the crop of an unstacked row -> (n, 48, 48) over the crop of its stack, each summing
    to 1; box (4,) and row_box (4,) are around the `parts` digits in the photo and in the row."""
    (x1, y1, x2, y2), region, row_region = box, bx.expand(box, margin), bx.expand(row_box, margin)
    middles = (np.arange(STACK_SIDE) + 0.5) / STACK_SIDE
    x, y = (start + middles * (end - start) for start, end in (region[::2], region[1::2]))  # of the photo's pixels
    width, height = (row_box[0] + row_box[2]) / parts, row_box[3]  # of a part in the row
    across = ((x - x1) / (x2 - x1) + PART_MARGIN) / (1 + 2 * PART_MARGIN)  # share of a part's width
    part, down = np.divmod((y - y1) / (y2 - y1) * parts, 1)
    inside = ((part >= 0) & (part < parts))[:, None] & (across >= 0) & (across < 1)  # (48, 48)
    rows = (down * height - row_region[1]) / (row_region[3] - row_region[1]) * maps.shape[1]
    columns = ((part[:, None] + across) * width - row_region[0]) / (row_region[2] - row_region[0]) * maps.shape[2]
    rows, columns = (
        places.astype(int).clip(0, n - 1) for places, n in zip((rows, columns), maps.shape[1:], strict=True)
    )
    moved = maps[:, rows[:, None], columns] * inside
    return moved / moved.sum((1, 2), keepdims=True).clip(min=1e-9)


def _shrunk(photo: np.ndarray, region: np.ndarray, factors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The part of the region inside the photo, shrunk by factors (2,), and the region (4,) in the shrunk pixels."""
    x1, y1, x2, y2 = pixel_bounds(bx.clip(region, photo.shape[1], photo.shape[0]))
    inside = photo[y1:y2, x1:x2]
    height, width = inside.shape[:2]
    size = max(1, round(height / factors[1])), max(1, round(width / factors[0]))
    small = resize(inside, size)
    moved = region - np.array([x1, y1, x1, y1])
    return small.permute(1, 2, 0).numpy(), bx.scale(moved, size[1] / width, size[0] / height)


def working_copy(photo: np.ndarray, long_side: int, enlarge: bool = True) -> torch.Tensor:
    """Resize a photo so that its longer side is `long_side` -> uint8 (3, h, w), at least 1 pixel each way."""
    height, width = photo.shape[:2]
    factor = long_side / max(height, width)
    if not enlarge:
        factor = min(factor, 1.0)
    return resize(photo, (max(1, round(height * factor)), max(1, round(width * factor))))


def view(
    photo: np.ndarray, region: np.ndarray, long_side: int, fill: float
) -> tuple[torch.Tensor, tuple[float, float]]:
    """Cut out a region (4,) of the photo, resized so that its longer side is `long_side`, with `fill` where it
    reaches beyond the photo -> uint8 (3, h, w), and the factors (x, y) from photo to view."""
    x1, y1, x2, y2 = pixel_bounds(region)
    factor = long_side / max(x2 - x1, y2 - y1)
    width, height = max(1, round((x2 - x1) * factor)), max(1, round((y2 - y1) * factor))
    x, y = width / (x2 - x1), height / (y2 - y1)
    canvas = torch.full((3, height, width), round(fill), dtype=torch.uint8)
    left, top = max(x1, 0), max(y1, 0)
    inside = photo[top : max(y2, 0), left : max(x2, 0)]
    if inside.size:
        column, row = min(round((left - x1) * x), width - 1), min(round((top - y1) * y), height - 1)
        size = max(1, round(inside.shape[0] * y)), max(1, round(inside.shape[1] * x))
        small = resize(inside, size)[:, : height - row, : width - column]
        canvas[:, row : row + small.shape[1], column : column + small.shape[2]] = small
    return canvas, (x, y)


def normalise(images: torch.Tensor, mean: float, std: float) -> torch.Tensor:
    """uint8 or float (N, 3, H, W) in 0 ... 255 -> float (N, 3, H, W) with the networks' mean and deviation."""
    return images.float().mul(1 / (255 * std)).sub_(mean / std)


def squashed(photo: np.ndarray, size: int) -> torch.Tensor:
    """The full photo stretched to a square, uint8 (3, size, size)."""
    return resize(photo, (size, size))


def centre_patch(photo: np.ndarray, size: int) -> tuple[torch.Tensor, np.ndarray, float]:
    """The photo's middle square, scaled -> patch uint8 (3, size, size), its left and top (x, y) in the photo, and the
    scale. A point p of the photo lies at (p - left_top) * scale in the patch."""
    height, width = photo.shape[:2]
    side = min(height, width)
    left, top = (width - side) // 2, (height - side) // 2  # cut before it is scaled: a long photo would grow huge
    return squashed(photo[top : top + side, left : left + side], size), np.array([left, top], float), size / side
