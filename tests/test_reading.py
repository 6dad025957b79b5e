import dataclasses

import numpy as np
import pytest

from svhn.reading import Reading


def _reading(**changes) -> Reading:
    fields = {
        "number": "42",
        "confidence": 0.9,
        "box": (1.0, 2.0, 3.0, 4.0),
        "crop": np.zeros((8, 8, 3), np.uint8),
        "digit_probs": np.eye(11)[[4, 2, 10, 10, 10]],
        "length_probs": np.eye(7)[2],
        "timings_ms": {"localizer": 2.0, "reader": 1.5},
    }
    return Reading(**(fields | changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"number": "4a"},
        {"number": ""},
        {"number": "123456"},
        {"number": "42", "box": None},
        {"confidence": 1.2},
        {"confidence": float("nan")},
        {"box": (3.0, 2.0, 1.0, 4.0)},
        {"crop": np.zeros((8, 8), np.uint8)},
        {"crop": np.zeros((8, 8, 3))},
        {"digit_probs": np.eye(11)},
        {"length_probs": np.full(7, 0.5)},
    ],
)
def test_what_makes_no_sense_is_refused(changes):
    with pytest.raises(ValueError, match=r"."):
        _reading(**changes)


def test_json_has_the_contracts_keys_and_no_number_comes_with_the_closest_guess():
    content = _reading().to_json("a.png")
    assert list(content) == ["file", "number", "confidence", "box", "digit_probs", "length_probs", "ms"]
    assert (content["number"], content["box"], content["ms"]) == ("42", [1.0, 2.0, 3.0, 4.0], 3.5)
    nothing = Reading.nothing({"localizer": 1.0}, guess=_reading())
    assert (nothing.digit_probs[:, 10].tolist(), nothing.length_probs[0], nothing.too_long) == ([1.0] * 5, 1.0, False)
    content = nothing.to_json()
    assert (content["number"], content["box"]) == (None, None)
    assert content["guess"] == {"number": "42", "confidence": 0.9, "box": [1.0, 2.0, 3.0, 4.0]}


def test_more_than_five_digits_is_a_state_of_its_own_and_nothing_changes_afterwards():
    assert _reading(number=None, length_probs=np.eye(7)[6]).too_long
    assert not _reading().too_long
    with pytest.raises(dataclasses.FrozenInstanceError):
        _reading().number = "43"
