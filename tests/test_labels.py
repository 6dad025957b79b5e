import math

import numpy as np
import pytest
import torch

from svhn import labels


@pytest.mark.parametrize("label", [0, 11, 2.5, float("nan"), -float("inf")])
def test_official_ten_is_zero_and_other_labels_are_refused(label):
    assert [labels.digit_from_official(label) for label in (1.0, 9.0, 10.0)] == [1, 9, 0]
    with pytest.raises(ValueError, match="not a whole number from 1 to 10"):
        labels.digit_from_official(label)


@pytest.mark.parametrize(
    ("number", "digits", "length"),
    [
        ("", [10, 10, 10, 10, 10], 0),  # no number: all blank
        ("0", [0, 10, 10, 10, 10], 1),  # the digit zero is not a blank
        ("007", [0, 0, 7, 10, 10], 3),
        ("98760", [9, 8, 7, 6, 0], 5),
        ("1234567", [1, 2, 3, 4, 5], labels.TOO_LONG),
    ],
)
def test_encode_and_decode(number, digits, length):
    encoded, its_length = labels.encode(number)
    assert encoded.tolist() == digits
    assert its_length == length
    assert labels.decode(encoded, its_length) == (None if length == labels.TOO_LONG else number)
    assert labels.as_array(number) == [length, *digits]
    assert labels.as_array(None) == [6, 10, 10, 10, 10, 10]  # too long, and nobody knows its digits


@pytest.mark.parametrize("text", ["12a", " 1", "-1", "½", "٣", "1.5"])
def test_other_text_and_blanks_inside_a_number_are_refused(text):
    with pytest.raises(ValueError, match="not a number written in digits"):
        labels.encode(text)
    with pytest.raises(ValueError, match="blank among the first 3"):
        labels.decode(np.array([1, labels.BLANK, 2, 10, 10]), 3)


def test_joint_decoding_is_the_best_of_all_readings():
    # Every digit is independent, so trying all lengths with the best digits is an exhaustive search.
    generator = torch.Generator().manual_seed(0)
    digit_logits = torch.randn(20, 5, 11, generator=generator) * 3
    length_logits = torch.randn(20, 7, generator=generator)
    digit_log_probs, length_log_probs = digit_logits.log_softmax(-1), length_logits.log_softmax(-1)
    digits, length, confidence = labels.decode_joint(digit_log_probs, length_log_probs)
    best, blank = digit_log_probs[..., :10].max(-1).values, digit_log_probs[..., 10]  # (20, 5)
    totals = length_log_probs + torch.stack([best[:, :n].sum(1) + blank[:, n:].sum(1) for n in range(7)], dim=1)
    assert torch.equal(length, totals.argmax(1))
    torch.testing.assert_close(confidence, totals.amax(1).exp())
    for kept, n in zip(digits.tolist(), length.tolist(), strict=True):
        assert all(0 <= d <= 9 for d in kept[:n])
        assert kept[n:] == [10] * max(0, 5 - n)


def test_the_likeliest_numbers_are_the_best_of_all():
    generator = torch.Generator().manual_seed(3)
    digits = torch.randn(5, 11, generator=generator).mul(2).log_softmax(-1)
    length = torch.randn(7, generator=generator).log_softmax(-1)
    digits[2:, 10] += 6  # short numbers are likely, so that all of up to two digits can be counted out
    digits = digits.log_softmax(-1)
    found = labels.likeliest(digits, length, 4)

    def total(number: str) -> float:
        places = [int(d) for d in number] + [10] * (5 - len(number))
        return float(sum(digits[i, c] for i, c in enumerate(places)) + length[len(number)])

    every = ["", *(str(n) for n in range(10)), *(f"{n:02d}" for n in range(100)), *(f"{n:03d}" for n in range(1000))]
    best = sorted(every, key=total, reverse=True)[:4]
    assert [number for number, _ in found] == best
    assert [p for _, p in found] == pytest.approx([math.exp(total(number)) for number in best])
    digits[:, 10] -= 60
    assert {len(number) for number, _ in labels.likeliest(digits, length, 12)} == {5}


def _lengths(blank: list[float]) -> list[float]:
    """How likely each position is blank -> `length_from_blanks` as likelihoods (7,)."""
    rows = torch.tensor([[(1 - p) / 10] * 10 + [p] for p in blank]).clamp_min(1e-30).log()
    return labels.length_from_blanks(rows[None])[0].exp().tolist()


def test_length_from_blanks_of_cases_worked_out_by_hand():
    b, f = (0.1, 0.2, 0.5, 0.9, 0.8), (0.9, 0.8, 0.5, 0.1, 0.2)  # blank, filled
    by_hand = [math.prod(f[:n] + b[n:]) for n in range(6)] + [0.0]
    assert _lengths(list(b)) == pytest.approx(by_hand, rel=1e-4, abs=1e-8)
    for length in range(6):
        assert _lengths([0.0] * length + [1.0] * (5 - length))[length] == pytest.approx(1, abs=1e-4)
    logits = torch.zeros(1, 5, 11)  # however sure, there is a finite slope
    logits[0, :2, 3], logits[0, 2:, labels.BLANK] = 200.0, 200.0
    logits.requires_grad_()
    torch.nn.functional.cross_entropy(labels.length_from_blanks(logits), torch.tensor([4])).backward()
    assert logits.grad.isfinite().all()


def test_the_probability_of_one_number_is_that_of_its_length_and_digits():
    digits, length = labels.encode("42")
    digit_probs, length_probs = np.full((2, 5, 11), 0.05), np.full((2, 7), 0.1)  # the second crop knows nothing
    digit_probs[0, np.arange(5), digits], length_probs[0, length] = 0.5, 0.4
    for number, p in (("42", 0.4 * 0.5**5), ("4", 0.1 * 0.05 * 0.5**4), (None, 0.1 * 0.5**2 * 0.05**3)):
        found = np.exp(labels.log_prob(number, np.log(digit_probs), np.log(length_probs)))
        assert found == pytest.approx([p, 0.1 * 0.05**5])
