"""A batch of photos without a page."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.browser_visit import near
from helpers.fake_pipeline import MANY, NOTHING, FakePipeline, encoded, photo_of, two_numbers

from demo import batch
from demo.components.inputs import SentPhoto
from svhn import draw
from svhn.reading import Reading
from svhn.utils.errors import UserError

STATES = {"42": "sure", "1984": "unsure", NOTHING: "none", MANY: "too long"}


def sent(number: str, name: str = "house.png") -> SentPhoto:
    return SentPhoto(name, encoded(photo_of(number)))


def test_every_file_is_a_row_in_its_order_and_a_broken_one_harms_no_other() -> None:
    files = [sent("42", "a.png"), SentPhoto("b.png", b"no picture"), SentPhoto("c.png", b""), sent("7", "d.png")]
    rows = list(batch.read_batch(FakePipeline(), files))
    told = [row.to_json() for row in rows]
    assert [one["file"] for one in told] == ["a.png", "b.png", "c.png", "d.png"]
    assert [one.get("number") for one in told] == ["42", None, None, "7"]
    assert "JPEG, PNG" in told[1]["error"]
    assert "empty" in told[2]["error"]
    assert set(told[0]) == {"file", "number", "confidence", "box", "digit_probs", "length_probs", "ms"}
    assert [row.picture is None for row in rows] == [False, True, True, False]
    assert near(rows[0].picture, draw.FOUND) > 1000
    assert rows[0].picture.dtype == np.uint8


def test_further_numbers_are_told_and_drawn() -> None:
    one, two = batch.read_batch(FakePipeline(), [sent("42"), SentPhoto("b.png", encoded(two_numbers("42", "128")))])
    assert (one.also, two.also) == ("", "128")
    right = slice(round(two.picture.shape[1] * 0.79), None)
    assert near(one.picture[:, right], draw.FOUND) == 0
    assert near(two.picture[:, right], draw.FOUND) > 100
    assert "others" not in two.to_json()  # one number a photo, as `read --json`


def test_states() -> None:
    rows = batch.read_batch(FakePipeline(), [sent(number) for number in STATES] + [SentPhoto("x", b"")])
    assert [row.state(FakePipeline.unsure_below) for row in rows] == [*STATES.values(), "error"]


def test_one_photo_is_asked_for_at_a_time() -> None:
    asked = []

    class Watched:
        name = "house.png"

        @property
        def data(self) -> bytes:
            asked.append(self)
            return encoded(photo_of("42"))

    rows = batch.read_batch(FakePipeline(), (Watched() for _ in range(3)))
    assert asked == []
    for count in (1, 2):
        next(rows)
        assert len(asked) == count


def test_a_mistake_of_the_reader_costs_one_row(capsys: pytest.CaptureFixture) -> None:
    class Stumbles(FakePipeline):
        def read_all(self, photo: np.ndarray) -> list[Reading]:
            readings = super().read_all(photo)
            return 1 / 0 if readings[0].number == "7" else readings

    rows = list(batch.read_batch(Stumbles(), [sent("42"), sent("7"), sent("128")]))
    assert [row.to_json().get("number") for row in rows] == ["42", None, "128"]
    assert rows[1].error == batch.READER_FAILED
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_too_many_is_a_sentence() -> None:
    batch.check_count(batch.MAX_PHOTOS)
    with pytest.raises(UserError, match="more than 200 files; please send at most 200"):
        batch.check_count(batch.MAX_PHOTOS + 1)
