"""A wall as a photographer finds it: colour, relief and gloss, lit by a sun and a sky, seen by a camera.

Everything is drawn from a seeded random generator, so the same call gives the same picture.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

Rng = np.random.Generator
GAMMA = 2.2


@dataclass
class Surface:
    """What is painted on: colour (h, w, 3) linear 0 ... 1, relief (h, w) in pixels, gloss (h, w) 0 ... 1."""

    colour: np.ndarray
    relief: np.ndarray
    gloss: np.ndarray
    digits: np.ndarray = field(init=False)  # (h, w) 0 ... 1, where the number that counts is painted

    def __post_init__(self) -> None:
        self.digits = np.zeros_like(self.relief)

    @property
    def size(self) -> tuple[int, int]:
        return self.relief.shape[1], self.relief.shape[0]

    def lay(self, mask: np.ndarray, colour: np.ndarray, relief: np.ndarray | float, gloss: float) -> None:
        """Lay a thing on top: mask (h, w) 0 ... 1, colour (3,) or (h, w, 3) linear, relief over the local mean."""
        base = self.relief[mask > 0.5].mean() if (mask > 0.5).any() else 0.0
        soft = mask[..., None]
        self.colour = self.colour * (1 - soft) + colour * soft
        self.relief = self.relief * (1 - mask) + (base + relief) * mask
        self.gloss = self.gloss * (1 - mask) + gloss * mask


@dataclass(frozen=True)
class Light:
    """The position of the sun (x to the right, y down, z towards the camera) and how bright sun and sky are."""

    sun: tuple[float, float, float] = (-0.55, -0.6, 0.6)
    sun_colour: tuple[float, float, float] = (1.0, 0.93, 0.82)
    sky_colour: tuple[float, float, float] = (0.42, 0.47, 0.55)
    exposure: float = 1.0
    spot: tuple[float, float, float, float] | None = None  # centre x, y, radius as shares of the width, strength
    leaves: float = 0.0  # how much of the sun a tree keeps off


@dataclass(frozen=True)
class Camera:
    """Where it looks and what goes wrong. Angles in degrees, `look` and `zoom` in shares of the surface."""

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    look: tuple[float, float] = (0.5, 0.5)
    zoom: float = 0.8
    blur: float = 0.6  # sigma in pixels of the photo
    motion: tuple[float, float] = (0.0, 0.0)  # length in pixels, angle
    noise: float = 0.012
    size: tuple[int, int] = (800, 600)


def linear(*srgb: int) -> np.ndarray:
    """A colour as people write it, 0 ... 255, as light, 0 ... 1."""
    return (np.array(srgb, np.float32) / 255) ** GAMMA


def noise(rng: Rng, size: tuple[int, int], cell: float | tuple[float, float], octaves: int = 4) -> np.ndarray:
    """Cloudy noise around 0 with a deviation of about 1; `cell` is the size of its largest blobs."""
    width, height = size
    cell_x, cell_y = cell if isinstance(cell, tuple) else (cell, cell)
    total, power = np.zeros((height, width), np.float32), 0.0
    for octave in range(octaves):
        share = 0.5**octave
        grid = int(height / cell_y / share) + 2, int(width / cell_x / share) + 2
        grid = min(grid[0], height), min(grid[1], width)
        coarse = rng.standard_normal(grid).astype(np.float32)
        total += share * cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)
        power += share**2
    return total / np.sqrt(power)


def brick(rng: Rng, size: tuple[int, int], length: float, tone: np.ndarray, mortar: np.ndarray) -> Surface:
    """Bricks in stretcher bond, each with a shade of its own, worn edges and sandy mortar."""
    width, height = size
    high, joint = length * 0.31, length * 0.045
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    x += 2.2 * noise(rng, size, length / 4)
    y += 2.2 * noise(rng, size, length / 4)
    row = np.floor(y / high).astype(int)
    x += (row % 2) * length / 2
    column = np.floor(x / length).astype(int)
    u, v = x - column * length, y - row * high
    edge = np.minimum.reduce([u, length - u, v, high - v]) - joint / 2
    body = np.clip(edge / (0.03 * length), 0, 1)
    shade = 1 + 0.16 * rng.standard_normal((row.max() + 3, column.max() + 3)).astype(np.float32)
    warm = 0.06 * rng.standard_normal((row.max() + 3, column.max() + 3)).astype(np.float32)
    grit, stain = noise(rng, size, 5, 3), noise(rng, size, length, 5)
    brightness = (shade[row, column] + 0.09 * grit + 0.10 * stain)[..., None]
    hue = np.stack([1 + warm[row, column], np.ones_like(u), 1 - warm[row, column]], -1)
    bricks = tone * brightness * hue
    between = mortar * (1 + 0.10 * noise(rng, size, 3, 2) + 0.10 * stain)[..., None]
    colour = between * (1 - body[..., None]) + bricks * body[..., None]
    relief = 7 * np.sqrt(body) + 0.7 * grit + 0.6 * noise(rng, size, length / 3)
    return Surface(np.clip(colour, 0.01, 1), relief.astype(np.float32), np.full_like(relief, 0.03))


def stucco(rng: Rng, size: tuple[int, int], tone: np.ndarray, grain: float = 7, depth: float = 1.4) -> Surface:
    """Rough plaster with the stains that rain leaves."""
    bumps = np.abs(noise(rng, size, grain, 3))
    stain = noise(rng, size, (90, 420), 4) + noise(rng, size, 300, 5)
    colour = tone * (1 + 0.045 * stain + 0.03 * bumps)[..., None]
    relief = depth * bumps + 2 * noise(rng, size, 200, 2)
    return Surface(np.clip(colour, 0.01, 1), relief.astype(np.float32), np.full_like(relief, 0.02))


def planks(rng: Rng, size: tuple[int, int], across: float, tone: np.ndarray, upright: bool, paint: float) -> Surface:
    """Boards with grain; `paint` 0 ... 1 hides the grain's colour but not its relief."""
    if not upright:
        turned = planks(rng, size[::-1], across, tone, True, paint)
        return Surface(
            *(np.ascontiguousarray(np.swapaxes(a, 0, 1)) for a in (turned.colour, turned.relief, turned.gloss))
        )
    width, height = size
    x = np.mgrid[0:height, 0:width][1].astype(np.float32)
    board = np.floor(x / across).astype(int)
    u = x - board * across
    groove = np.clip(np.minimum(u, across - u) / 5, 0, 1)
    bend = 8 * noise(rng, size, 260, 2) + 400 * rng.random(board.max() + 1)[board]
    lines = np.sin((x + bend) * 0.55 + 2.5 * noise(rng, size, (14, 300), 3))
    fibre = noise(rng, size, (3, 120), 3)
    shade = 1 + 0.10 * rng.standard_normal(board.max() + 1)[board]
    wood = shade + (1 - paint) * (0.13 * lines + 0.12 * fibre) + 0.04 * noise(rng, size, 250, 4)
    colour = tone * (wood * (0.35 + 0.65 * groove))[..., None]
    relief = 6 * groove + 0.35 * lines + 0.45 * fibre
    return Surface(np.clip(colour, 0.005, 1), relief.astype(np.float32), np.full_like(relief, 0.05 + 0.2 * paint))


def light_up(surface: Surface, light: Light, rng: Rng) -> np.ndarray:
    """Sun, sky, shadows and reflections -> linear light (h, w, 3)."""
    sun = np.array(light.sun, np.float32) / np.linalg.norm(light.sun)
    down, right = np.gradient(surface.relief)
    normal = np.stack([-right, -down, np.ones_like(right)], -1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    direct = np.clip(normal @ sun, 0, 1) * _sunlit(surface.relief, sun)
    if light.leaves:
        shade = noise(rng, surface.size, 130, 4) + 0.6 * noise(rng, surface.size, 420, 2)
        direct *= 1 - light.leaves * cv2.GaussianBlur(np.clip(2.5 * shade + 0.5, 0, 1), (0, 0), 5)
    hollow = np.clip((cv2.GaussianBlur(surface.relief, (0, 0), 12) - surface.relief) / 18, 0, 0.75)
    between = sun + np.array([0, 0, 1], np.float32)
    shine = np.clip(normal @ (between / np.linalg.norm(between)), 0, 1) ** 60 * surface.gloss
    mirrored = surface.gloss * np.clip(0.55 - 0.9 * normal[..., 1], 0, 1)
    seen = surface.colour * (
        direct[..., None] * np.array(light.sun_colour)
        + ((1 - hollow) * (0.8 - 0.2 * normal[..., 1]))[..., None] * np.array(light.sky_colour)
    )
    seen += 0.6 * shine[..., None] * np.array(light.sun_colour) + 0.35 * mirrored[..., None] * np.array(
        light.sky_colour
    )
    if light.spot:
        seen += _spot(surface, light.spot)[..., None] * np.array(light.sun_colour)
    return seen * light.exposure


def _sunlit(relief: np.ndarray, sun: np.ndarray, steps: int = 28) -> np.ndarray:
    """1 in the sun, 0 in a shadow thrown by something higher, with a soft edge."""
    along = sun[:2] / (np.linalg.norm(sun[:2]) + 1e-6)
    climb = sun[2] / (np.linalg.norm(sun[:2]) + 1e-6)
    free = np.full_like(relief, 10.0)
    for step in range(1, steps + 1):
        shift = np.float32([[1, 0, -along[0] * step], [0, 1, -along[1] * step]])
        size = relief.shape[1], relief.shape[0]
        higher = cv2.warpAffine(relief, shift, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        free = np.minimum(free, relief + climb * step - higher)
    return cv2.GaussianBlur(np.clip(1 + free / 2.0, 0, 1), (0, 0), 1.0)


def _spot(surface: Surface, spot: tuple[float, float, float, float]) -> np.ndarray:
    """A lamp's or the sun's own image: bright where it is glossy, a haze around it."""
    width, height = surface.size
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / width
    far = np.hypot(x - spot[0], y - spot[1]) / spot[2]
    return spot[3] * (np.exp(-(far**2)) * (0.15 + surface.gloss) + 0.10 * np.exp(-far / 1.5))


def shoot(surface: Surface, light: Light, camera: Camera, rng: Rng) -> tuple[np.ndarray, tuple[int, ...] | None]:
    """The photo, RGB uint8 (h, w, 3), and the box x1 y1 x2 y2 around the number that counts."""
    view = _homography(surface.size, camera)
    seen = cv2.warpPerspective(
        light_up(surface, light, rng).astype(np.float32),
        view,
        camera.size,
        flags=cv2.INTER_AREA,
        borderMode=cv2.BORDER_REFLECT,
    )
    where = cv2.warpPerspective(surface.digits, view, camera.size, flags=cv2.INTER_LINEAR) > 0.4
    seen = cv2.GaussianBlur(seen, (0, 0), camera.blur)
    if camera.motion[0]:
        seen = cv2.filter2D(seen, -1, _streak(*camera.motion), borderType=cv2.BORDER_REFLECT)
    width, height = camera.size
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    corner = ((x / width - 0.5) ** 2 + (y / height - 0.5) ** 2)[..., None]
    seen = np.clip(seen * (1 - 0.5 * corner), 0, None)
    grain = rng.standard_normal(seen.shape).astype(np.float32)
    grain = 0.7 * grain + 0.5 * grain.mean(-1, keepdims=True) * 1.7
    seen = np.clip(seen + camera.noise * np.sqrt(seen + 0.02) * cv2.GaussianBlur(grain, (0, 0), 0.6) * 1.6, 0, None)
    film = (seen * (1 + seen / 6.0)) / (1 + seen)  # bright parts roll off instead of clipping
    photo = np.clip(film ** (1 / GAMMA), 0, 1)
    photo = np.clip(1.1 * (0.75 * photo + 0.25 * photo * photo * (3 - 2 * photo)), 0, 1)
    if not where.any():
        return (photo * 255).round().astype(np.uint8), None
    rows, columns = np.flatnonzero(where.any(1)), np.flatnonzero(where.any(0))
    box = int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
    return (photo * 255).round().astype(np.uint8), box


def _streak(length: float, angle: float) -> np.ndarray:
    """A kernel that smears along a line."""
    side = int(length) | 1
    kernel = np.zeros((side, side), np.float32)
    along = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))]) * (length - 1) / 2
    middle = side // 2
    start, end = (tuple(round(float(middle + s * a)) for a in along) for s in (-1, 1))
    cv2.line(kernel, start, end, 1.0, 1)
    return kernel / kernel.sum()


def _homography(size: tuple[int, int], camera: Camera) -> np.ndarray:
    """Surface pixels -> photo pixels, for a tilted and rotated pinhole camera."""
    yaw, pitch, roll = np.radians([camera.yaw, camera.pitch, camera.roll])
    ry = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    rx = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    rz = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    turn = rz @ rx @ ry
    focal = 1.4 * camera.size[0]
    far = focal * camera.zoom * size[0] / camera.size[0]
    lens = np.array([[focal, 0, camera.size[0] / 2], [0, focal, camera.size[1] / 2], [0, 0, 1]])
    centre = np.array([[1, 0, -camera.look[0] * size[0]], [0, 1, -camera.look[1] * size[1]], [0, 0, 1.0]])
    plane = np.stack([turn[:, 0], turn[:, 1], np.array([0, 0, far])], axis=1)
    return lens @ plane @ centre
