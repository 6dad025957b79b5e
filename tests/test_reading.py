from dataclasses import replace

import numpy as np
import pytest
from helpers.stand_ins import reading_of

from svhn.reading import Reading

READING = replace(reading_of("42", 0.9, (1.0, 2.0, 3.0, 4.0)), timings_ms={"localizer": 2.0, "reader": 1.5})


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("number", ("4a", "", "123456")),
        ("confidence", (1.2, float("nan"))),
        ("box", (None, (3.0, 2.0, 1.0, 4.0))),
        ("crop", (np.zeros((8, 8), np.uint8), np.zeros((8, 8, 3)))),
        ("digit_probs", (np.eye(11),)),
        ("length_probs", (np.full(7, 0.5),)),
    ],
)
def test_what_makes_no_sense_is_refused(field, values):
    for value in values:
        with pytest.raises(ValueError, match=r"."):
            replace(READING, **{field: value})


def test_json_has_the_contracts_keys_and_no_number_comes_with_the_closest_guess():
    content = READING.to_json("a.png")
    assert list(content) == ["file", "number", "confidence", "box", "digit_probs", "length_probs", "ms"]
    assert (content["number"], content["box"], content["ms"]) == ("42", [1.0, 2.0, 3.0, 4.0], 3.5)
    nothing = Reading.nothing({"localizer": 1.0}, guess=READING)
    assert (nothing.digit_probs[:, 10].tolist(), nothing.length_probs[0], nothing.too_long) == ([1.0] * 5, 1.0, False)
    content = nothing.to_json()
    assert (content["number"], content["box"]) == (None, None)
    assert content["guess"] == {"number": "42", "confidence": 0.9, "box": [1.0, 2.0, 3.0, 4.0]}
    assert replace(READING, number=None, length_probs=np.eye(7)[6]).too_long
    assert not READING.too_long
