"""What hangs on a wall: numerals, plates, screws, doors, windows, lamps, letter boxes."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cv2
import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from svhn.boxes import Box

from .surface import Rng, Surface, linear, noise

# The fonts that come with matplotlib, so that the same pictures can be drawn anywhere.
FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
SANS, CONDENSED, SERIF, OLD = "DejaVuSans-Bold.ttf", "DejaVuSans.ttf", "DejaVuSerif-Bold.ttf", "STIXGeneralBol.ttf"
SLANTED, TYPED = "STIXGeneralBolIta.ttf", "DejaVuSansMono-Bold.ttf"


@cache
def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONTS / name), size)


def text_mask(
    size: tuple[int, int], text: str, font: str, centre: tuple[float, float], high: float, spread: float, turn: float
) -> np.ndarray:
    """Numerals `high` pixels tall around `centre`, (h, w) 0 ... 1; `spread` stretches widths, `turn` in degrees."""
    face = _font(font, 400)
    left, top, right, bottom = face.getbbox(text)
    sheet = Image.new("L", (right - left + 40, bottom - top + 40))
    ImageDraw.Draw(sheet).text((20 - left, 20 - top), text, fill=255, font=face)
    factor = high / (bottom - top)
    cos, sin = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    scaled = np.array([[factor * spread, 0], [0, factor]])
    matrix = np.array([[cos, -sin], [sin, cos]]) @ scaled
    middle = np.array([sheet.width / 2, sheet.height / 2])
    moved = np.column_stack([matrix, np.array(centre) - matrix @ middle])
    shrunk = cv2.GaussianBlur(np.asarray(sheet, np.float32) / 255, (0, 0), max(0.3, 0.35 / factor))
    return cv2.warpAffine(shrunk, moved, size, flags=cv2.INTER_LINEAR)


def bevel(mask: np.ndarray, thick: float, soft: float) -> np.ndarray:
    """Relief of a thing cut from a sheet, its edges rounded over `soft` pixels."""
    inside = cv2.distanceTransform((mask > 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    t = np.clip(inside / soft, 0, 1)
    return thick * np.sqrt(np.clip(2 * t - t * t, 0, 1)).astype(np.float32)


def number(
    surface: Surface,
    text: str,
    font: str,
    centre: tuple[float, float],
    high: float,
    colour: np.ndarray,
    *,
    thick: float = 0.0,
    soft: float = 3.0,
    gloss: float = 0.1,
    spread: float = 1.0,
    turn: float = 0.0,
    worn: np.ndarray | None = None,
    counts: bool = True,
) -> None:
    """Numerals painted on (`thick` 0) or raised; `worn` (h, w) 0 ... 1 scratches them off."""
    mask = text_mask(surface.size, text, font, centre, high, spread, turn)
    whole = mask
    if worn is not None:
        mask = mask * worn
    surface.lay(mask, colour, bevel(whole, thick, soft) if thick else 0.0, gloss)
    if counts:
        surface.digits = np.maximum(surface.digits, whole)


def panel(size: tuple[int, int], box: Box, radius: float) -> np.ndarray:
    """A rectangle with round corners, (h, w) 0 ... 1."""
    x1, y1, x2, y2 = box
    y, x = np.mgrid[0 : size[1], 0 : size[0]].astype(np.float32)
    dx = np.abs(x - (x1 + x2) / 2) - (x2 - x1) / 2 + radius
    dy = np.abs(y - (y1 + y2) / 2) - (y2 - y1) / 2 + radius
    outside = np.hypot(np.maximum(dx, 0), np.maximum(dy, 0)) + np.minimum(np.maximum(dx, dy), 0) - radius
    return np.clip(0.5 - outside, 0, 1)


def disc(size: tuple[int, int], centre: tuple[float, float], radius: float) -> np.ndarray:
    """A disc, (h, w) 0 ... 1."""
    return panel(size, (centre[0] - radius, centre[1] - radius, centre[0] + radius, centre[1] + radius), radius)


def plate(
    surface: Surface,
    rng: Rng,
    box: Box,
    colour: np.ndarray,
    *,
    rim: np.ndarray | None = None,
    radius: float = 16,
    thick: float = 6,
    gloss: float = 0.5,
    screws: bool = True,
    domed: float = 0.0,
) -> None:
    """A number plate with an optional painted rim and screws; `domed` bulges it as enamel plates are."""
    size = surface.size
    mask = panel(size, box, radius)
    dirt = 1 + 0.03 * noise(rng, size, 160, 4) - 0.05 * np.clip(noise(rng, size, (60, 300), 4), 0, 3)
    x1, y1, x2, y2 = box
    y, x = np.mgrid[0 : size[1], 0 : size[0]].astype(np.float32)
    bulge = domed * np.clip(1 - ((2 * x - x1 - x2) / (x2 - x1)) ** 2, 0, 1)
    bulge = bulge * np.clip(1 - ((2 * y - y1 - y2) / (y2 - y1)) ** 2, 0, 1)
    surface.lay(mask, colour * dirt[..., None], bevel(mask, thick, 5) + bulge, gloss)
    if rim is not None:
        inset, line = 0.06 * (y2 - y1), 0.028 * (y2 - y1)
        outer = panel(size, (x1 + inset, y1 + inset, x2 - inset, y2 - inset), radius * 0.8)
        inner = (x1 + inset + line, y1 + inset + line, x2 - inset - line, y2 - inset - line)
        ring = outer * (1 - panel(size, inner, radius * 0.7))
        surface.lay(ring, rim * dirt[..., None], surface.relief - surface.relief[mask > 0.5].mean(), gloss)
    if screws:
        for at in ((x1 + 0.07 * (x2 - x1), (y1 + y2) / 2), (x2 - 0.07 * (x2 - x1), (y1 + y2) / 2)):
            screw(surface, at, 0.045 * (y2 - y1))


def screw(surface: Surface, centre: tuple[float, float], radius: float) -> None:
    """A round head with a slot."""
    head = disc(surface.size, centre, radius)
    surface.lay(head, linear(170, 168, 160), bevel(head, 3, radius), 0.8)
    x, y = centre
    slot = panel(surface.size, (x - radius * 0.8, y - radius * 0.14, x + radius * 0.8, y + radius * 0.14), 0.5)
    surface.lay(slot, linear(50, 48, 45), -2.0, 0.1)


def frame(surface: Surface, box: Box, wide: float, colour: np.ndarray, thick: float) -> None:
    """A moulded frame around a box."""
    x1, y1, x2, y2 = box
    outer = panel(surface.size, (x1 - wide, y1 - wide, x2 + wide, y2 + wide), 3)
    ring = outer * (1 - panel(surface.size, box, 2))
    surface.lay(ring, colour, bevel(ring, thick, wide / 3), 0.15)


def window(surface: Surface, rng: Rng, box: Box, bars: tuple[int, int]) -> None:
    """Dark panes that mirror a bright sky, in a white frame, with a sill."""
    size, (x1, y1, x2, y2) = surface.size, box
    y = np.mgrid[0 : size[1], 0 : size[0]][0].astype(np.float32)
    sky = np.clip(1.15 - (y - y1) / (y2 - y1) + 0.35 * noise(rng, size, (x2 - x1) / 2, 3), 0, 1)[..., None] ** 2
    glass = linear(26, 30, 34) * (1 - sky) + linear(150, 168, 186) * sky
    surface.lay(panel(size, box, 1), glass, -14.0, 0.5)
    white, line = linear(226, 224, 216), 0.035 * (y2 - y1)
    frame(surface, box, 1.6 * line, white, 6)
    for i in range(1, bars[0]):
        x = x1 + (x2 - x1) * i / bars[0]
        surface.lay(panel(size, (x - line / 2, y1, x + line / 2, y2), 1), white, 8.0, 0.15)
    for i in range(1, bars[1]):
        y_bar = y1 + (y2 - y1) * i / bars[1]
        surface.lay(panel(size, (x1, y_bar - line / 2, x2, y_bar + line / 2), 1), white, 8.0, 0.15)
    sill = panel(size, (x1 - 3 * line, y2 + 1.4 * line, x2 + 3 * line, y2 + 3.6 * line), 3)
    surface.lay(sill, linear(196, 192, 182), bevel(sill, 16, line), 0.1)


def door(surface: Surface, rng: Rng, box: Box, colour: np.ndarray) -> None:
    """A painted door of four sunk panels with a knob and a letter flap, in a white frame."""
    size, (x1, y1, x2, y2) = surface.size, box
    wide, high = x2 - x1, y2 - y1
    leaf = panel(size, box, 2)
    surface.lay(leaf, colour * (1 + 0.03 * noise(rng, size, (6, 160), 4))[..., None], -10.0, 0.3)
    for left, top, right, bottom in (
        (0.1, 0.06, 0.46, 0.5),
        (0.54, 0.06, 0.9, 0.5),
        (0.1, 0.62, 0.46, 0.94),
        (0.54, 0.62, 0.9, 0.94),
    ):
        sunk = panel(size, (x1 + left * wide, y1 + top * high, x1 + right * wide, y1 + bottom * high), 3)
        surface.lay(sunk, colour * 0.93, -bevel(sunk, 7, 6), 0.3)
    knob = disc(size, (x1 + 0.93 * wide, y1 + 0.56 * high), 0.03 * wide)
    surface.lay(knob, linear(196, 160, 84), bevel(knob, 9, 0.03 * wide), 0.9)
    flap(surface, (x1 + 0.34 * wide, y1 + 0.535 * high, x1 + 0.66 * wide, y1 + 0.575 * high))
    frame(surface, box, 0.07 * wide, linear(222, 219, 210), 9)


def flap(surface: Surface, box: Box) -> None:
    """The brass flap of a letter slot."""
    mask = panel(surface.size, box, 3)
    surface.lay(mask, linear(190, 152, 78), bevel(mask, 5, 4), 0.85)
    x1, y1, x2, y2 = box
    edge = panel(surface.size, (x1 + 5, y1 + (y2 - y1) * 0.2, x2 - 5, y1 + (y2 - y1) * 0.2 + 2), 1)
    surface.lay(edge, linear(60, 44, 20), -2.0, 0.2)


def lamp(surface: Surface, centre: tuple[float, float], side: float, lit: bool) -> None:
    """A wall lantern: black metal around four panes."""
    x, y = centre
    body = panel(surface.size, (x - side / 2, y - side * 0.7, x + side / 2, y + side * 0.7), 5)
    surface.lay(body, linear(28, 28, 30), bevel(body, 24, side / 5), 0.5)
    pane = panel(surface.size, (x - side * 0.36, y - side * 0.48, x + side * 0.36, y + side * 0.5), 3)
    glow = linear(255, 236, 190) * 6 if lit else linear(205, 208, 204)
    surface.lay(pane, glow, 24.0, 0.4)
    surface.lay(panel(surface.size, (x - 2, y - side * 0.5, x + 2, y + side * 0.5), 1), linear(28, 28, 30), 5.0, 0.4)
