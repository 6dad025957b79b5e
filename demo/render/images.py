"""Pictures for the page: crops, previews, heat maps; the photo with its boxes comes from `svhn.draw`."""

from __future__ import annotations

import base64
from html import escape

import cv2
import numpy as np

from svhn import boxes, draw
from svhn.boxes import Box

CROP_SIDE = 192
THUMBNAIL_HEIGHT = 150
STRENGTH = 0.85  # of the colours over the photo where the heat is greatest
DIMMED = 0.6  # brightness of the grey photo below the colours
UNLIT = 0.28  # brightness of what a digit was not read from
CROP_HEIGHT = 160  # pixels
ASPECTS = (0.5, 2.5)  # least and most width of a crop, by its height
SEES = 0.06  # of the crop's height: how far around itself a point of the attention sees, about


def enlarge(crop: np.ndarray) -> np.ndarray:
    """What the reader saw, RGB uint8 (h, w, 3), its longer side enlarged to `CROP_SIDE` without inventing detail."""
    height, width = crop.shape[:2]
    factor = CROP_SIDE / max(height, width)
    return cv2.resize(crop, (round(width * factor), round(height * factor)), interpolation=cv2.INTER_LINEAR)


def thumbnail(photo: np.ndarray) -> np.ndarray:
    """RGB uint8 (h, w, 3) -> the same, `THUMBNAIL_HEIGHT` high and 3 : 2, cut around the middle."""
    height, width = photo.shape[:2]
    cut_w, cut_h = min(width, round(height * 1.5)), min(height, max(1, round(width / 1.5)))
    x, y = (width - cut_w) // 2, (height - cut_h) // 2
    size = (round(THUMBNAIL_HEIGHT * 1.5), THUMBNAIL_HEIGHT)
    return cv2.resize(photo[y : y + cut_h, x : x + cut_w], size, interpolation=cv2.INTER_AREA)


def img_tag(picture: np.ndarray, alt: str, quality: int = 88) -> str:
    """RGB uint8 (h, w, 3) -> the HTML that shows it, with all its data."""
    data = base64.b64encode(draw.jpeg(picture, quality)).decode()
    return f'<img alt="{escape(alt)}" src="data:image/jpeg;base64,{data}">'


def overlay_heat(photo: np.ndarray, heat: np.ndarray, box: Box | None) -> np.ndarray:
    """RGB uint8 (h, w, 3), heat (rows, columns) in 0 ... 1 over all of it, and the found box -> a display-size copy
    in grey on which the heat glows."""
    shown = draw.annotate(photo, None, None)
    height, width = shown.shape[:2]
    glowing = colour_heat(shown, cv2.resize(heat, (width, height), interpolation=cv2.INTER_LINEAR))
    if box is None:
        return glowing
    return draw.annotate(glowing, boxes.scale(box, width / photo.shape[1], height / photo.shape[0]), None)


def colour_heat(photo: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """RGB uint8 (h, w, 3) and heat (h, w) in 0 ... 1 -> the photo in grey, coloured from black to bright yellow."""
    heat = np.clip(heat, 0, 1)
    colour = cv2.applyColorMap(np.uint8(np.round(heat * 255)), cv2.COLORMAP_INFERNO)[..., ::-1]  # perceptually uniform
    grey = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)[..., None] * np.float32(DIMMED)
    share = (STRENGTH * np.sqrt(heat))[..., None].astype(np.float32)
    return np.uint8(grey + (colour - grey) * share)


def spotlight(crop: np.ndarray, attention: np.ndarray, aspect: float) -> np.ndarray:
    """What the reader saw, RGB uint8 (h, w, 3), and one digit's attention (rows, columns) -> the crop as wide as in
    the photo, lit where the digit was read."""
    size = (round(CROP_HEIGHT * float(np.clip(aspect, *ASPECTS))), CROP_HEIGHT)
    # A point of the attention stands for what the network saw around it; spots of a cell's size would belie that.
    light = cv2.resize(attention.astype(np.float32), (CROP_HEIGHT, CROP_HEIGHT), interpolation=cv2.INTER_LINEAR)
    light = cv2.resize(cv2.GaussianBlur(light, (0, 0), SEES * CROP_HEIGHT), size)
    light = np.sqrt(light / max(float(light.max()), 1e-9))[..., None]
    return np.uint8(cv2.resize(crop, size, interpolation=cv2.INTER_CUBIC) * (UNLIT + (1 - UNLIT) * light))
