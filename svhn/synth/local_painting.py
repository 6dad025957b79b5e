"""Paint small things on large pictures within small squares, which saves most of the work."""

from __future__ import annotations

from collections.abc import Callable

import torch

from .geometry import Plane, project, view_plane
from .number import bounding_boxes

SIDES = (48, 96, 160)  # of the squares; what needs more gets the whole picture
ROOM = 3  # texels around a box


def paint_regions(
    canvas: torch.Tensor,
    index: torch.Tensor,
    to_picture: torch.Tensor,
    box: torch.Tensor,
    paint: Callable[[torch.Tensor, Plane, torch.Tensor], torch.Tensor],
) -> torch.Tensor:
    """The canvas (n, 3, S, S), in place, with `paint(piece, plane, which)` applied around m boxes.

    index (m,): the pictures, each at most once; to_picture (m, 3, 3): from the planes to texels; box (m, 4)
    texels; which: the rows of the m that a call paints.
    """
    size = canvas.shape[-1]
    need = (box[:, 2:] - box[:, :2]).amax(1) + 2 * ROOM
    sides = [side for side in SIDES if side < size] + [size]
    bucket = torch.bucketize(need, need.new_tensor(sides[:-1]))
    pixels = canvas.permute(0, 2, 3, 1)
    for k, side in enumerate(sides):
        which = (bucket == k).nonzero()[:, 0]
        if not len(which):
            continue
        corner = ((box[which, :2] + box[which, 2:] - side) / 2).round().clamp(0, size - side)  # (k, 2)
        at = torch.arange(side, device=canvas.device)
        rows = corner[:, 1, None].long() + at
        columns = corner[:, 0, None].long() + at
        place = (index[which, None, None], rows[:, :, None], columns[:, None, :])
        back = torch.eye(3, device=canvas.device).repeat(len(which), 1, 1)
        back[:, :2, 2] = -corner
        piece = pixels[place].permute(0, 3, 1, 2).contiguous()
        pixels[place] = paint(piece, view_plane(back @ to_picture[which], side), which).permute(0, 2, 3, 1)
    return canvas


def picture_boxes(to_picture: torch.Tensor, half: torch.Tensor) -> torch.Tensor:
    """Upright boxes (m, 4), texels, around boxes of half sizes (m, 2) about the planes' origins."""
    signs = half.new_tensor([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
    return bounding_boxes(project(to_picture, signs * half[:, None]))
