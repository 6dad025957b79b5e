"""A reading in words, and its probabilities as tables."""

import dataclasses
import html
import re

import numpy as np
import pytest
from helpers.fake_pipeline import MANY, NOTHING, FakePipeline, photo_of, reading_of

from demo.render import charts, text
from svhn.data.annotations import Truth
from svhn.reading import Reading


def verdict(number: str, true: str | None = None) -> str:
    reading = reading_of(number, photo_of(number))
    return text.verdict(reading, FakePipeline.unsure_below, None if true is None else Truth(true, None))


def plain(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def cells(markup: str, table: str) -> np.ndarray:
    """The figures of a chart's table as they are announced, (rows, columns)."""
    body = markup.split(f'<table class="{table}"')[1].split("<tbody>")[1].split("</tbody>")[0]
    return np.array(
        [
            [cell for cell in re.findall(r'data-says="[^"]*: (?:&[gl]t;)?([\d.]+) %"', row)]
            for row in body.split("</tr>")[:-1]
        ]
    )


@pytest.mark.parametrize(
    ("number", "state", "words"),
    [
        ("42", "confident", "42 Confident >99 %"),
        ("7", "confident", "7 Confident 97 %"),
        ("1984", "check", "1984 Check this 41 %"),
        (NOTHING, "none", "No number found Go closer"),
        (MANY, "long", "More than five digits"),
    ],
)
def test_states(number, state, words):
    shown = verdict(number)
    assert f'data-state="{state}"' in shown
    assert words in plain(shown)
    assert "Right" not in plain(shown)
    assert "Wrong" not in plain(shown)


def test_a_rejected_reading_says_why():
    rejected = dataclasses.replace(reading_of("42", photo_of("42")), confidence=0.0)
    assert text.REJECTED in text.verdict(rejected, FakePipeline.unsure_below, None)
    assert text.REJECTED not in verdict("1984")


@pytest.mark.parametrize(
    ("number", "state", "words"),
    [
        ("42", "confident", "42 >99 %"),
        ("1984", "check", "1984 41 %, check this"),
        (NOTHING, "none", "– no number"),
        (MANY, "none", "… more than five digits"),
    ],
)
def test_a_reading_among_others(number, state, words):
    shown = text.compact_verdict(reading_of(number, photo_of(number)), FakePipeline.unsure_below)
    assert f'class="brief {state}"' in shown
    assert plain(shown) == words


def doubtful(second: float, length: int = 3) -> Reading:
    """A reading of 128 that could be 123, with so much in the third digit, or another number of another length."""
    reading = reading_of("128", photo_of("128"))
    digits, lengths = reading.digit_probs.copy(), reading.length_probs.copy()
    digits[2, 3], digits[2, 8] = second, 0.91 - second
    if length == 2:
        digits[2, 3], digits[2, 8], digits[2, 10] = 0.01, 0.91 - second, second
        lengths[2], lengths[3] = second, 0.95 - second
    return dataclasses.replace(reading, confidence=0.4, digit_probs=digits, length_probs=lengths)


def test_the_doubtful_digit_is_marked_with_its_rival():
    shown = text.verdict(doubtful(0.2), 0.6, None)
    assert '12<span class="doubtful">8<small>or 3</small></span>' in shown
    assert "It could also be 123" in plain(shown)
    assert "data-either" not in shown


def test_a_near_tie_offers_both_numbers():
    shown = text.verdict(doubtful(0.44), 0.6, None)
    assert re.findall(r'data-either="(\d+)" aria-pressed="(\w+)"', shown) == [("128", "true"), ("123", "false")]


def test_a_rival_of_another_length_marks_no_digit():
    shown = text.verdict(doubtful(0.45, length=2), 0.6, None)
    assert "doubtful" not in shown
    assert "It could also be 12 " in plain(shown)


def test_a_confident_number_names_no_rival():
    shown = text.verdict(dataclasses.replace(doubtful(0.2), confidence=0.9), 0.6, None)
    assert "doubtful" not in shown
    assert "could also" not in shown


def test_the_closest_guess_is_named_where_there_is_no_number():
    guess = dataclasses.replace(reading_of("42", photo_of("42")), confidence=0.12)
    nothing = dataclasses.replace(reading_of(NOTHING, photo_of(NOTHING)), guess=guess)
    shown = plain(text.verdict(nothing, 0.6, None))
    assert "No number found Closest guess: 42 (12 %)." in shown


def test_other_numbers_can_be_picked_and_a_number_can_be_taken_along():
    reading = reading_of("42", photo_of("42"))
    shown = text.verdict(reading, 0.6, None, others=[("128", 1)], actions=True)
    assert 'data-pick="1">128<' in shown
    assert "Copy number" in shown
    assert "Copy number" not in text.verdict(reading, 0.6, None)


@pytest.mark.parametrize(
    ("number", "true", "right"),
    [
        ("42", "42", True),
        ("42", "47", False),
        ("1984", "1984", True),
        (NOTHING, "", True),
        (NOTHING, "42", False),
        ("42", "", False),
        (MANY, "123456", True),
        (MANY, "12345", False),
    ],
)
def test_right_or_wrong_in_more_than_colour(number, true, right):
    words = plain(verdict(number, true))
    assert ("✓ Right" in words, "✗ Wrong" in words) == (right, not right)
    assert (true or "there is no number") in words
    assert ("Go closer" in words) == (number == NOTHING and bool(true))  # no such advice where there is nothing


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (text.percent, {1.0: ">99 %", 0.995: ">99 %", 0.994: "99 %", 0.5: "50 %", 0.011: "1 %", 0.004: "<1 %"}),
        (text.percent_exact, {0.9995: ">99.9 %", 0.9993: "99.9 %", 0.931: "93.1 %", 0.0006: "0.1 %", 0.0004: "<0.1 %"}),
    ],
)
def test_percentages_promise_nothing(shown, expected):
    assert {p: shown(p) for p in expected} == expected


def test_the_likeliest_readings_and_their_probabilities():
    reading = reading_of("128", photo_of("128"))
    probs = reading.digit_probs.copy()
    probs[2, 3], probs[2, 8] = 0.31, 0.60  # 123 comes second
    shown = charts.evidence(dataclasses.replace(reading, digit_probs=probs))
    rows = [plain(row) for row in re.findall("<li>(.*?)</li>", shown)]
    assert [row.split()[0] for row in rows][:2] == ["128", "123"]
    assert len(rows) == 3
    first, second = (p for _, p in dataclasses.replace(reading, digit_probs=probs).likeliest(2))
    assert [row.split(" ", 1)[1] for row in rows[:2]] == [text.percent(first), text.percent(second)]
    assert f'style="width:{second:.1%}"' in shown


def test_no_number_is_named_among_the_likeliest():
    reading = reading_of("7", photo_of("7"))
    digit_probs, length_probs = np.full((5, 11), 0.01), np.full(7, 0.004)
    digit_probs[:, 10], length_probs[:2] = 0.90, (0.49, 0.49)
    shown = plain(charts.evidence(dataclasses.replace(reading, digit_probs=digit_probs, length_probs=length_probs)))
    assert "no number" in shown


def test_the_likeliest_are_quiet_without_doubt_and_missing_without_a_number():
    shown = {number: charts.evidence(reading_of(number, photo_of(number))) for number in ("42", "7", NOTHING, MANY)}
    assert ['class="likeliest quiet"' in shown[number] for number in ("42", "7")] == [True, False]
    assert ["Most likely" in shown[number] for number in (NOTHING, MANY)] == [False, False]


def test_the_picture_in_words():
    first, other, nothing = (reading_of(number, photo_of(number)) for number in ("42", MANY, NOTHING))
    assert text.alt_text(first, [], False) == "Your photo: 42 in a solid green box"
    words = text.alt_text(first, [other], True)
    assert words.endswith("42 in a solid green box, more than five digits in a thin one, the true box dashed in red")
    assert text.alt_text(nothing, [], False) == "Your photo: no number was found"


def test_a_file_s_name_cannot_smuggle_markup_in():
    assert "<script>" not in text.refusal("<script>alert(1)</script>", "<script>alert(2)</script>.png")


def test_chart_holds_every_figure_in_its_place():
    reading = reading_of("1984", photo_of("1984"))
    shown = charts.evidence(reading)
    np.testing.assert_allclose(cells(shown, "digits").astype(float), reading.digit_probs.T * 100, atol=0.051)
    np.testing.assert_allclose(cells(shown, "length").astype(float), reading.length_probs[None] * 100, atol=0.051)


def test_chart_marks_the_chosen_and_mutes_what_is_behind_the_end():
    shown = charts.evidence(reading_of("42", photo_of("42")))
    marked = re.findall(r'<td class="([^"]*)" style="--p:0\.900" tabindex="([^"]*)" data-says="([^:]+): 90.0 %', shown)
    assert marked == [
        ("chosen", "-1", "2nd digit is 2"),
        ("chosen", "0", "1st digit is 4"),
        ("chosen past", "-1", "There is no 3rd digit"),
        ("chosen past", "-1", "There is no 4th digit"),
        ("chosen past", "-1", "There is no 5th digit"),
    ]
    assert "<b>4</b>" in shown
    assert "<b>–</b>" in shown


def test_the_reading_is_marked_even_where_another_digit_is_likelier():
    reading = reading_of("7", photo_of("7"))
    probs = reading.digit_probs.copy()
    probs[1] = 0.03
    probs[1, 3] = 0.70  # blank comes second, the length says one digit
    shown = charts.evidence(dataclasses.replace(reading, digit_probs=probs))
    assert 'data-says="There is no 2nd digit: 3.0 %"' in shown.split('class="chosen past"', 1)[1][:120]


def test_chart_of_too_many_digits_shows_the_likeliest():
    shown = charts.evidence(reading_of(MANY, photo_of(MANY)))
    assert [f"<b>{digit}</b>" in shown for digit in MANY[:5]] == [True] * 5
    chosen = re.search(r'class="chosen" style="--p:0.940" tabindex="0" data-says="([^"]*)"', shown)
    assert chosen[1] == "The number has more than 5 digits: 94.0 %"


def test_timing_adds_up():
    assert "Read in 12 ms" in plain(charts.timing({"decode": 4.6, "localizer": 5.0, "reader": 2.0}))


@pytest.mark.parametrize(
    ("drawn", "shown"),
    [
        ((True, True, False), "found true"),
        ((True, False, True), "found others"),
        ((True, False, False), "found"),
        ((False, True, False), "true"),
        ((False, False, False), ""),
    ],
)
def test_legend_names_what_is_drawn(drawn, shown):
    assert " ".join(re.findall(r'<i class="(\w+)"', text.legend(*drawn))) == shown
