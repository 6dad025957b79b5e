"""Cut training scenes for localizers on the device: photos zoomed, shifted and set into other surroundings."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch.nn import functional as F

from ..images.preprocess import MEAN
from . import augment
from .augment import Appearance, uniform
from .datasets import SceneSet


@dataclass(frozen=True)
class SceneJitter:
    """How a training scene is cut from a photo: the number's height on the canvas, its place, its surroundings."""

    height: tuple[float, float] = (9.0, 160.0)  # pixels on the canvas, log-uniform
    native: float = 0.5  # share seen as in service: the full photo fills the canvas's width
    stretch: float = 0.15
    widest: float = 0.95  # of the canvas that a number may span: larger ones are zoomed out to fit
    rotation: float = 7.0  # degrees
    absent: float = 0.08  # share moved so far that the number is outside
    edge_repeated: float = 0.2  # share whose surroundings are the photo's own repeated edge
    feather: float = 3.0  # pixels over which the photo fades into what surrounds it
    look: Appearance = Appearance(erased=0.05, blurred=0.2, inverted=0.1)


def jittered_scenes(
    scenes: SceneSet, side: int, jitter: SceneJitter, surroundings: torch.Tensor | None, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Scenes zoomed, shifted, rotated and recoloured -> float (N, 3, side, side) in 0 ... 255, boxes (N, K, 4) and
    digit boxes (N, 5 K, 4) on that canvas, NaN for absent ones.

    surroundings: uint8 (M, 3, 256, 256) street pictures that fill the canvas beyond the photo. Without them, and
    sometimes with them, it is grey or repeats the photo's edge.
    """
    n = len(scenes)
    matrix = _scene_matrix(scenes, side, jitter, generator)  # (N, 2, 3): canvas in -1 ... 1 -> photo pixels
    x, inside = _sample_inside(scenes, matrix, side, jitter.feather)
    around = torch.full_like(x, MEAN)  # the grey that pads a photo in service
    if surroundings is not None:
        augment.change_rows(around, 0.75, lambda rows: _views(surroundings, len(rows), side, generator), generator)
    inside = torch.where(augment.chosen(n, jitter.edge_repeated, generator), 1.0, inside)
    x = torch.lerp(around, x, inside)
    boxes, digit_boxes = (_move_boxes(b, matrix, side) for b in (scenes.box, scenes.digit_box))
    return augment.vary_appearance(x, jitter.look, generator).mul_(255), boxes, digit_boxes


def _views(pictures: torch.Tensor, n: int, side: int, generator: torch.Generator) -> torch.Tensor:
    """Random square views of the pictures, uint8 (M, 3, H, W) -> float (n, 3, side, side) in 0 ... 1."""
    index = torch.randint(len(pictures), (n,), device=generator.device, generator=generator)
    extent = pictures.shape[-1]
    half = uniform(n, extent * 0.15, extent * 0.5, generator, (1,))
    centre = uniform(n, 0, 1, generator, (2,)) * (extent - 2 * half) + half
    matrix = torch.cat([torch.diag_embed(half.expand(-1, 2)), centre[..., None]], dim=2)
    return augment.sample(pictures[index].float(), matrix, (side, side)).div_(255)


def _scene_matrix(scenes: SceneSet, side: int, jitter: SceneJitter, generator: torch.Generator) -> torch.Tensor:
    n = len(scenes)
    size = scenes.size.float().flip(1)  # (N, 2): w, h
    first = scenes.box[:, 0].nan_to_num(nan=0.0)
    has_number = ~scenes.box[:, 0, 0].isnan()
    height = torch.where(has_number, first[:, 3] - first[:, 1], size[:, 1] / 3).clamp_min(2)
    low, high = (math.log(v) for v in jitter.height)
    zoom = uniform(n, low, high, generator).exp() / height  # canvas pixels per photo pixel
    width = torch.where(has_number, first[:, 2] - first[:, 0], 0.0).clamp_min(2)
    zoom = torch.minimum(zoom, jitter.widest * side / width)
    as_served = side / size.amax(1) * uniform(n, 0.8, 1.25, generator)
    zoom = torch.where(uniform(n, 0, 1, generator) < jitter.native, as_served, zoom)[:, None]
    zoom = zoom * uniform(n, -jitter.stretch, jitter.stretch, generator, (2,)).exp()  # (N, 2)

    box_centre = torch.where(has_number[:, None], (first[:, :2] + first[:, 2:]) / 2, size / 2)
    box_half = (first[:, 2:] - first[:, :2]) * zoom / 2  # canvas pixels
    room = (side / 2 - box_half).clamp_min(0)  # how far the number's centre may lie from the canvas's
    photo_room = (size * zoom / 2).clamp_max(side / 2)  # stay near the photo, not in its surroundings
    place = uniform(n, -1, 1, generator, (2,)) * torch.minimum(room, photo_room.clamp_min(1))
    away = (uniform(n, 0, 1, generator, (1,)) < jitter.absent) & has_number[:, None]
    side_sign = torch.where(place >= 0, 1.0, -1.0)
    place = torch.where(away, side_sign * (side / 2 + box_half + 4), place)
    half = side / 2 / zoom  # photo pixels
    centre = box_centre - place / zoom

    angle = uniform(n, -jitter.rotation, jitter.rotation, generator) * math.pi / 180
    cos, sin = angle.cos(), angle.sin()
    turn = torch.stack([torch.stack([cos, -sin], 1), torch.stack([sin, cos], 1)], 1)  # (N, 2, 2)
    linear = turn * half[:, None, :]
    offset = box_centre + (turn @ (centre - box_centre)[..., None]).squeeze(-1)  # turned about the number
    return torch.cat([linear, offset[..., None]], dim=2)


def _sample_inside(scenes: SceneSet, matrix: torch.Tensor, side: int, feather: float) -> tuple[torch.Tensor, ...]:
    """The scene's valid part, its edge repeated (N, 3, side, side), and how far inside it each pixel lies, 0 ... 1."""
    height, width = scenes.images.shape[2:]
    theta = torch.eye(2, 3, device=matrix.device).expand(len(scenes), 2, 3)
    unit = F.affine_grid(theta, [len(scenes), 3, side, side], align_corners=False)  # (N, S, S, 2)
    point = unit @ matrix[:, None, :, :2].transpose(-1, -2) + matrix[:, None, None, :, 2]  # photo pixels
    valid = scenes.size.float().flip(1)[:, None, None]  # (N, 1, 1, 2): w, h
    zoom = 2 * matrix[:, :, :2].norm(dim=1).mean(1)[:, None, None] / side  # photo pixels per canvas pixel
    margin = torch.minimum(point, valid - point).amin(-1) / zoom  # canvas pixels to the photo's nearest edge
    inside = (margin / feather + 0.5).clamp(0, 1)[:, None]
    point = torch.minimum(point.clamp_min(0.5), valid - 0.5)
    grid = point * point.new_tensor([2 / width, 2 / height]) - 1
    x = F.grid_sample(scenes.images.float(), grid, align_corners=False)
    return x.div_(255), inside


def _move_boxes(boxes: torch.Tensor, matrix: torch.Tensor, side: int) -> torch.Tensor:
    """Boxes (N, K, 4) in photo pixels -> on the canvas, (N, K, 4): the upright box around the rotated one. A number
    of which less than half is visible counts as absent (NaN)."""
    x1, y1, x2, y2 = boxes.unbind(-1)
    corners = torch.stack([x1, y1, x2, y1, x2, y2, x1, y2], dim=-1).unflatten(-1, (4, 2))  # (N, K, 4, 2)
    inverse = torch.linalg.inv(matrix[:, None, :, :2])  # (N, 1, 2, 2)
    unit = (corners - matrix[:, None, None, :, 2]) @ inverse.transpose(-1, -2)
    canvas = (unit + 1) * side / 2
    # The upright hull of a turned box is looser than the number: the turned sides' midpoints are a fairer edge.
    low = (canvas[..., 0, :] + canvas[..., 3, :]) / 2, (canvas[..., 0, :] + canvas[..., 1, :]) / 2
    high = (canvas[..., 1, :] + canvas[..., 2, :]) / 2, (canvas[..., 2, :] + canvas[..., 3, :]) / 2
    moved = torch.stack([low[0][..., 0], low[1][..., 1], high[0][..., 0], high[1][..., 1]], dim=-1)
    seen = moved.clamp(0, side)
    area = (moved[..., 2:] - moved[..., :2]).prod(-1)
    visible = (seen[..., 2:] - seen[..., :2]).prod(-1) / area
    return torch.where((visible > 0.5)[..., None], seen, torch.nan)


@dataclass(frozen=True)
class Frame:
    """How SVHN's photos frame their number, measured on train: its width and height in shares of the photo's,
    log-normal (mean and spread of the logarithm), and the offset of its centre, in shares of the photo's sides."""

    width: tuple[float, float] = (-1.24, 0.36)
    height: tuple[float, float] = (-0.35, 0.25)
    widest: float = 0.95
    off_centre: float = 0.05


def framed_views(
    scenes: SceneSet, side: int, jitter: SceneJitter, generator: torch.Generator, frame: Frame = Frame()
) -> tuple[torch.Tensor, torch.Tensor]:
    """Scenes cut around their first number as SVHN's photos are, stretched to a square; returns what `photo_views`
    returns. Every scene must have a number."""
    n = len(scenes)
    noise = torch.randn(n, 4, device=generator.device, generator=generator)
    mean, spread = noise.new_tensor([frame.width, frame.height]).unbind(1)
    share = (mean + spread * noise[:, :2]).exp().clamp_max(frame.widest)  # (N, 2): w, h
    box = scenes.box[:, 0]
    half = (box[:, 2:] - box[:, :2]) / share / 2
    middle = (box[:, :2] + box[:, 2:]) / 2 + frame.off_centre * noise[:, 2:] * 2 * half
    return _stretched(scenes, middle, half, side, jitter, generator)


def photo_views(
    scenes: SceneSet, side: int, centre: bool, jitter: SceneJitter, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """The view of the documents' localizers: the photo, or its middle square, stretched to a square and slightly
    jittered -> float (N, 3, side, side) in 0 ... 255 and the numbers' left, top, width, height in shares of it, (N,
    K, 4)."""
    n = len(scenes)
    size = scenes.size.float().flip(1)  # (N, 2): w, h
    half = (size.amin(1, keepdim=True).expand(-1, 2) if centre else size) / 2
    half = half * uniform(n, 0.85, 1.1, generator, (1,))
    middle = size / 2 + uniform(n, -0.15, 0.15, generator, (2,)) * half
    return _stretched(scenes, middle, half, side, jitter, generator)


def _stretched(
    scenes: SceneSet, middle: torch.Tensor, half: torch.Tensor, side: int, jitter: SceneJitter, generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """The rectangle around `middle` of half size `half`, (N, 2) each in photo pixels, as a recoloured square, and
    its boxes."""
    matrix = torch.cat([torch.diag_embed(half), middle[..., None]], dim=2)
    x, _ = _sample_inside(scenes, matrix, side, jitter.feather)
    left_top = (scenes.box[..., :2] - (middle - half)[:, None]) / (2 * half)[:, None]
    width_height = (scenes.box[..., 2:] - scenes.box[..., :2]) / (2 * half)[:, None]
    return augment.vary_appearance(x, jitter.look, generator).mul_(255), torch.cat([left_top, width_height], dim=2)
