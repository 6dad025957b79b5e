"""Random generators, and whether two made things are the same."""

from dataclasses import fields

import torch


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def same(a, b) -> bool:
    """Dataclasses of tensors; NaN equals NaN."""
    pairs = [(getattr(a, f.name), getattr(b, f.name)) for f in fields(a)]
    return all(torch.equal(torch.nan_to_num(x.float(), -1), torch.nan_to_num(y.float(), -1)) for x, y in pairs)
