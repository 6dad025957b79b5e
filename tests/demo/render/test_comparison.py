"""Who agrees with whom, in sentences."""

import pytest

from demo.render import comparison


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        (["128"], "The reader says 128."),
        ([""], "The reader finds no number."),
        (["128", "128"], "Both readers say 128."),
        (["128"] * 5, "All five readers say 128."),
        ([""] * 3, "All three readers find no number."),
        ([None] * 3, "All three readers see more than five digits."),
        (["128", "28", "128", "", "128"], "The readers disagree: three say 128, one 28, one finds no number."),
        (["", "", "7", "8"], "The readers disagree: two find no number, one says 7, one 8."),
        (["7", None], "The readers disagree: one says 7, one sees more than five digits."),
        (["7"] * 11 + ["8"], "The readers disagree: 11 say 7, one 8."),
    ],
)
def test_readers(answers, sentence):
    assert comparison.describe_readers(answers) == sentence


@pytest.mark.parametrize(
    ("sizes", "without", "sentence"),
    [
        ([5], 0, "All five localizers find the same place."),
        ([2], 0, "Both localizers find the same place."),
        ([1], 0, "The localizer finds a number."),
        ([], 4, "All four localizers find no number."),
        ([], 1, "The localizer finds no number."),
        ([3, 1, 1], 0, "Of the five localizers, three find the same place, two look elsewhere."),
        ([2, 1], 1, "Of the four localizers, two find the same place, one looks elsewhere, one finds no number."),
        ([1, 1], 2, "Of the four localizers, two find different places, two find no number."),
        ([1], 3, "Of the four localizers, one finds a number, three find no number."),
        ([3], 1, "Of the four localizers, three find the same place, one finds no number."),
    ],
)
def test_localizers(sizes, without, sentence):
    assert comparison.describe_localizers(sizes, without) == sentence


@pytest.mark.parametrize(
    ("answers", "expected", "truth", "sentence"),
    [
        (["7"] * 4, "7", "", "All 4 pairs say 7."),
        (["7", "7", "8"], "7", "", "2 of the 3 pairs say 7."),
        (["7", "", ""], "", "", "2 of the 3 pairs find no number."),
        (["7", "8"], "7", "the true number is 7", "1 of the 2 pairs is right: the true number is 7."),
        (["7", "8"], "9", "the true number is 9", "None of the 2 pairs is right: the true number is 9."),
    ],
)
def test_pairs(answers, expected, truth, sentence):
    assert comparison.describe_pairs(answers, expected, truth) == sentence


@pytest.mark.parametrize(
    ("answer", "answers", "note"),
    [
        ("128", ["128", "128", "28"], ""),
        ("28", ["128", "128", "28"], "Differs: the default says 128"),
        ("28", ["128", "28"], "Differs: the default says 128"),
        ("", ["128", "28", ""], "Differs: the default says 128"),
        ("7", ["", "", "7"], "Differs: the default finds no number"),
        ("7", [None, "7"], "Differs: the default sees more than five digits"),
        ("28", ["28", "128", "128"], ""),  # the default itself, also where it is alone
    ],
)
def test_what_differs_from_the_default(answer, answers, note):
    assert comparison.describe_difference(answer, answers) == note
