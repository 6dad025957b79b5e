"""Pictures for the page: the crop and small previews; the photo with its boxes comes from `svhn.draw`."""

from __future__ import annotations

import base64
from html import escape

import cv2
import numpy as np

from svhn.draw import FOUND, LINE, LONG_SIDE, TRUE, annotate, jpeg

__all__ = ["FOUND", "LINE", "LONG_SIDE", "TRUE", "annotate", "crop_image", "image", "jpeg", "preview", "shrunk"]

CROP_SIDE = 192
PREVIEW_HEIGHT = 150


def crop_image(crop: np.ndarray) -> np.ndarray:
    """What the reader saw, RGB uint8 (h, w, 3), its longer side enlarged to `CROP_SIDE` without inventing detail."""
    height, width = crop.shape[:2]
    factor = CROP_SIDE / max(height, width)
    return cv2.resize(crop, (round(width * factor), round(height * factor)), interpolation=cv2.INTER_LINEAR)


def preview(photo: np.ndarray) -> np.ndarray:
    """RGB uint8 (h, w, 3) -> the same, `PREVIEW_HEIGHT` high and 3 : 2, cut around the middle."""
    height, width = photo.shape[:2]
    cut_w, cut_h = min(width, round(height * 1.5)), min(height, max(1, round(width / 1.5)))
    x, y = (width - cut_w) // 2, (height - cut_h) // 2
    size = (round(PREVIEW_HEIGHT * 1.5), PREVIEW_HEIGHT)
    return cv2.resize(photo[y : y + cut_h, x : x + cut_w], size, interpolation=cv2.INTER_AREA)


def shrunk(picture: np.ndarray, side: int) -> np.ndarray:
    """RGB uint8 (h, w, 3) -> the same with neither side longer than that."""
    height, width = picture.shape[:2]
    factor = min(1.0, side / max(height, width))
    size = max(1, round(width * factor)), max(1, round(height * factor))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def image(picture: np.ndarray, alt: str, quality: int = 88) -> str:
    """RGB uint8 (h, w, 3) -> the HTML that shows it, with all its data."""
    data = base64.b64encode(jpeg(picture, quality)).decode()
    return f'<img alt="{escape(alt)}" src="data:image/jpeg;base64,{data}">'
