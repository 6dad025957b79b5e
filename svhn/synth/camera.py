"""From a clean picture to a street photo's pixels: blur, few pixels, noise, sharpening, JPEG.

Blur and resampling act on rows and columns apart, so a whole camera is two matrices a sample.
"""

from __future__ import annotations

from functools import lru_cache

import torch
import torch.nn.functional as F

from .config import CameraConfig
from .rng import Sampler

BLOCK = 8  # JPEG


def gaussian(sigma: torch.Tensor, size: int, shift: torch.Tensor | None = None) -> torch.Tensor:
    """Blur, and move by `shift` (n,), along one axis: (n,) texels -> (n, size, size) with rows that sum to 1."""
    at = torch.arange(size, device=sigma.device, dtype=torch.float32)
    apart = (at[:, None] - at)[None]
    if shift is not None:
        apart = apart - shift[:, None, None]
    weight = torch.exp(apart.square() / (-2 * sigma.clamp(min=0.3).square()[:, None, None])) + 1e-12
    return weight / weight.sum(-1, keepdim=True)


def box_filter(length: torch.Tensor, size: int) -> torch.Tensor:
    """Smear along one axis, (n,) texels -> (n, size, size) with rows that sum to 1; a length of 1 or less is none."""
    at = torch.arange(size, device=length.device, dtype=torch.float32)
    weight = (length.clamp(min=1)[:, None, None] / 2 + 0.5 - (at[:, None] - at).abs()).clamp(0, 1)
    return weight / weight.sum(-1, keepdim=True)


def reduce_matrix(pixels: torch.Tensor, size: int) -> torch.Tensor:
    """Area-average `size` texels onto the first pixels[i] of `size` native pixels; the last one repeats behind.

    (n,) float, at most `size` -> (n, size, size), rows are native pixels.
    """
    at = torch.arange(size, device=pixels.device, dtype=torch.float32)
    step = size / pixels[:, None]  # (n, 1) texels a native pixel
    row = torch.minimum(at, pixels[:, None].ceil() - 1)  # (n, size)
    low, high = row * step, (row + 1) * step
    cover = torch.minimum(high[..., None], at + 1) - torch.maximum(low[..., None], at)  # (n, size, size)
    cover = cover.clamp_(min=0)
    return cover / cover.sum(-1, keepdim=True).clamp(min=1e-6)


def enlarge_matrix(pixels: torch.Tensor, size: int, first: torch.Tensor, last: torch.Tensor) -> torch.Tensor:
    """Linear interpolation back: (n,) native pixels -> (n, size, size), rows are texels.

    Texels outside first ... last (n,) repeat the one at that edge, as a crop that reaches beyond the photo does.
    """
    at = torch.arange(size, device=pixels.device, dtype=torch.float32)
    texel = torch.minimum(torch.maximum(at, first[:, None]), last[:, None])
    place = (texel + 0.5) * pixels[:, None] / size - 0.5  # (n, size) in native pixels
    place = torch.minimum(place.clamp(min=0), pixels[:, None] - 1)
    return (1 - (place[..., None] - at).abs()).clamp_(min=0)


def separable(rows: torch.Tensor, images: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
    """Rows and columns of each image mixed by its two matrices: (n, a, h), (n, c, h, w), (n, b, w) -> (n, c, a, b)."""
    return rows[:, None] @ images @ columns[:, None].transpose(-1, -2)


@lru_cache(maxsize=4)
def _cosines(device: str) -> tuple[torch.Tensor, torch.Tensor]:
    """The 8 × 8 cosine transform and the growth of the quantisation step with frequency, 1 at the lowest."""
    k = torch.arange(BLOCK, dtype=torch.float32)
    basis = torch.cos((2 * k[None] + 1) * k[:, None] * torch.pi / (2 * BLOCK)) * (2 / BLOCK) ** 0.5
    basis[0] /= 2**0.5
    growth = 1 + 0.55 * (k[:, None] + k)
    return basis.to(device), growth.to(device)


def jpeg(images: torch.Tensor, step: torch.Tensor) -> torch.Tensor:
    """Images after JPEG compression: (n, 3, h, w) float with h, w divisible by 8, step (n,) -> (n, 3, h, w).

    Colour differences are kept at half the pixels each way, and three times as coarsely as brightness.
    """
    n, _, h, w = images.shape
    basis, growth = _cosines(str(images.device))
    luma = (images * images.new_tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1, keepdim=True)
    colour = F.avg_pool2d(images[:, ::2] - luma, 2).repeat_interleave(2, 2).repeat_interleave(2, 3)
    planes = torch.cat([luma, colour], dim=1)  # (n, 3, h, w): Y, R - Y, B - Y
    blocks = planes.view(n, 3, h // BLOCK, BLOCK, w // BLOCK, BLOCK).transpose(3, 4)
    coarse = images.new_tensor([1.0, 3.0, 3.0]).view(1, 3, 1, 1, 1, 1) * BLOCK / 2
    quantum = step.view(n, 1, 1, 1, 1, 1) * coarse * growth
    kept = ((basis @ blocks @ basis.T) / quantum).round_() * quantum
    y, r, b = (basis.T @ kept @ basis).transpose(3, 4).reshape(n, 3, h, w).unbind(1)
    g = -(0.299 * r + 0.114 * b) / 0.587
    return torch.stack([y + r, y + g, y + b], dim=1)


def photograph(
    images: torch.Tensor,
    native: torch.Tensor,
    height: torch.Tensor,
    edges: torch.Tensor,
    config: CameraConfig,
    rng: Sampler,
) -> torch.Tensor:
    """Clean pictures (n, 3, S, S) in 0 ... 1 -> uint8 (n, 3, S, S), as an enlarged piece of a poor photo.

    native (n, 2): pixels across and down that the photo had for this piece; height (n,) of its digits among
    them; edges (n, 4): first and last column, first and last row of the piece that the photo still covers.
    """
    n, _, _, size = images.shape
    pixels = native.clamp(max=size)  # finer than the picture is as good as the picture
    texels = size / native  # (n, 2) texels a native pixel
    focus = torch.where(
        rng.chance(config.poor_focus_share, n), rng.within(config.poor_focus, n), rng.within(config.focus, n)
    )
    focus = torch.hypot(focus, rng.within(config.softness, n) * height)
    moved = torch.where(rng.chance(config.motion_share, n), rng.within(config.motion, n), 0.0)
    along = rng.chance(0.5, n)
    smear = torch.stack([torch.where(along, moved, 0.0), torch.where(along, 0.0, moved)], dim=1) * texels
    across, down = (
        reduce_matrix(pixels[:, i], size) @ box_filter(smear[:, i], size) @ gaussian(focus * texels[:, i], size)
        for i in (0, 1)
    )
    small = separable(down, images, across)

    level = rng.within(config.gamma, n, 1, 1, 1)
    gain = rng.within(config.exposure, n, 1, 1, 1) * (1 + rng.normal(config.cast, n, 3, 1, 1))
    small = small.clamp(1e-4, 1).pow(level) * gain
    small = small + rng.normal(1.0, *small.shape) * rng.within(config.noise, n, 1, 1, 1)
    soft = F.avg_pool2d(small, 3, 1, 1, count_include_pad=False)
    small = (small + (small - soft) * rng.within(config.sharpen, n, 1, 1, 1)).clamp(0, 1)
    hit = rng.some(config.jpeg_share, n)
    small = small.index_copy(0, hit, jpeg(small[hit], rng.within(config.jpeg_step, len(hit))))

    columns = enlarge_matrix(pixels[:, 0], size, edges[:, 0], edges[:, 1])
    rows = enlarge_matrix(pixels[:, 1], size, edges[:, 2], edges[:, 3])
    return (separable(rows, small, columns).clamp(0, 1) * 255).round_().to(torch.uint8)
