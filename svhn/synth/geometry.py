"""The plane of a wall as a camera sees it: plane coordinates of every texel, masks and textures on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from .camera import gaussian


@dataclass(frozen=True)
class Plane:
    """n walls seen in pictures of S × S texels."""

    x: torch.Tensor  # (n, S, S) plane coordinates of every texel, digit heights
    y: torch.Tensor  # (n, S, S)
    texels: torch.Tensor  # (n, 2) texels a plane unit, across and down, at the number

    def pick(self, index: torch.Tensor) -> Plane:
        return Plane(self.x[index], self.y[index], self.texels[index])

    def window(self, rows: slice, columns: slice) -> Plane:
        return Plane(self.x[:, rows, columns], self.y[:, rows, columns], self.texels)

    def along(self, direction: torch.Tensor) -> torch.Tensor:
        """Plane units from the middle of the number in the directions (n, 2): (n, S, S)."""
        return self.x * direction[:, 0, None, None] + self.y * direction[:, 1, None, None]

    def rotate(self, centre: torch.Tensor, angle: torch.Tensor) -> Plane:
        """The same plane in frames centred at `centre` (n, 2) and rotated clockwise by `angle` (n,)."""
        cos, sin = angle.cos()[:, None, None], angle.sin()[:, None, None]
        x, y = self.x - centre[:, 0, None, None], self.y - centre[:, 1, None, None]
        return Plane(torch.addcmul(cos * x, sin, y), torch.addcmul(cos * y, sin, x, value=-1), self.texels)

    def radius(self, centre: torch.Tensor, half: torch.Tensor) -> torch.Tensor:
        """Distance from `centre` (n, 2), in half axes (n, 2): (n, S, S), 1 on the ellipse."""
        x = (self.x - centre[:, 0, None, None]) / half[:, 0, None, None]
        y = (self.y - centre[:, 1, None, None]) / half[:, 1, None, None]
        return torch.addcmul(x * x, y, y).sqrt_()


def view_plane(plane_to_picture: torch.Tensor, size: int) -> Plane:
    """Homographies (n, 3, 3) from plane to texel coordinates -> the plane under every texel of a size² picture."""
    line = torch.arange(size, device=plane_to_picture.device, dtype=torch.float32) + 0.5
    back = torch.linalg.inv(plane_to_picture)[..., None, None]  # (n, 3, 3, 1, 1)
    x, y, w = (back[:, i, 0] * line + back[:, i, 1] * line[:, None] + back[:, i, 2] for i in range(3))
    w = w.clamp_(min=1e-3).reciprocal_()
    scale = plane_to_picture[:, :2, :2] / plane_to_picture[:, 2:, 2:]
    return Plane(x * w, y * w, torch.diagonal(scale, dim1=1, dim2=2).abs())


def project(homography: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
    """(n, 3, 3) and points (n, ..., 2) -> (n, ..., 2)."""
    flat = points.reshape(len(points), -1, 2)
    mapped = flat @ homography[:, :, :2].transpose(1, 2) + homography[:, None, :, 2]
    return (mapped[..., :2] / mapped[..., 2:]).view(points.shape)


def stamp(
    masks: torch.Tensor, plane: Plane, centre: torch.Tensor, side: torch.Tensor, tilt: torch.Tensor
) -> torch.Tensor:
    """Glyph masks (n, H, W) uint8 laid on the plane -> coverage (n, S, S) in 0 ... 1.

    centre (n, 2) and side (n, 2) of the cell in plane units, tilt (n,) radians. A mask that the picture
    shows smaller than it is kept is first blurred along that axis, so that thin strokes do not break up.
    """
    high, wide = masks.shape[1:]
    shrink = side.new_tensor([wide, high]) / (side * plane.texels).clamp(min=1.0)  # (n, 2) mask texels a picture texel
    spread = 0.5 * (shrink.square() - 1).clamp(min=0).sqrt()
    soft = gaussian(spread[:, 1], high) @ (masks.float() / 255) @ gaussian(spread[:, 0], wide).transpose(1, 2)
    local = plane.rotate(centre, tilt)
    grid = torch.stack([local.x * (2 / side[:, 0, None, None]), local.y * (2 / side[:, 1, None, None])], dim=-1)
    return F.grid_sample(soft[:, None], grid, padding_mode="zeros", align_corners=False)[:, 0]


def drape(textures: torch.Tensor, plane: Plane, repeat: torch.Tensor, start: torch.Tensor) -> torch.Tensor:
    """Textures (n, c, T, T) over the whole plane -> (n, c, S, S); one spans `repeat` (n,) plane units, from `start`."""
    scale = (2 / repeat)[:, None, None]
    grid = torch.stack([plane.x * scale + start[:, 0, None, None], plane.y * scale + start[:, 1, None, None]], dim=-1)
    return F.grid_sample(textures, grid, padding_mode="reflection", align_corners=False)


def rounded_box(plane: Plane, half: torch.Tensor, radius: torch.Tensor) -> torch.Tensor:
    """Signed distance (n, S, S), negative inside, to boxes of half sizes (n, 2) with corner radius (n,)."""
    inner = (half - radius[:, None])[:, :, None, None]
    x, y = plane.x.abs() - inner[:, 0], plane.y.abs() - inner[:, 1]
    outside = torch.hypot(x.clamp(min=0), y.clamp(min=0))
    return outside + torch.maximum(x, y).clamp_(max=0) - radius[:, None, None]


def coverage(distance: torch.Tensor, plane: Plane) -> torch.Tensor:
    """Signed distance in plane units -> the share of each texel that lies inside (n, S, S)."""
    return (0.5 - distance * plane.texels.prod(-1).sqrt()[:, None, None]).clamp_(0, 1)


def blend(canvas: torch.Tensor, colour: torch.Tensor, cover: torch.Tensor) -> torch.Tensor:
    """Colour (n, 3) laid over the canvas (n, 3, S, S) where cover (n, S, S) is 1."""
    return torch.lerp(canvas, colour[:, :, None, None], cover[:, None])


def apply_at(canvas: torch.Tensor, index: torch.Tensor, change: Callable[[torch.Tensor], torch.Tensor]) -> torch.Tensor:
    """The canvas, in place, with its samples at `index` changed."""
    return canvas.index_copy_(0, index, change(canvas[index])) if len(index) else canvas
