"""A pipeline that counts what it is asked and reads when it is allowed to; and waiting for a condition."""

import threading
import time
from collections.abc import Callable

import numpy as np

from svhn.boxes import Box
from svhn.pipeline import Explanation
from svhn.reading import Reading

from .fake_pipeline import FakePipeline, number_in

PATIENCE_S = 60


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


class Watched(FakePipeline):
    """Keeps the photos, counts the boxes, the explanations and how many photos are read at once. If it `waits`, it
    reads a photo each time that `turns` is released, but what shows `at_once` at once."""

    def __init__(self, waits: bool = False, at_once: str | None = None) -> None:
        self.at_once, self.lock = at_once, threading.Lock()
        self.turns = threading.Semaphore(0) if waits else None
        self.begin()

    def begin(self) -> None:
        """Counts from zero."""
        self.photos: list[np.ndarray] = []
        self.boxes = self.explained = self.now = self.most = 0
        self.started = threading.Semaphore(0)

    def open(self) -> None:
        """Nothing waits any more."""
        turns, self.turns = self.turns, None
        turns.release(100)

    def read_all(self, photo: np.ndarray) -> list[Reading]:
        with self.lock:
            self.photos.append(photo)
            self.now += 1
            self.most = max(self.most, self.now)
        self.started.release()
        try:
            if self.turns and number_in(photo) != self.at_once:
                assert self.turns.acquire(timeout=PATIENCE_S)
            return super().read_all(photo)
        finally:
            with self.lock:
                self.now -= 1

    def read_boxes(self, photo: np.ndarray, boxes: list[Box]) -> list[Reading]:
        self.boxes += 1
        return super().read_boxes(photo, boxes)

    def explain(self, photo: np.ndarray, reading: Reading) -> Explanation:
        self.explained += 1
        return super().explain(photo, reading)
