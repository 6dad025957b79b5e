"""A pipeline that counts what it is asked and reads when it is allowed to; and waiting for a condition."""

import threading
import time
from collections.abc import Callable, Sequence

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
    """Keeps the photos, counts the boxes, the explanations and how many photos are read at once. If it waits, it reads
    a photo each time that `turns` is released, but at once what shows a number of `quick`."""

    def __init__(self) -> None:
        self.lock, self.turns, self.now = threading.Lock(), None, 0
        self.begin()

    def begin(self) -> None:
        """Counts from zero."""
        wait_until(lambda: not self.now)
        self.photos: list[np.ndarray] = []
        self.boxes = self.explained = self.most = 0
        self.started = threading.Semaphore(0)

    def wait(self, quick: Sequence[str] = ("128",)) -> None:
        self.turns, self.quick = threading.Semaphore(0), quick

    def open(self) -> None:
        """Nothing waits any more."""
        turns, self.turns = self.turns, None
        if turns:
            turns.release(100)

    def read_all(self, photo: np.ndarray) -> list[Reading]:
        with self.lock:
            self.photos.append(photo)
            self.now += 1
            self.most = max(self.most, self.now)
            turns = self.turns
        self.started.release()
        try:
            if turns and number_in(photo) not in self.quick:
                assert turns.acquire(timeout=PATIENCE_S)
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
