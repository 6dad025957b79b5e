"""Metrics of readers, localizers and the length check, against known values."""

import dataclasses

import numpy as np
import pytest
import torch
from helpers.mnist_files import digit_in, write_mnist

from svhn import metrics
from svhn.baselines import metrics as system_metrics
from svhn.boxes import expand
from svhn.data.mnist import load_digits
from svhn.evaluation import evaluate
from svhn.labels import BLANK
from svhn.synth.mnist_strips import make_strips
from svhn.utils.errors import DataError


@pytest.fixture(scope="module")
def held_out(small_data) -> list:
    return list(evaluate.split_examples(small_data, "held_out"))


class Finder(torch.nn.Module):
    """Finds the true box first, or a larger one, and then one that a reader would like better."""

    def __init__(self, examples, margin: float) -> None:
        super().__init__()
        self.boxes, self.margin = {e.photo.tobytes(): e.truth.box for e in examples}, margin

    def locate(self, photo):
        box = np.array(self.boxes[photo.tobytes()])
        return np.stack([expand(box, self.margin), np.zeros(4)]), np.array([0.2, 0.9])


def test_a_localizer_is_judged_by_its_first_box(held_out):
    found = system_metrics.of_localizer(Finder(held_out, 0.0), held_out)
    assert found == {
        "images": 3,
        "mean_iou": 1.0,
        "mean_dice": 1.0,
        "recall_50": 1.0,
        "containment": 1.0,
        "interval_95": list(metrics.wilson_interval(3, 3)),
    }
    loose = system_metrics.of_localizer(Finder(held_out, 0.5), held_out)  # four times the area
    assert loose["mean_iou"] == pytest.approx(0.25)
    assert loose["recall_50"] == 0.0
    assert loose["containment"] == 1.0


def test_no_photo_is_no_figure():
    with pytest.raises(DataError, match="not a single photo"):
        system_metrics.of_localizer(Finder([], 0.0), [])


class Masker(Finder):
    """Masks the true box and counts one digit too many of some."""

    def segment(self, photo):
        height, width = photo.shape[:2]
        x1, y1, x2, y2 = np.array(self.boxes[photo.tobytes()]) * 64 / np.array([width, height, width, height])
        at = np.arange(64) + 0.5
        inside = ((at >= y1) & (at < y2))[:, None] & ((at >= x1) & (at < x2))
        return torch.tensor(inside * 0.9), torch.eye(7)[2]


def test_masks_and_counts_are_judged_pixel_by_pixel_and_photo_by_photo(held_out):
    found = system_metrics.of_localizer(Masker(held_out, 0.0), held_out)
    assert found["mask_dice"] == 1.0
    assert found["count_accuracy"] == metrics.share(np.array([len(e.truth.number) == 2 for e in held_out]))


def test_rejected_readings_count_as_none(held_out):
    class Replay:
        def __init__(self, values):
            self.values = iter(values)

        def read(self, photo):
            return next(self.values)

        def digits_seen(self, photo):
            return np.eye(7)[next(self.values)]

    class Said:
        too_long, box = False, (0.0, 0.0, 1.0, 1.0)

        def __init__(self, number, confidence):
            self.number, self.confidence = number, confidence

    wrong = "9" * (len(held_out[1].truth.number) + 1)
    readings = [Said(held_out[0].truth.number, 0.6), Said(wrong, 0.9), Said(None, 0.0)]
    seen = [len(held_out[0].truth.number), len(held_out[1].truth.number), 6]
    found = system_metrics.of_length_check(Replay(readings), Replay(seen), held_out)
    assert (found["rejected"], found["rejected_wrong"]) == (1, 1)
    assert found["count_accuracy"] == pytest.approx(2 / 3)
    assert found["without"]["coverage_at_98"] == 0.0
    assert found["with"]["coverage_at_98"] == pytest.approx(1 / 3)
    assert found["without"]["accuracy_of_readings"] == 0.5
    assert found["with"]["accuracy_of_readings"] == 1.0
    assert found["with"]["sequence_accuracy"] == found["without"]["sequence_accuracy"] == pytest.approx(1 / 3)


class BarReader(torch.nn.Module):
    """Reads strips of bars without a fault, but takes 9 for 8."""

    @dataclasses.dataclass(frozen=True)
    class Config:
        mean: float = 0.0
        std: float = 1.0

    config = Config()

    def forward(self, inputs):
        digits, length = torch.zeros(len(inputs), 5, 11), torch.zeros(len(inputs), 7)
        for row, strip in enumerate(inputs[:, 0] * 255):
            read = [digit_in(cell) for cell in strip.split(28, dim=1)]
            read = [min(digit, 8) for digit in read if digit is not None]
            length[row, len(read)] = 50.0
            for place in range(5):
                digits[row, place, read[place] if place < len(read) else BLANK] = 50.0
        return digits, length


def test_strips_are_right_as_a_whole_or_digit_by_digit(tmp_path, monkeypatch):
    monkeypatch.setattr(system_metrics, "STRIPS", 30)
    write_mnist(tmp_path, train=20, test=10)
    images, labels = load_digits(tmp_path, "test")
    found = system_metrics.of_strips(BarReader(), images, labels)
    true = make_strips(images, labels, 30, torch.Generator().manual_seed(0)).digits
    assert 0 < (true == 9).any(1).sum() < 30
    assert found["images"] == 30
    assert found["sequence_accuracy"] == pytest.approx(1 - (true == 9).any(1).float().mean().item())
    assert found["digit_accuracy"] == pytest.approx(1 - (true == 9).sum().item() / (true != BLANK).sum().item())


def test_time_is_the_median_after_warming_up(monkeypatch):
    for name, value in {"TIMED": 3, "WARM_UP": 1, "THREADS": 1}.items():
        monkeypatch.setattr(system_metrics, name, value)
    ticks = iter([0, 90, 100, 101, 200, 203, 300, 302])  # 90 s to warm up, then 1, 3 and 2 s
    monkeypatch.setattr(system_metrics.time, "perf_counter", lambda: next(ticks))
    threads = torch.get_num_threads()
    assert system_metrics.median_ms(lambda thing: None, "abcdef") == 2000.0
    assert torch.get_num_threads() == threads
