"""Number <-> class indices. The only place that knows blank = 10 and the length classes.

A number such as "204" becomes five digit classes ``[2, 0, 4, 10, 10]`` and the length class ``3``.
The length classes are those of Goodfellow et al. (2013, arXiv:1312.6082): 0 ... 5 and "more than 5".
"""

from __future__ import annotations

import heapq
import math

import numpy as np
import torch

MAX_DIGITS = 5
BLANK = 10
DIGIT_CLASSES = 11  # 0 ... 9 and blank
LENGTH_CLASSES = MAX_DIGITS + 2  # 0 ... 5 and "more than 5"
TOO_LONG = MAX_DIGITS + 1


def digit_from_official(label: float) -> int:
    """The official files call the digit zero 10; here it is 0. Raises ValueError outside 1 ... 10."""
    if not 1 <= label <= 10 or label != int(label):
        raise ValueError(f"digit label {label:g} is not a whole number from 1 to 10")
    return int(label) % 10


def encode(number: str) -> tuple[np.ndarray, int]:
    """Number as text -> (digit classes (5,) int64, length class).

    "" means that there is no number (length 0). Of a number of more than five digits the first five
    are kept and the length class is `TOO_LONG`.
    """
    if not (number.isascii() and (number.isdigit() or number == "")):
        raise ValueError(f"{number!r} is not a number written in digits")
    digits = np.full(MAX_DIGITS, BLANK, dtype=np.int64)
    kept = number[:MAX_DIGITS]
    digits[: len(kept)] = [int(c) for c in kept]
    return digits, min(len(number), TOO_LONG)


def decode(digits: np.ndarray, length: int) -> str | None:
    """(digit classes (5,), length class) -> the number, "" when there is none, None when it is too long."""
    if length == TOO_LONG:
        return None
    kept = [int(d) for d in digits[:length]]
    if any(not 0 <= d <= 9 for d in kept):
        raise ValueError(f"blank among the first {length} of {list(map(int, digits))}")
    return "".join(map(str, kept))


def as_array(number: str | None) -> list[int]:
    """Number as text -> [n, d1 ... d5]: the count of its digits, the digits, and blanks: "42" is [2, 4, 2, 10, 10, 10].

    "" is [0, 10, 10, 10, 10, 10]. None, a number of more than five digits, is [6, 10, 10, 10, 10, 10].
    """
    digits, length = encode(number or "")
    return [TOO_LONG if number is None else length, *digits.tolist()]


def joint_log_probs(digit_log_probs: torch.Tensor, length_log_probs: torch.Tensor) -> torch.Tensor:
    """Log probability of the best number of every length.

    digit_log_probs (N, 5, 11), length_log_probs (N, 7) -> (N, 7). A number of length n takes the best
    digit at its first n positions and blank at the others; "more than 5" takes five digits.
    """
    best_digit = digit_log_probs[..., :BLANK].amax(-1)  # (N, 5)
    blank = digit_log_probs[..., BLANK]  # (N, 5)
    steps = torch.arange(MAX_DIGITS, device=digit_log_probs.device)
    lengths = torch.arange(LENGTH_CLASSES, device=digit_log_probs.device)
    inside = steps < lengths[:, None]  # (7, 5): is this position inside a number of this length?
    per_position = torch.where(inside, best_digit[:, None], blank[:, None])  # (N, 7, 5)
    return length_log_probs + per_position.sum(-1)


def log_prob(number: str | None, digit_log_probs: np.ndarray, length_log_probs: np.ndarray) -> np.ndarray:
    """Log probability of one number, None for one of more than five digits: (K, 5, 11), (K, 7) -> (K,)."""
    if number is None:
        return length_log_probs[:, TOO_LONG] + digit_log_probs[..., :BLANK].max(-1).sum(-1)
    digits, length = encode(number)
    return length_log_probs[:, length] + digit_log_probs[:, np.arange(MAX_DIGITS), digits].sum(-1)


def length_from_blanks(digit_logits: torch.Tensor) -> torch.Tensor:
    """Logits of the length (N, 7), for a network without a length head: how likely exactly the first n of the five
    positions are filled, from digit logits (N, 5, 11)."""
    blank = digit_logits.float().log_softmax(-1)[..., BLANK]  # (N, 5)
    filled = torch.log1p(-blank.exp().clamp_max(1 - 1e-6))
    steps = torch.arange(MAX_DIGITS, device=blank.device)
    lengths = torch.arange(MAX_DIGITS + 1, device=blank.device)
    per_position = torch.where(steps < lengths[:, None], filled[:, None], blank[:, None])  # (N, 6, 5)
    never = blank.new_full((len(blank), 1), -20.0)  # five positions know nothing of a sixth
    return torch.cat([per_position.sum(-1), never], dim=1)


def likeliest(digit_log_probs: torch.Tensor, length_log_probs: torch.Tensor, k: int) -> list[tuple[str, float]]:
    """The k likeliest numbers of up to five digits with their joint probabilities, best first; "" is no number.

    Takes the log probabilities (5, 11), (7,) of one crop. Exact, because the k best numbers of a length only use the k
    best digits at each position.
    """
    values, classes = digit_log_probs[:, :BLANK].topk(min(k, BLANK), dim=-1)  # (5, k)
    blank = digit_log_probs[:, BLANK]
    found = []
    for length in range(MAX_DIGITS + 1):
        rest = float(length_log_probs[length] + blank[length:].sum())
        beam = [("", rest)]
        for place in range(length):
            choices = list(zip(classes[place].tolist(), values[place].tolist(), strict=True))
            beam = [(number + str(digit), total + value) for number, total in beam for digit, value in choices]
            beam = heapq.nlargest(k, beam, key=lambda entry: entry[1])
        found += beam
    return [(number, math.exp(total)) for number, total in heapq.nlargest(k, found, key=lambda entry: entry[1])]


def decode_joint(
    digit_log_probs: torch.Tensor, length_log_probs: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The likeliest number: length and digits with the largest total log probability.

    (N, 5, 11), (N, 7) -> digit classes (N, 5), blank after the last digit, length classes (N,), and the joint
    probability (N,), which is the reading's confidence.
    """
    total, length = joint_log_probs(digit_log_probs, length_log_probs).max(-1)  # (N,), (N,)
    digits = digit_log_probs[..., :BLANK].argmax(-1)  # (N, 5)
    steps = torch.arange(MAX_DIGITS, device=digits.device)
    digits = digits.masked_fill(steps >= length[:, None], BLANK)
    return digits, length, total.exp()
