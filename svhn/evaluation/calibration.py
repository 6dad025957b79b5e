"""Calibrate confidence: one temperature for the reader, and a logistic regression of several signs."""

from __future__ import annotations

import numpy as np
import torch

from .. import labels

TEMPERATURES = np.geomspace(0.4, 4.0, 93)  # steps of 2.5 %: finer than a few hundred photos can resolve
NEWTON_STEPS = 30  # it converges in ten
DECAY = 0.01


def readings_at(
    digit_logits: torch.Tensor, length_logits: torch.Tensor, temperature: float
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Logits (N, 5, 11), (N, 7) and a temperature -> digits (N, 5), lengths (N,), confidence (N,)."""
    return labels.decode_joint(
        (digit_logits.double() / temperature).log_softmax(-1), (length_logits.double() / temperature).log_softmax(-1)
    )


def fit_temperature(
    digit_logits: torch.Tensor, length_logits: torch.Tensor, digits: torch.Tensor, lengths: torch.Tensor
) -> float:
    """The temperature whose confidences best predict which readings are right, by log loss. Takes logits (N, 5, 11),
    (N, 7) and true classes (N, 5), (N,)."""
    losses = []
    for temperature in TEMPERATURES:
        read, read_lengths, confidence = readings_at(digit_logits, length_logits, temperature)
        right = (read == digits).all(-1) & (read_lengths == lengths)
        likelihood = torch.where(right, confidence, 1 - confidence).clamp_min(1e-6)
        losses.append(-likelihood.log().mean().item())
    return float(TEMPERATURES[int(np.argmin(losses))])


def fit_logistic(x: np.ndarray, right: np.ndarray, importance: np.ndarray) -> np.ndarray:
    """The weights (K,) of a logistic regression from x (N, K) to which are right (N,) bool, by Newton's method, with a
    little decay so that they are finite even where x tells all. importance: (N,), of each row."""
    weights = np.zeros(x.shape[1])
    for _ in range(NEWTON_STEPS):
        p = 1 / (1 + np.exp(-x @ weights))
        gradient = x.T @ (importance * (p - right)) + DECAY * weights
        curvature = (x.T * (importance * p * (1 - p))) @ x + DECAY * np.eye(len(weights))
        weights = weights - np.linalg.solve(curvature, gradient)
    return weights
