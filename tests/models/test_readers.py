"""Readers: shapes, sizes, and what makes each the network it claims to be."""

from dataclasses import asdict

import pytest
import torch

from svhn.images.preprocess import sides
from svhn.labels import length_from_blanks
from svhn.models import DIGITS, READERS, build, kind_of
from svhn.models.ensemble import average_readers
from svhn.training.recipes import RECIPES


@pytest.mark.parametrize("name", READERS)
def test_crops_become_logits_of_five_digits_and_a_length(name):
    network = build(name).eval()
    digits, length = network(torch.randn(2, 3, *sides(network.config.input_size)))
    assert digits.shape == (2, 5, 11)
    assert length.shape == (2, 7)


def test_the_default_reader_is_small():
    assert sum(p.numel() for p in build("averaged").parameters()) <= 4_000_000


def test_the_papers_reader_has_the_papers_layers():
    network = build("goodfellow")
    convolutions = [layer for layer in network.convolutions if isinstance(layer, torch.nn.Conv2d)]
    assert len(convolutions) == 8
    assert convolutions[0].out_channels == 48 * 3  # maxout: three filters a unit
    assert [layer.in_features for layer in network.dense if isinstance(layer, torch.nn.Linear)] == [192 * 7 * 7, 3072]


def _convolutions(network: torch.nn.Module) -> list[torch.nn.Conv2d]:
    return [layer for layer in network.modules() if isinstance(layer, torch.nn.Conv2d)]


def test_the_simplified_reader_is_as_its_document_describes_it():
    network = build("goodfellow", RECIPES["strips"].sizes).eval()
    assert len(_convolutions(network)) == 6  # the paper's last two are left out
    assert _convolutions(network)[0].in_channels == 1
    assert [layer.out_features for layer in network.dense if isinstance(layer, torch.nn.Linear)] == [1024, 1024]
    assert isinstance(network.local, torch.nn.Identity)
    kinds = [type(layer).__name__ for layer in network.convolutions]
    assert kinds[:2] == ["BatchNorm2d", "Conv2d"]  # it normalises before every convolution
    strips = torch.randn(2, 1, 28, 140)
    digits, length = network(strips)
    assert digits.shape == (2, 5, 11)
    assert torch.equal(length, length_from_blanks(digits))  # it has no head for that
    in_colour = network(strips.expand(2, 3, 28, 140))[0]
    assert torch.allclose(digits, in_colour, atol=1e-5)  # the mean of red, green and blue is what it looks at


def test_the_larger_reader_gets_the_blocks_and_the_length_head_back():
    network = build("goodfellow", RECIPES["goodfellow_large"].sizes)
    assert len(_convolutions(network)) == 8
    assert network.length.out_features == 7
    assert isinstance(network.local, torch.nn.Identity)


def test_every_convolution_has_its_pooling():
    with pytest.raises(ValueError, match="zip"):
        build("goodfellow", {"channels": (4, 4), "strides": (2,)})


def test_the_tutorials_reader_sees_grey():
    network = build("simple").eval()
    crops = torch.randn(2, 3, 28, 140)
    assert torch.allclose(network(crops)[0], network(crops.flip(1))[0], atol=1e-5)


def test_vgg16_has_its_thirteen_convolutions_filled_as_torchvision_fills_them():
    torch.manual_seed(0)
    convolutions = _convolutions(build("vgg16"))
    assert [layer.out_channels for layer in convolutions] == [64] * 2 + [128] * 2 + [256] * 3 + [512] * 6
    for layer in convolutions:
        assert layer.weight.std().item() == pytest.approx((2 / (9 * layer.out_channels)) ** 0.5, rel=0.05)
        assert not layer.bias.any()


@pytest.mark.parametrize("name", DIGITS)
def test_single_digits_become_ten_logits(name):
    assert build(name).eval()(torch.randn(3, 1, 28, 28)).shape == (3, 10)


def test_logistic_regression_is_linear():
    network = build("logistic")
    a, b = torch.randn(2, 1, 1, 28, 28)
    assert torch.allclose(network(a) + network(b), network(a + b) + network(torch.zeros(1, 1, 28, 28)), atol=1e-5)


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


def test_members_that_differ_answer_with_their_mean():
    members = [build("compact").eval() for _ in range(3)]
    network, crops = average_readers(members), torch.randn(2, 3, 64, 64)
    for k, head in enumerate(network(crops)):
        assert torch.allclose(head, sum(member(crops)[k].log_softmax(-1) for member in members) / 3, atol=1e-5)
    maps = network.attention(crops)
    assert torch.allclose(maps, sum(member.attention(crops) for member in members) / 3, atol=1e-6)
    assert kind_of(network) == "averaged"
    again = build("averaged", asdict(network.config))
    again.load_state_dict(network.state_dict())
    assert torch.equal(again.eval()(crops)[0], network(crops)[0])


def test_sizes_can_be_overridden_and_wrong_ones_are_refused():
    assert build("compact", {"channels": [8, 8, 8, 16]}).config.channels == (8, 8, 8, 16)
    with pytest.raises(TypeError):
        build("compact", {"depth": 3})
    with pytest.raises(KeyError, match="known are"):
        build("lenet")


@pytest.mark.parametrize("name", READERS)
def test_dropout_and_batch_norm_are_still_at_evaluation(name):
    network = build(name).eval()
    crops = torch.randn(3, 3, *sides(network.config.input_size))
    assert torch.allclose(network(crops)[0][:1], network(crops[:1])[0], atol=1e-4)
