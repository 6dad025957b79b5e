"""Stand-ins for the networks that count what they are asked, and that read when they are allowed to."""

import threading

import numpy as np

from svhn.boxes import Box
from svhn.reading import Reading

from .fake_pipeline import FakePipeline

PATIENCE_S = 60


class Counts(FakePipeline):
    """Counts what the networks would have been run for, and can be made to wait before it reads."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.begin()

    def begin(self) -> None:
        self.photos = self.boxes = 0
        self.started = threading.Semaphore(0)
        self.go_on.set()

    def read_all(self, photo: np.ndarray) -> list[Reading]:
        self.photos += 1
        self.started.release()
        assert self.go_on.wait(PATIENCE_S)
        return super().read_all(photo)

    def read_boxes(self, photo: np.ndarray, boxes: list[Box]) -> list[Reading]:
        self.boxes += 1
        return super().read_boxes(photo, boxes)


class Turns(FakePipeline):
    """Reads a photo each time that `go_on` is released."""

    def __init__(self) -> None:
        self.started, self.go_on = threading.Semaphore(0), threading.Semaphore(0)

    def read_all(self, photo: np.ndarray) -> list[Reading]:
        self.started.release()
        assert self.go_on.acquire(timeout=PATIENCE_S)
        return super().read_all(photo)
