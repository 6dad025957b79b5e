import math

import numpy as np
import pytest

from svhn import metrics


def test_wilson_interval_of_known_cases():
    assert metrics.wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)  # Newcombe 1998, table I
    assert metrics.wilson_interval(0, 10)[0] == 0
    assert metrics.wilson_interval(10, 10)[1] == pytest.approx(1)
    assert metrics.wilson_interval(0, 0) == (0, 1)


def test_accuracy_by_length_counts_every_photo_once():
    right = np.array([True, False, True, True])
    report = metrics.by_length(right, np.array([1, 2, 2, 3]))
    assert metrics.share(right[:0]) == 0
    assert report == {"1": {"n": 1, "accuracy": 1.0}, "2": {"n": 2, "accuracy": 0.5}, "3": {"n": 1, "accuracy": 1.0}}


def test_coverage_takes_the_most_confident_that_are_accurate_enough():
    confidence = np.array([0.9, 0.8, 0.7, 0.6])
    right = np.array([True, True, False, True])
    assert metrics.coverage(confidence, right) == (0.5, 0.8)
    assert metrics.coverage(confidence, right, 0.75) == (1.0, 0.6)
    assert metrics.coverage(confidence, ~right, 0.98)[0] == 0
    equal = np.array([0.9, 0.9, 0.5])  # accepted together or not at all
    assert metrics.coverage(equal, np.array([True, False, True]), 0.98) == (0.0, math.inf)
    assert metrics.coverage(np.array([0.9, 0.5, 0.5]), np.array([True, True, False])) == (pytest.approx(1 / 3), 0.9)
    assert metrics.coverage(np.array([]), np.array([], bool)) == (0.0, math.inf)


def test_calibration_error_is_the_gap_between_confidence_and_accuracy():
    confidence = np.array([0.95, 0.95, 0.25, 0.25])
    right = np.array([True, True, True, False])
    assert metrics.calibration_error(confidence, right) == pytest.approx(0.5 * 0.05 + 0.5 * 0.25)
    assert metrics.calibration_error(np.array([1.0]), np.array([True])) == 0
    confidence = np.array([0.19, 0.21, 0.85, 0.95, 1.0])  # only the last two share a bin
    right = np.array([True, False, False, True, False])
    assert metrics.calibration_error(confidence, right) == pytest.approx((0.81 + 0.21 + 0.85 + 2 * 0.475) / 5)


def test_localisation_counts_a_photo_where_nothing_was_found_as_missed():
    true = np.array([[0, 0, 10, 10], [0, 0, 10, 10], [0, 0, 10, 10]], float)
    found = np.array([[0, 0, 10, 10], [0, 0, 0, 0], [0, 0, 10, 5]], float)
    expected = {"mean_iou": 0.5, "mean_dice": (1 + 0 + 2 / 3) / 3, "recall_50": 2 / 3, "containment": 0.5}
    assert metrics.localisation(found, true) == pytest.approx(expected)


def test_the_dice_coefficient_of_masks():
    true = np.zeros((4, 2, 3), bool)
    true[:3, 0] = True  # three of six pixels; none in the last photo
    found = true.copy()
    found[1] = ~true[1]
    found[2, 1, 0] = True  # one too many
    assert metrics.dice(found, true) == pytest.approx([1, 0, 2 * 3 / (3 + 4), 1])
    found[3, 0, 0] = True
    assert metrics.dice(found, true)[3] == 0
