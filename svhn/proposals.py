"""Propose further boxes, given detections: unions of parts, corrected boxes, regions to look at more closely.

Digits that are far apart are often detected one by one; text detectors call joining them linking (CTPN, Tian et al.
2016, arXiv:1609.03605; SegLink, Shi et al. 2017, arXiv:1703.06520). Everything here only proposes; the reader decides.
"""

from __future__ import annotations

import numpy as np

from . import boxes as bx
from .boxes import Box

ALIKE = 0.55  # least ratio of the parts' heights, or of their widths where they are stacked
IN_LINE = 0.5  # overlap across the line, as a share of the smaller part's side
ROW_GAP = 1.3  # at most, between parts in a row, in heights of the larger part
STACK_GAP = 1.4  # at most, between parts above each other, in widths of the larger part
MOST_UNIONS = 10
MOST_GROUPS = 4

LEAST_ASPECT = 0.6  # of a region to look at again, shorter side to longer
CORRECTIONS = (  # of the box's width and height, added to x1, y1, x2, y2
    (-0.06, 0, -0.06, 0),  # to the left, to the right
    (0.06, 0, 0.06, 0),
    (0.2, 0, -0.2, 0),  # narrower, smaller
    (0.2, 0.2, -0.2, -0.2),
    (0, 0.45, 0, 0),  # the lower, the upper, the right, the left half, and a little more
    (0, 0, 0, -0.45),
    (0.45, 0, 0, 0),
    (0, 0, -0.45, 0),
)


def unions(boxes: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Boxes (K, 4) and scores (K,) -> unions (J, 4) of those that may be parts of one number, and the means of their
    scores (J,), best first. Every linked pair and every chain of links is proposed once, at most `MOST_UNIONS`."""
    found: dict[tuple[int, ...], None] = {}
    for along in (0, 1):
        links = _links(boxes, along)
        pairs = np.argwhere(np.triu(links, 1))
        found |= dict.fromkeys(tuple(pair) for pair in pairs.tolist())
        found |= dict.fromkeys(group for group in _chains(links) if len(group) > 1)
    groups = [list(group) for group in found]
    groups = sorted(groups, key=lambda group: -scores[group].mean())[:MOST_UNIONS]
    if not groups:
        return np.empty((0, 4)), np.empty(0)
    return np.stack([bx.union(boxes[group]) for group in groups]), np.array([scores[group].mean() for group in groups])


def digit_groups(boxes: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Boxes (D, 4) and scores (D,) of single digits -> boxes (J, 4) of the rows and stacks that they form, a digit
    without neighbours included, and the means of their scores (J,), best first, at most `MOST_GROUPS`."""
    groups = {group for along in (0, 1) for group in _chains(_links(boxes, along))} if len(boxes) else set()
    alone = {group for group in groups if len(group) == 1 and any(set(group) < set(other) for other in groups)}
    ranked = sorted(groups - alone, key=lambda group: (-scores[list(group)].mean(), group))[:MOST_GROUPS]
    found = [bx.union(boxes[list(group)]) for group in ranked]
    return np.array(found).reshape(-1, 4), np.array([scores[list(group)].mean() for group in ranked])


def in_line(box: Box, boxes: np.ndarray) -> np.ndarray:
    """(K, 4) -> (K,) bool: which boxes are next to the box, in its row or stack, as further digits of its number
    would be."""
    together = np.concatenate([np.array([box]), boxes])
    linked = (_links(together, 0) | _links(together, 1))[0, 1:]
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    inside = ((centres > box[:2]) & (centres < box[2:])).all(axis=1)
    return linked & ~inside


def corrections(box: Box) -> np.ndarray:
    """Box -> boxes (8, 4) that would be right if it has a typical error of localizers: a little to one side, or far
    too large with the number in its middle, or with the number in one half and something else in the other."""
    x1, y1, x2, y2 = box
    size = np.array([x2 - x1, y2 - y1] * 2)
    return np.array(box) + np.array(CORRECTIONS) * size


def surroundings(box: Box, factor: float) -> np.ndarray:
    """The region (4,) around a box, `factor` times its size but at most twice as long as wide; it may reach beyond
    the photo."""
    x1, y1, x2, y2 = box
    size = np.array([x2 - x1, y2 - y1]) * factor
    half = np.maximum(size, size.max() * LEAST_ASPECT) / 2
    centre = np.array([x1 + x2, y1 + y2]) / 2
    return np.concatenate([centre - half, centre + half])


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
    reach = links | np.eye(len(links), dtype=bool)
    for _ in range(len(links).bit_length()):  # every squaring doubles the length of the paths that count
        reach = (reach.astype(np.float32) @ reach.astype(np.float32)) > 0
    return sorted({tuple(np.flatnonzero(row).tolist()) for row in reach})
