"""A stand-in for a localizer, and readings."""

import numpy as np
import torch

from svhn import labels
from svhn.boxes import Box
from svhn.reading import Reading


class Finder(torch.nn.Module):
    """A localizer that knows where to look: boxes (n, 4) and their scores."""

    def __init__(self, boxes: list, scores: list) -> None:
        super().__init__()
        self.boxes, self.scores = np.array(boxes, float).reshape(-1, 4), np.array(scores, float)

    def locate(self, photo: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self.boxes, self.scores


def reading_of(number: str | None, confidence: float = 0.9, box: Box = (0.0, 0.0, 10.0, 10.0)) -> Reading:
    """A reading whose probabilities are certain; None is no number."""
    if number is None:
        return Reading.nothing({})
    digits, length = labels.encode(number)
    crop, probs = np.zeros((4, 4, 3), np.uint8), (np.eye(11)[digits], np.eye(7)[length])
    return Reading(None if length == labels.TOO_LONG else number, confidence, box, crop, *probs, {})
