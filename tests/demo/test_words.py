"""What a reading is called, and its probabilities as tables."""

from __future__ import annotations

import dataclasses
import html
import re

import numpy as np
import pytest
from stand_in import MANY, NOTHING, StandIn, photo_of, reading_of

from demo import chart, words
from svhn.data.truth import Truth


def verdict(number: str, true: str | None = None) -> str:
    reading = reading_of(number, photo_of(number))
    return words.verdict(reading, StandIn.unsure_below, None if true is None else Truth(true, None))


def text(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def cells(markup: str, table: str) -> np.ndarray:
    """The figures of a chart's table as they are announced, (rows, columns)."""
    body = markup.split(f'<table class="{table}"')[1].split("<tbody>")[1].split("</tbody>")[0]
    return np.array(
        [[cell for cell in re.findall(r'title="[^"]*: ([\d.]+)%"', row)] for row in body.split("</tr>")[:-1]]
    )


@pytest.mark.parametrize(
    ("number", "state", "said"),
    [
        ("42", "sure", "42 Almost certain >99 %"),
        ("7", "sure", "7 Very sure 97 %"),
        ("30512", "sure", "30512 Fairly sure 88 %"),
        ("1984", "unsure", "1984 Unsure 41 %"),
        (NOTHING, "none", "No number found Go closer"),
        (MANY, "long", "More than five digits"),
    ],
)
def test_states(number: str, state: str, said: str) -> None:
    shown = verdict(number)
    assert f'data-state="{state}"' in shown
    assert said in text(shown)
    assert "Right" not in text(shown)
    assert "Wrong" not in text(shown)


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
def test_right_or_wrong_in_more_than_colour(number: str, true: str, right: bool) -> None:
    said = text(verdict(number, true))
    assert ("✓ Right" in said, "✗ Wrong" in said) == (right, not right)
    assert (true or "there is no number") in said


def test_no_advice_to_go_closer_where_nothing_is() -> None:
    assert "Go closer" not in verdict(NOTHING, "")
    assert "Go closer" in verdict(NOTHING, "42")


@pytest.mark.parametrize(
    ("p", "said"),
    [
        (1.0, ">99 %"),
        (0.996, ">99 %"),
        (0.994, "99 %"),
        (0.5, "50 %"),
        (0.011, "1 %"),
        (0.004, "<1 %"),
        (0, "<1 %"),
    ],
)
def test_percent_promises_nothing(p: float, said: str) -> None:
    assert words.percent(p) == said


def test_a_file_s_name_cannot_smuggle_markup_in() -> None:
    assert "<script>" not in words.refusal("<script>alert(1)</script>")


def test_chart_holds_every_figure_in_its_place() -> None:
    reading = reading_of("1984", photo_of("1984"))
    shown = chart.chart(reading)
    np.testing.assert_allclose(cells(shown, "digits").astype(float), reading.digit_probs.T * 100, atol=0.051)
    np.testing.assert_allclose(cells(shown, "length").astype(float), reading.length_probs[None] * 100, atol=0.051)


def test_chart_marks_the_chosen_and_mutes_what_is_behind_the_end() -> None:
    shown = chart.chart(reading_of("42", photo_of("42")))
    marked = re.findall(r'<td class="([^"]*)" style="--p:0\.900" title="(\w+) digit, (\w+)', shown)
    assert marked == [
        ("chosen", "2nd", "2"),
        ("chosen", "1st", "4"),
        ("chosen past", "3rd", "none"),
        ("chosen past", "4th", "none"),
        ("chosen past", "5th", "none"),
    ]
    assert "<b>4</b>" in shown
    assert "<b>–</b>" in shown


def test_the_reading_is_marked_even_where_another_digit_is_likelier() -> None:
    reading = reading_of("7", photo_of("7"))
    probs = reading.digit_probs.copy()
    probs[1] = 0.03
    probs[1, 3] = 0.70  # blank comes second, the length says one digit
    shown = chart.chart(dataclasses.replace(reading, digit_probs=probs))
    assert 'title="2nd digit, none: 3.0%"' in shown.split('class="chosen past"', 1)[1][:120]


def test_chart_of_too_many_digits_shows_the_likeliest() -> None:
    shown = chart.chart(reading_of(MANY, photo_of(MANY)))
    assert [f"<b>{digit}</b>" in shown for digit in MANY[:5]] == [True] * 5
    assert 'class="chosen" style="--p:0.940" title="more digits' in shown


def test_timing_adds_up() -> None:
    assert "Read in 12 ms" in text(words.timing({"decode": 4.6, "localizer": 5.0, "reader": 2.0}))


@pytest.mark.parametrize(
    ("found", "true", "shown"), [(1, 1, "found true"), (1, 0, "found"), (0, 1, "true"), (0, 0, "")]
)
def test_legend_names_what_is_drawn(found: int, true: int, shown: str) -> None:
    assert " ".join(re.findall(r'<i class="(\w+)"', words.legend(bool(found), bool(true)))) == shown
