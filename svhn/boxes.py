"""Box arithmetic. The only place that knows coordinates.

A box is ``(x1, y1, x2, y2)``: floats, pixels of the original photo, x2 and y2 exclusive. Functions take
arrays of shape (..., 4) and work on numpy arrays; `torchvision.ops` does the same for tensors.
"""

from __future__ import annotations

import numpy as np

Box = tuple[float, float, float, float]


def from_xywh(xywh: np.ndarray) -> np.ndarray:
    """(left, top, width, height) -> (x1, y1, x2, y2), shape (..., 4) -> (..., 4)."""
    xywh = np.asarray(xywh, dtype=np.float64)
    return np.concatenate([xywh[..., :2], xywh[..., :2] + xywh[..., 2:]], axis=-1)


def area(boxes: np.ndarray) -> np.ndarray:
    """Square pixels, (..., 4) -> (...); 0 for an empty or inverted box."""
    boxes = np.asarray(boxes, dtype=np.float64)
    return np.maximum(boxes[..., 2] - boxes[..., 0], 0) * np.maximum(boxes[..., 3] - boxes[..., 1], 0)


def union(boxes: np.ndarray) -> np.ndarray:
    """The smallest box around all of them, (K, 4) -> (4,). Raises ValueError when there are none."""
    boxes = np.asarray(boxes, dtype=np.float64).reshape(-1, 4)
    if not len(boxes):
        raise ValueError("no boxes to enclose")
    return np.concatenate([boxes[:, :2].min(0), boxes[:, 2:].max(0)])


def expand(boxes: np.ndarray, fraction: float) -> np.ndarray:
    """Enlarge by a fraction of its own width and height on every side, (..., 4) -> (..., 4)."""
    boxes = np.asarray(boxes, dtype=np.float64)
    size = boxes[..., 2:] - boxes[..., :2]
    return np.concatenate([boxes[..., :2] - fraction * size, boxes[..., 2:] + fraction * size], axis=-1)


def clip(boxes: np.ndarray, width: float, height: float) -> np.ndarray:
    """Cut to the photo, (..., 4) -> (..., 4). A box wholly outside becomes empty."""
    limits = np.array([width, height, width, height], dtype=np.float64)
    return np.clip(np.asarray(boxes, dtype=np.float64), 0, limits)


def scale(boxes: np.ndarray, x: float, y: float) -> np.ndarray:
    """Into a photo resized by the factors x and y, (..., 4) -> (..., 4)."""
    return np.asarray(boxes, dtype=np.float64) * np.array([x, y, x, y], dtype=np.float64)


def _intersection(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Square pixels common to a and b, (..., 4) and (..., 4) broadcast -> (...)."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    corners = np.concatenate([np.maximum(a[..., :2], b[..., :2]), np.minimum(a[..., 2:], b[..., 2:])], axis=-1)
    return area(corners)


def iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Intersection over union, (..., 4) and (..., 4) broadcast -> (...) in [0, 1]; 0 where both are empty."""
    common = _intersection(a, b)
    total = area(a) + area(b) - common
    return np.divide(common, total, out=np.zeros_like(common), where=total > 0)


def containment(inner: np.ndarray, outer: np.ndarray) -> np.ndarray:
    """The share of `inner` that lies within `outer`, (..., 4) and (..., 4) broadcast -> (...) in [0, 1]."""
    common = _intersection(inner, outer)
    total = np.broadcast_to(area(inner), common.shape)
    return np.divide(common, total, out=np.zeros_like(common), where=total > 0)


def reading_order(boxes: np.ndarray) -> np.ndarray:
    """Indices that put digit boxes into the order they are read in, (K, 4) -> (K,) int64.

    Left to right by centre; digits stacked above each other (centres closer in x than a quarter of the
    mean width, over the whole group) are read top to bottom.
    """
    boxes = np.asarray(boxes, dtype=np.float64).reshape(-1, 4)
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2  # (K, 2)
    widths = boxes[:, 2] - boxes[:, 0]
    stacked = len(boxes) > 1 and np.ptp(centres[:, 0]) < 0.25 * widths.mean()
    keys = (centres[:, 0], centres[:, 1]) if stacked else (centres[:, 1], centres[:, 0])
    return np.lexsort(keys)
