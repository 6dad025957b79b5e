"""The average of compact readers trained with different seeds: their errors differ, so their mean makes fewer.

The members are trained separately, with the same recipe (`train_all.py`), and combined here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import torch
from torch import nn

from .compact import CompactConfig, CompactReader


@dataclass(frozen=True)
class AveragedConfig(CompactConfig):
    """The sizes of each member, and the number of members."""

    members: int = 2


class AveragedReader(nn.Module):
    """Crop -> the members' mean log probabilities of five digit positions and of the length."""

    def __init__(self, config: AveragedConfig = AveragedConfig()) -> None:
        super().__init__()
        self.config = config
        self.members = nn.ModuleList(CompactReader(config) for _ in range(config.members))

    def forward(self, crops: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Normalised (N, 3, 64, 64) -> digit logits (N, 5, 11), length logits (N, 7)."""
        heads = zip(*(member(crops) for member in self.members), strict=True)
        digits, length = (torch.stack([logits.log_softmax(-1) for logits in head]).mean(0) for head in heads)
        return digits, length

    def attention(self, crops: torch.Tensor) -> torch.Tensor:
        """Where each position looked: (N, 3, 64, 64) -> (N, 5, 8, 16), each map summing to 1."""
        return torch.stack([member.attention(crops) for member in self.members]).mean(0)


def average_readers(members: Sequence[CompactReader]) -> AveragedReader:
    """Combine members of the same sizes into one network in evaluation mode."""
    network = AveragedReader(AveragedConfig(**asdict(members[0].config), members=len(members)))
    for own, member in zip(network.members, members, strict=True):
        own.load_state_dict(member.state_dict())
    return network.eval()
