"""All random draws of the generator, so that one seed gives one set of images."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F

Range = tuple[float, float]


@dataclass(frozen=True)
class Sampler:
    """Draws on `device` from `generator`, which must live on that device."""

    generator: torch.Generator
    device: torch.device | str

    def unit(self, *shape: int) -> torch.Tensor:
        """Uniform in [0, 1)."""
        return torch.rand(shape, generator=self.generator, device=self.device)

    def within(self, span: Range, *shape: int) -> torch.Tensor:
        """Uniform in the range."""
        return span[0] + (span[1] - span[0]) * self.unit(*shape)

    def ratio(self, span: Range, *shape: int) -> torch.Tensor:
        """Even on a logarithmic scale over the range, which must be above 0."""
        return self.within((math.log(span[0]), math.log(span[1])), *shape).exp()

    def normal(self, spread: float, *shape: int) -> torch.Tensor:
        """Normal about 0, cut at three standard deviations so that ranges stay ranges."""
        drawn = torch.randn(shape, generator=self.generator, device=self.device)
        return drawn.clamp_(-3, 3) * spread

    def chance(self, probability: float, *shape: int) -> torch.Tensor:
        """bool, True with the probability."""
        return self.unit(*shape) < probability

    def below(self, count: int, *shape: int) -> torch.Tensor:
        """int64, uniform in 0 ... count - 1."""
        return torch.randint(count, shape, generator=self.generator, device=self.device)

    def pick(self, weights: Sequence[float], *shape: int) -> torch.Tensor:
        """int64 index, drawn in proportion to the weights."""
        edges = torch.tensor(weights, dtype=torch.float32).cumsum(0)
        edges = (edges / edges[-1])[:-1].to(self.device)
        return torch.bucketize(self.unit(*shape), edges, right=True)

    def quantile(self, table: Sequence[float], *shape: int) -> torch.Tensor:
        """A draw from the distribution whose evenly spaced quantiles are in the table."""
        values = torch.tensor(table, dtype=torch.float32, device=self.device)
        place = self.unit(*shape) * (len(table) - 1)
        low = place.long().clamp_(max=len(table) - 2)
        return torch.lerp(values[low], values[low + 1], place - low)

    def some(self, share: float, n: int) -> torch.Tensor:
        """int64 indices of a random share of n."""
        return self.chance(share, n).nonzero()[:, 0]

    def signs(self, *shape: int) -> torch.Tensor:
        """-1 or 1."""
        return torch.where(self.chance(0.5, *shape), 1.0, -1.0)

    def directions(self, n: int) -> torch.Tensor:
        """Unit vectors (n, 2)."""
        angle = self.within((0.0, 2 * torch.pi), n)
        return torch.stack([angle.cos(), angle.sin()], dim=1)

    def patches(self, n: int, cells: int, size: int) -> torch.Tensor:
        """Smooth fields of about unit spread, `cells` a side: (n, size, size)."""
        coarse = self.normal(1.0, n, 1, cells, cells)
        return F.interpolate(coarse, size=(size, size), mode="bilinear")[:, 0]
