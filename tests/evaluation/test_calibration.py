import pytest
import torch

from svhn.evaluation.calibration import fit_temperature
from svhn.labels import BLANK


@pytest.mark.parametrize("factor", [0.5, 1.0, 2.0, 3.5])
def test_logits_are_cooled_by_the_factor_they_were_heated_with(factor):
    generator = torch.Generator().manual_seed(0)
    n = 4000
    length = torch.ones(n, dtype=torch.long)
    honest = torch.randn(n, 10, generator=generator) * 2  # the first digit; the rest is certain
    digit = torch.multinomial(honest.softmax(-1), 1, generator=generator)  # drawn as the logits say
    digits = torch.cat([digit, torch.full((n, 4), BLANK)], dim=1)
    digit_logits = torch.full((n, 5, 11), -60.0)
    digit_logits[:, 0, :10] = honest * factor
    digit_logits[:, 1:, BLANK] = 60.0
    length_logits = torch.full((n, 7), -60.0)
    length_logits[:, 1] = 60.0
    assert fit_temperature(digit_logits, length_logits, digits, length) == pytest.approx(factor, rel=0.15)
