"""Readers: shapes, sizes, and what makes each the network it claims to be."""

import pytest
import torch

from svhn.models import READERS, build


@pytest.mark.parametrize("name", READERS)
def test_crops_become_logits_of_five_digits_and_a_length(name):
    network = build(name).eval()
    size = network.config.input_size
    digits, length = network(torch.randn(2, 3, size, size))
    assert digits.shape == (2, 5, 11)
    assert length.shape == (2, 7)


def test_the_default_reader_is_compact():
    assert sum(p.numel() for p in build("compact").parameters()) <= 4_000_000


def test_the_papers_reader_has_the_papers_layers():
    network = build("goodfellow")
    convolutions = [layer for layer in network.convolutions if isinstance(layer, torch.nn.Conv2d)]
    assert len(convolutions) == 8
    assert convolutions[0].out_channels == 48 * 3  # maxout: three filters a unit
    assert [layer.in_features for layer in network.dense if isinstance(layer, torch.nn.Linear)] == [192 * 7 * 7, 3072]


def test_the_locally_connected_layer_shares_nothing_between_locations():
    local = build("goodfellow").local[0].eval()
    same_everywhere = torch.ones(1, 192, 7, 7)
    out = local(same_everywhere)[0, :, 2:5, 2:5].flatten(1)  # (192, 9), away from the padding
    assert out.std(dim=1).min() > 0


def test_attention_says_where_each_digit_was_read():
    network = build("compact").eval()
    maps = network.attention(torch.randn(2, 3, 64, 64))
    assert maps.shape == (2, 5, 8, 16)
    assert torch.allclose(maps.sum((2, 3)), torch.ones(2, 5), atol=1e-5)


def test_sizes_can_be_overridden_and_wrong_ones_are_refused():
    assert build("compact", {"channels": [8, 8, 8, 16]}).config.channels == (8, 8, 8, 16)
    with pytest.raises(TypeError):
        build("compact", {"depth": 3})
    with pytest.raises(KeyError, match="known are"):
        build("lenet")


@pytest.mark.parametrize("name", READERS)
def test_dropout_and_batch_norm_are_still_at_evaluation(name):
    network = build(name).eval()
    crops = torch.randn(3, 3, network.config.input_size, network.config.input_size)
    assert torch.allclose(network(crops)[0][:1], network(crops[:1])[0], atol=1e-4)
