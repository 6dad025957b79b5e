import dataclasses

import pytest
from helpers.fake_pipeline import SIZE, FakePipeline, photo_of, reading_of

from demo.session import PhotoResult
from svhn.boxes import Box
from svhn.data.annotations import Truth

PLACE, ELSEWHERE = (10.0, 10.0, 50.0, 30.0), (60.0, 40.0, 90.0, 60.0)


def found_at(box: Box, truth: Truth | None) -> PhotoResult:
    """Two readings, of which the second is at that box."""
    first, other = (reading_of(number, photo_of(number)) for number in ("42", "128"))
    return PhotoResult(b"", (first, dataclasses.replace(other, box=box)), truth, FakePipeline(), SIZE)


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
