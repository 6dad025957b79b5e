"""What the tests of the generator share."""

import pytest
import torch

from svhn.synth.glyphs import Atlas, load_atlas
from svhn.synth.rng import Sampler


@pytest.fixture(scope="session")
def atlas() -> Atlas:
    return load_atlas()


@pytest.fixture
def rng() -> Sampler:
    return Sampler(torch.Generator().manual_seed(7), "cpu")
