from dataclasses import asdict

import pytest
import torch
from helpers.tiny_runs import SIZES
from torchvision.models import vgg16_bn

from svhn.images.preprocess import sides
from svhn.models import READERS, build, kind_of
from svhn.models.ensemble import average_readers
from svhn.training.pretrained import MIN_SHARE


def test_members_that_differ_answer_with_their_mean():
    members = [build("compact", SIZES["compact"]).eval() for _ in range(3)]
    network, crops = average_readers(members), torch.randn(2, 3, 64, 64)
    for k, head in enumerate(network(crops)):
        assert torch.allclose(head, sum(member(crops)[k].log_softmax(-1) for member in members) / 3, atol=1e-5)
    maps = network.attention(crops)
    assert maps.shape == (2, 5, 8, 16)
    assert torch.allclose(maps, sum(member.attention(crops) for member in members) / 3, atol=1e-6)
    assert torch.allclose(maps.sum((2, 3)), torch.ones(2, 5), atol=1e-5)
    assert kind_of(network) == "averaged"
    again = build("averaged", asdict(network.config))
    again.load_state_dict(network.state_dict())
    assert torch.equal(again.eval()(crops)[0], network(crops)[0])


def test_sizes_can_be_overridden_and_wrong_ones_are_refused():
    assert build("compact", {"channels": [8, 8, 8, 16]}).config.channels == (8, 8, 8, 16)
    assert sum(p.numel() for p in build("averaged").parameters()) <= 4_000_000  # the default reader is small
    for name, sizes, error in (
        ("compact", {"depth": 3}, TypeError),
        ("lenet", {}, KeyError),
        ("goodfellow", {"channels": (4, 4), "strides": (2,)}, ValueError),  # every convolution has its pooling
    ):
        with pytest.raises(error, match=r"."):
            build(name, sizes)


@pytest.mark.parametrize("name", READERS)
def test_crops_become_logits_of_five_digits_and_a_length_each_for_itself(name):
    network = build(name, SIZES.get(name)).eval()
    crops = torch.randn(3, 3, *sides(network.config.input_size))
    digits, length = network(crops)
    assert (digits.shape, length.shape) == ((3, 5, 11), (3, 7))
    assert torch.allclose(digits[:1], network(crops[:1])[0], atol=1e-4)  # dropout and batch norm are still


@pytest.mark.parametrize("name", ["vgg16", "vgg16_box"])
def test_torchvisions_file_has_all_the_convolutions_of_the_real_network(name):
    with torch.device("meta"):
        official, own = vgg16_bn(weights=None).state_dict(), build(name).state_dict()
    shapes = {key: value.shape for key, value in own.items() if key.startswith("features.")}
    assert shapes == {key: value.shape for key, value in official.items() if key.startswith("features.")}
    values = sum(shape.numel() for shape in shapes.values())
    assert values > MIN_SHARE * sum(value.numel() for value in own.values())
