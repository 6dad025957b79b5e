import numpy as np
import pytest

from svhn.reading import Reading

PROBS = {"digit_probs": np.eye(11)[[4, 2, 10, 10, 10]], "length_probs": np.eye(7)[2]}
FIELDS = {"number": "42", "confidence": 0.9, "box": (1.0, 2.0, 3.0, 4.0), "crop": np.zeros((8, 8, 3), np.uint8)}


def _reading(**changes) -> Reading:
    return Reading(**{**FIELDS, **PROBS, "timings_ms": {"localizer": 2.0, "reader": 1.5}, **changes})


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
            _reading(**{field: value})


def test_json_has_the_contracts_keys_and_no_number_comes_with_the_closest_guess():
    content = _reading().to_json("a.png")
    assert list(content) == ["file", "number", "confidence", "box", "digit_probs", "length_probs", "ms"]
    assert (content["number"], content["box"], content["ms"]) == ("42", [1.0, 2.0, 3.0, 4.0], 3.5)
    nothing = Reading.nothing({"localizer": 1.0}, guess=_reading())
    assert (nothing.digit_probs[:, 10].tolist(), nothing.length_probs[0], nothing.too_long) == ([1.0] * 5, 1.0, False)
    content = nothing.to_json()
    assert (content["number"], content["box"]) == (None, None)
    assert content["guess"] == {"number": "42", "confidence": 0.9, "box": [1.0, 2.0, 3.0, 4.0]}
    assert _reading(number=None, length_probs=np.eye(7)[6]).too_long
    assert not _reading().too_long
