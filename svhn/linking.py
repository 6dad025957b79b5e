"""Join boxes into numbers: digits far apart are often found one by one.

Text detectors call this linking (CTPN, Tian et al. 2016, arXiv:1609.03605; SegLink, Shi et al. 2017,
arXiv:1703.06520). Here a link only proposes a larger box; the reader decides whether it holds a number.
"""

from __future__ import annotations

import numpy as np

from . import boxes as bx

ALIKE = 0.55  # least ratio of the parts' heights, or of their widths where they are stacked
IN_LINE = 0.5  # overlap across the line, as a share of the smaller part's side
ROW_GAP = 1.3  # at most, between parts in a row, in heights of the larger part
STACK_GAP = 1.0  # at most, between parts above each other, in widths of the larger part
MOST = 10  # proposals, the best ones


def proposals(boxes: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Boxes (K, 4) and scores (K,) -> unions (J, 4) of those that may be parts of one number, by the mean of their
    scores. Every linked pair and every chain of links is proposed once, at most `MOST` in all."""
    found: dict[tuple[int, ...], None] = {}
    for along in (0, 1):
        links = _links(boxes, along)
        pairs = np.argwhere(np.triu(links, 1))
        found |= dict.fromkeys(tuple(pair) for pair in pairs.tolist())
        found |= dict.fromkeys(group for group in _chains(links) if len(group) > 1)
    groups = [list(group) for group in found]
    groups = sorted(groups, key=lambda group: -scores[group].mean())[:MOST]
    return np.stack([bx.union(boxes[group]) for group in groups]) if groups else np.empty((0, 4))


def _links(boxes: np.ndarray, along: int) -> np.ndarray:
    """(K, 4) -> (K, K) bool: which are in one row (along 0) or in one stack (along 1)."""
    across = 1 - along
    low, high = boxes[:, None, :2], boxes[:, None, 2:]  # (K, 1, 2)
    other_low, other_high = boxes[None, :, :2], boxes[None, :, 2:]
    size = boxes[:, 2:] - boxes[:, :2]
    side, other = size[:, None, across], size[None, :, across]  # (K, 1), (1, K): of the parts across the line
    smaller, larger = np.minimum(side, other), np.maximum(side, other)
    common = np.minimum(high, other_high) - np.maximum(low, other_low)  # (K, K, 2), negative: a gap
    gap = (ROW_GAP, STACK_GAP)[along] * larger
    links = (smaller >= ALIKE * larger) & (common[..., across] >= IN_LINE * smaller) & (common[..., along] >= -gap)
    return links & ~np.eye(len(boxes), dtype=bool)


def _chains(links: np.ndarray) -> list[tuple[int, ...]]:
    """Connected components of the graph (K, K)."""
    reach = np.linalg.matrix_power(links.astype(np.int64) + np.eye(len(links), dtype=np.int64), max(1, len(links))) > 0
    return sorted({tuple(np.flatnonzero(row).tolist()) for row in reach})
