"""Pictures for the page: crops, thumbnails, heat maps, and the addresses at which they are served. The photo with its
boxes comes from `svhn.images.draw`."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

import cv2
import numpy as np
from markupsafe import Markup

from svhn.images import draw

CROP_SIDE = 192
THUMBNAIL_HEIGHT = 150
STRENGTH = 0.85  # of the colours over the photo where the heat is greatest
DARK = 0.72  # of the shade over what a digit was not read from; stage.css has the same around the crop
LAYER_SIDE = 96  # pixels
ADDRESS_PREFIX = "pictures/"  # of the served ones, relative to the page's
MEDIA_TYPES = {"jpg": "image/jpeg", "svg": "image/svg+xml"}
SEES = 0.06  # of the crop's height: how far around itself a point of the attention sees, about


def enlarge(crop: np.ndarray) -> np.ndarray:
    """The crop, RGB uint8 (h, w, 3), enlarged smoothly until its longer side is `CROP_SIDE`."""
    height, width = crop.shape[:2]
    factor = CROP_SIDE / max(height, width)
    return cv2.resize(crop, (round(width * factor), round(height * factor)), interpolation=cv2.INTER_LINEAR)


def thumbnail(photo: np.ndarray) -> np.ndarray:
    """RGB uint8 (h, w, 3) -> its middle, cut to 3 : 2 and `THUMBNAIL_HEIGHT` high."""
    height, width = photo.shape[:2]
    cut_w, cut_h = min(width, round(height * 1.5)), min(height, max(1, round(width / 1.5)))
    x, y = (width - cut_w) // 2, (height - cut_h) // 2
    size = (round(THUMBNAIL_HEIGHT * 1.5), THUMBNAIL_HEIGHT)
    return cv2.resize(photo[y : y + cut_h, x : x + cut_w], size, interpolation=cv2.INTER_AREA)


def img_tag(picture: np.ndarray, alt: str, quality: int = 88) -> Markup:
    """RGB uint8 (h, w, 3) -> an img element with the data inside."""
    data = base64.b64encode(draw.jpeg(picture, quality)).decode()
    return Markup('<img alt="{}" src="data:image/jpeg;base64,{}">').format(alt, data)


def data_url(picture: np.ndarray) -> str:
    """RGBA uint8 (h, w, 4) -> a data: URL."""
    done, data = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGBA2BGRA))
    if not done:
        raise ValueError(f"a picture of shape {picture.shape} cannot be written")
    return f"data:image/png;base64,{base64.b64encode(data.tobytes()).decode()}"


def heat_layer(heat: np.ndarray) -> np.ndarray:
    """Heat (rows, columns) in 0 ... 1 over a photo -> RGBA uint8 of the same size to stretch over it: from
    transparent to bright yellow."""
    heat = np.clip(heat.astype(np.float32), 0, 1)
    colour = cv2.applyColorMap(np.uint8(np.round(heat * 255)), cv2.COLORMAP_INFERNO)[..., ::-1]  # perceptually uniform
    return np.dstack([colour, np.uint8(255 * STRENGTH * np.sqrt(heat))])


def light_layer(attention: np.ndarray) -> np.ndarray:
    """One digit's attention (rows, columns) over the crop -> RGBA uint8 to stretch over the crop: black, and
    transparent where the digit was read."""
    # The network saw more around each point of its attention than one cell: spots of that size would mislead.
    light = cv2.resize(attention.astype(np.float32), (LAYER_SIDE, LAYER_SIDE), interpolation=cv2.INTER_LINEAR)
    light = cv2.GaussianBlur(light, (0, 0), SEES * LAYER_SIDE)
    light = np.sqrt(light / max(float(light.max()), 1e-9))[..., None]
    return np.dstack([np.zeros((LAYER_SIDE, LAYER_SIDE, 3), np.uint8), np.uint8(255 * DARK * (1 - light))])


@dataclass(frozen=True)
class ServedPicture:
    """The content of a file and its media type."""

    data: bytes
    media_type: str


class ServedPictures:
    """Small pictures that the page serves, kept once under addresses that name their content."""

    def __init__(self) -> None:
        self._by_address: dict[str, ServedPicture] = {}

    def publish(self, data: bytes, suffix: str) -> str:
        """Serve a file, "jpg" or "svg"; return its address. The same content has the same address."""
        address = f"{ADDRESS_PREFIX}{hashlib.sha256(data).hexdigest()[:16]}.{suffix}"
        self._by_address[address] = ServedPicture(data, MEDIA_TYPES[suffix])
        return address

    def find(self, address: str) -> ServedPicture | None:
        return self._by_address.get(address)


SERVED = ServedPictures()  # of this process
