import dataclasses

import numpy as np
import pytest
from helpers.fake_pipeline import NOTHING, SIZE, FakePipeline, encoded, photo_of, reading_of, two_numbers

from demo.ground_truth import TruthIndex
from demo.session import PhotoResult, annotate, read_photo
from svhn.boxes import Box
from svhn.data.annotations import Truth
from svhn.images import draw

PLACE, ELSEWHERE = (10.0, 10.0, 50.0, 30.0), (60.0, 40.0, 90.0, 60.0)


def found_at(box: Box, truth: Truth | None) -> PhotoResult:
    """Two readings, of which the second is at that box."""
    first, other = (reading_of(number, photo_of(number)) for number in ("42", "128"))
    return PhotoResult(b"", (first, dataclasses.replace(other, box=box)), truth, FakePipeline(), SIZE)


def test_every_number_is_kept_drawn_and_compared_with_the_truth_of_its_content():
    right, drawn, truths = slice(-100, None), [], TruthIndex()
    for photo, numbers in ((photo_of("42"), ["42"]), (two_numbers("42", "128"), ["42", "128"])):
        found, opened = read_photo(FakePipeline(), truths, encoded(photo))
        np.testing.assert_array_equal(opened, photo)
        assert (found.size, found.truth) == (SIZE, None)
        assert [reading.number for reading in found.readings] == numbers
        assert found.others(found.readings[-1]) == list(found.readings[:-1])
        picture = annotate(opened, found, found.reading)
        drawn.append((np.abs(picture[:, right].astype(int) - draw.FOUND).max(-1) < 30).sum())
    assert drawn[0] == 0
    assert drawn[1] > 100
    nothing = encoded(photo_of(NOTHING))
    truths.add(nothing, Truth("", None))
    found, _ = read_photo(FakePipeline(), truths, nothing)
    assert found.truth_of(found.reading) == Truth("", None)


def test_the_truth_is_about_a_box_that_a_person_drew_over_it():
    corrected = dataclasses.replace(reading_of("7", photo_of("7")), box=PLACE)
    for true_box, known in ((None, True), (PLACE, True), (ELSEWHERE, False)):
        truth = Truth("128", true_box)
        assert found_at(ELSEWHERE, truth).truth_of(corrected) == (truth if known else None)


@pytest.mark.parametrize(
    ("true_box", "about_the_first", "about_the_other"),
    [(PLACE, True, True), (ELSEWHERE, True, False), (None, True, False)],
    ids=["where the other is", "elsewhere", "nobody knows where"],
)
def test_the_truth_is_about_one_number(true_box, about_the_first, about_the_other):
    truth = Truth("128", true_box)
    found = found_at((11.0, 9.0, 52.0, 31.0), truth)
    known = [found.truth_of(reading) for reading in found.readings]
    assert known == [truth if about else None for about in (about_the_first, about_the_other)]
