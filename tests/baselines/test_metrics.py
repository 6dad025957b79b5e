from types import SimpleNamespace

import numpy as np
import pytest

from svhn import metrics
from svhn.baselines import metrics as system_metrics
from svhn.boxes import expand
from svhn.evaluation import evaluate
from svhn.utils.errors import DataError


@pytest.fixture(scope="module")
def held_out(small_data) -> list:
    return list(evaluate.split_examples(small_data, "held_out"))


def _finder(examples: list, margin: float = 0.0) -> SimpleNamespace:
    """Finds the true box first, or a larger one, and then one that a reader would like better."""
    found = iter([np.stack([expand(np.array(each.truth.box), margin), np.zeros(4)]) for each in examples])
    return SimpleNamespace(locate=lambda photo: (next(found), np.array([0.2, 0.9])))


def test_a_localizer_is_judged_by_its_first_box(held_out):
    found = system_metrics.of_localizer(_finder(held_out), held_out)
    right = dict.fromkeys(("mean_iou", "mean_dice", "recall_50", "containment"), 1.0)
    assert found == {"images": 3, **right, "interval_95": list(metrics.wilson_interval(3, 3))}
    loose = system_metrics.of_localizer(_finder(held_out, 0.5), held_out)  # four times the area
    assert loose["mean_iou"] == pytest.approx(0.25)
    assert (loose["recall_50"], loose["containment"]) == (0.0, 1.0)
    with pytest.raises(DataError, match="not a single photo"):
        system_metrics.of_localizer(_finder([]), [])


def test_rejected_readings_count_as_none(held_out):
    wrong = "9" * (len(held_out[1].truth.number) + 1)
    said = [(held_out[0].truth.number, 0.6), (wrong, 0.9), (None, 0.0)]
    readings = (SimpleNamespace(number=n, confidence=p, too_long=False, box=(0.0, 0.0, 1.0, 1.0)) for n, p in said)
    seen = iter([len(held_out[0].truth.number), len(held_out[1].truth.number), 6])
    pipeline = SimpleNamespace(read=lambda photo: next(readings))
    counter = SimpleNamespace(digits_seen=lambda photo: np.eye(7)[next(seen)])
    found = system_metrics.of_length_check(pipeline, counter, held_out)
    assert (found["rejected"], found["rejected_wrong"]) == (1, 1)
    assert found["count_accuracy"] == pytest.approx(2 / 3)
    keys = ("coverage_at_98", "accuracy_of_readings", "sequence_accuracy")
    for side, expected in (("without", (0.0, 0.5, 1 / 3)), ("with", (1 / 3, 1.0, 1 / 3))):
        assert [found[side][key] for key in keys] == pytest.approx(expected)
