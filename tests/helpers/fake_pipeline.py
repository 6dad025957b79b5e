"""Fake pipelines, of which one waits, and a reader, of photos whose shade is their number; waiting for a condition."""

import io
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import torch
from helpers import stand_ins
from PIL import Image

from svhn import labels
from svhn.boxes import Box
from svhn.pipeline import Explanation
from svhn.reading import Reading

NOTHING, MANY = "", "123456"
STEP = 20  # of the red channel, between one thing to read and the next
READINGS = ((NOTHING, 0.9), ("7", 0.97), ("42", 0.999), ("1984", 0.41), ("30512", 0.88), (MANY, 0.8), ("128", 0.9))
SIZE = (96, 64)
UNSURE_BELOW = 0.6
PATIENCE_S = 60


def photo_of(number: str) -> np.ndarray:
    """RGB uint8 (64, 96, 3) in which the fake pipeline reads that number by its shade of red."""
    red = [known for known, _ in READINGS].index(number) * STEP + STEP // 2
    photo = np.full((SIZE[1], SIZE[0], 3), (red, 90, 120), np.uint8)
    photo[16:48, 24:72, 1:] = 200  # something to see
    return photo


def two_numbers(first: str, other: str) -> np.ndarray:
    """RGB uint8 (64, 96, 3) in which the fake pipeline reads two numbers, the first in the middle."""
    photo = photo_of(first)
    photo[:, SIZE[0] * 3 // 4 :] = photo_of(other)[:, SIZE[0] * 3 // 4 :]
    return photo


def encoded(photo: np.ndarray, kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.fromarray(photo).save(file, kind)
    return file.getvalue()


def reading_of(number: str, photo: np.ndarray) -> Reading:
    if number == NOTHING:
        return Reading.nothing({"localizer": 5.0})
    height, width = photo.shape[:2]
    box = (width * 0.25, height * 0.25, width * 0.75, height * 0.75)
    certain = stand_ins.reading_of(number, dict(READINGS)[number], box)
    return replace(
        certain,
        crop=photo[: height // 2, : width // 2].copy(),
        digit_probs=np.where(certain.digit_probs, 0.9, 0.01),
        length_probs=np.where(certain.length_probs, 0.94, 0.01),
        timings_ms={"localizer": 5.0, "reader": 2.0},
    )


class FakePipeline:
    """Reads `photo_of` at once, also rotated or compressed."""

    unsure_below = UNSURE_BELOW

    def read(self, photo: np.ndarray) -> Reading:
        return self.read_all(photo)[0]

    def read_all(self, photo: np.ndarray) -> list[Reading]:
        """One number; two where the right quarter of the photo has the shade of another."""
        height, width = photo.shape[:2]
        first, other = (reading_of(number_in(part), photo) for part in (photo, photo[:, width * 3 // 4 :]))
        if first.box is None or other.box is None or first.number == other.number:
            return [first]
        return [first, replace(other, box=(width * 0.8, height * 0.3, width * 0.95, height * 0.6))]

    def read_boxes(self, photo: np.ndarray, boxes: list[Box]) -> list[Reading]:
        """The number by the shade within each box."""
        readings = []
        for box in boxes:
            x1, y1, x2, y2 = (round(v) for v in box)
            crop = photo[y1 : max(y2, y1 + 1), x1 : max(x2, x1 + 1)].copy()
            found = reading_of(number_in(crop), photo)
            readings.append(found if found.box is None else replace(found, box=box, crop=crop))
        return readings

    def explain(self, photo: np.ndarray, reading: Reading) -> Explanation:
        """Heat in the photo's middle; every digit read a sixth further to the right."""
        heat = np.zeros((8, 12), np.float32)
        heat[2:6, 3:9] = 0.9
        attention = np.zeros((5, 8, 16), np.float32)
        attention[range(5), 4, range(1, 16, 3)] = 1.0
        return Explanation(heat, attention)


def number_in(photo: np.ndarray) -> str:
    return READINGS[min(int(np.median(photo[..., 0]) / STEP), len(READINGS) - 1)][0]


class FakeReader(torch.nn.Module):
    """A reader of the shade of its crop, as `photo_of` paints it, or always the same."""

    def __init__(self, size: int | tuple[int, int], always: str | None = None) -> None:
        super().__init__()
        self.config = SimpleNamespace(input_size=size, margins=(0.15,), mean=0.45, std=0.2)
        self.always = always
        self.one = torch.nn.Parameter(torch.ones(1))

    def forward(self, crops: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        digits, length = torch.zeros(len(crops), 5, 11), torch.zeros(len(crops), 7)
        for i, crop in enumerate(crops * self.config.std + self.config.mean):
            seen = number_in(255 * crop.permute(1, 2, 0).numpy()) if self.always is None else self.always
            classes, n = labels.encode(seen)
            sure = dict(READINGS).get(seen, 1.0) >= UNSURE_BELOW
            digits[i, range(5), classes] = length[i, n] = 8.0 if sure else 3.0
        return digits, length


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

    def has_begun(self) -> bool:
        """Waits until another photo is being read."""
        return self.started.acquire(timeout=PATIENCE_S)

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
