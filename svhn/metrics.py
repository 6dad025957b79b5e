"""Metrics of readings and boxes: arrays in, plain floats out."""

from __future__ import annotations

import math

import numpy as np

from . import boxes as bx


def wilson_interval(right: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's 95 % interval of a share: (low, high) in 0 ... 1; (0, 1) if n is 0."""
    if n == 0:
        return 0.0, 1.0
    share, spread = right / n, z * z / n
    centre = (share + spread / 2) / (1 + spread)
    half = z * math.sqrt(share * (1 - share) / n + spread / n / 4) / (1 + spread)
    return max(0.0, centre - half), min(1.0, centre + half)


def share(right: np.ndarray) -> float:
    """Share of true values, (N,) bool -> 0 ... 1; 0 if there are none."""
    return float(np.mean(right)) if len(right) else 0.0


def by_length(right: np.ndarray, lengths: np.ndarray) -> dict[str, dict[str, float]]:
    """Accuracy of complete numbers by true length, (N,), (N,) -> {"1": {"n", "accuracy"}, ...}."""
    return {
        str(length): {"n": int((lengths == length).sum()), "accuracy": share(right[lengths == length])}
        for length in sorted(set(lengths.tolist()))
    }


def coverage(confidence: np.ndarray, right: np.ndarray, accuracy: float = 0.98) -> tuple[float, float]:
    """The largest share of photos that can be read automatically at this accuracy, and the confidence at or above which
    they are accepted: (N,), (N,) -> (share, threshold); (0, infinity) if none can be.

    Photos of equal confidence are accepted together or not at all.
    """
    if not len(right):
        return 0.0, math.inf
    order = np.argsort(-confidence)
    sorted_confidence = confidence[order]
    accurate = np.cumsum(right[order]) / np.arange(1, len(right) + 1) >= accuracy
    last_of_equals = np.append(sorted_confidence[1:] != sorted_confidence[:-1], True)
    accepted = np.flatnonzero(accurate & last_of_equals)
    if not len(accepted):
        return 0.0, math.inf
    return float(accepted[-1] + 1) / len(right), float(sorted_confidence[accepted[-1]])


def calibration_error(confidence: np.ndarray, right: np.ndarray, bins: int = 10) -> float:
    """Expected calibration error, (N,), (N,) -> 0 ... 1: the mean gap between confidence and accuracy over
    bins of equal width, weighted by their counts."""
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [abs(confidence[which == b].mean() - right[which == b].mean()) * (which == b).mean() for b in set(which)]
    return float(sum(gaps))


def localisation(found: np.ndarray, true: np.ndarray) -> dict[str, float]:
    """Compare found with true boxes, (N, 4), (N, 4), zeros where nothing was found -> mean IoU, mean Dice
    coefficient, recall at IoU 0.5, and the mean share of the true box that lies within the found one."""
    overlap = bx.iou(found, true)
    return {
        "mean_iou": float(overlap.mean()),
        "mean_dice": float((2 * overlap / (1 + overlap)).mean()),
        "recall_50": float((overlap >= 0.5).mean()),
        "containment": float(bx.containment(true, found).mean()),
    }


def dice(found: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Dice coefficient of masks, (N, H, W) bool each -> (N,); 1 where both are empty."""
    common, areas = (found & true).sum((1, 2)), found.sum((1, 2)) + true.sum((1, 2))
    return np.where(areas > 0, 2 * common / np.maximum(areas, 1), 1.0)
