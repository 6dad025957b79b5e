"""Which images of train are held out. The only place that knows the rule."""

from __future__ import annotations

import numpy as np

HELD_OUT_EVERY = 5


def is_held_out(number: int | np.ndarray) -> bool | np.ndarray:
    """True for the image numbers that no model under evaluation was trained on, any shape -> same shape."""
    return number % HELD_OUT_EVERY == 0
