import pytest
import torch

from svhn.evaluation.calibration import fit_temperature, readings_at
from svhn.labels import BLANK


def test_a_temperature_divides_the_logits_of_digits_and_length():
    digits, lengths = torch.randn(3, 5, 11), torch.randn(3, 7)
    pairs = zip(readings_at(digits, lengths, 2.0), readings_at(digits / 2, lengths / 2, 1.0), strict=True)
    assert all(torch.equal(cooled, halved) for cooled, halved in pairs)


def test_logits_are_cooled_by_the_factor_they_were_heated_with():
    generator = torch.Generator().manual_seed(0)
    n = 4000
    length = torch.ones(n, dtype=torch.long)
    honest = torch.randn(n, 10, generator=generator) * 2  # the first digit; the rest is certain
    digit = torch.multinomial(honest.softmax(-1), 1, generator=generator)  # drawn as the logits say
    digits = torch.cat([digit, torch.full((n, 4), BLANK)], dim=1)
    digit_logits = torch.full((n, 5, 11), -60.0)
    digit_logits[:, 0, :10] = honest
    digit_logits[:, 1:, BLANK] = 60.0
    length_logits = torch.full((n, 7), -60.0)
    length_logits[:, 1] = 60.0
    own = fit_temperature(digit_logits, length_logits, digits, length)
    assert own == pytest.approx(1, abs=0.1)
    for factor in (0.45, 2.0, 3.6):
        digit_logits[:, 0, :10] = honest * factor
        fitted = fit_temperature(digit_logits, length_logits, digits, length)
        assert fitted == pytest.approx(own * factor, rel=0.025)  # a step of the temperatures that are tried
