import numpy as np
import pytest
import torch
from helpers.tiny_runs import SIZES
from torch import nn

from svhn.images.preprocess import sides
from svhn.models import LOCALIZERS, READERS, build
from svhn.models.precision import BF16, FP32, choose_precision, fold_norms
from svhn.pipeline import Pipeline

SMALL = SIZES | {"averaged": SIZES["compact"], "fcos": {**SIZES["fcos"], "digits": True}}


def _network(name: str, **sizes) -> nn.Module:
    """An untrained one whose norms have something to fold."""
    torch.manual_seed(0)
    network = build(name, SMALL.get(name, {}) | sizes)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            for values in (module.weight, module.bias, module.running_mean):
                nn.init.uniform_(values, -0.5, 0.5)
            nn.init.uniform_(module.running_var, 0.5, 2.0)
    return network.eval()


def _outputs(network: nn.Module, inputs: torch.Tensor) -> list[torch.Tensor]:
    outputs = network(inputs)
    outputs = [outputs] if isinstance(outputs, torch.Tensor) else outputs
    return [each.float() for each in outputs if each is not None]


@pytest.mark.parametrize("name", sorted((READERS | LOCALIZERS).keys() - {"whole", "vgg16", "vgg16_box"}))
def test_folding_norms_changes_nothing_but_the_rounding(name):
    network = _network(name)
    inputs = torch.randn(2, 3, *(sides(getattr(network.config, "input_size", 64))))
    with torch.inference_mode():
        before = _outputs(network, inputs)
        after = _outputs(fold_norms(network), inputs)
    for a, b in zip(before, after, strict=True):
        assert torch.allclose(a, b, rtol=1e-3, atol=1e-4)
    norm_first = _network("goodfellow", norm_first=True)  # left alone
    assert any(isinstance(module, nn.BatchNorm2d) for module in fold_norms(norm_first).modules())
    if name in ("fcos", "averaged", "compact", "unet"):
        assert not any(isinstance(module, nn.BatchNorm2d) for module in network.modules())


def test_auto_is_bf16_only_where_the_processor_has_units_for_it(monkeypatch):
    for units, precision in ((True, BF16), (False, FP32)):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda units=units: {"amx_bf16": units}, raising=False)
        assert choose_precision("auto", "cpu") == precision
    assert choose_precision("bf16", "cpu") == BF16  # who asks for it gets it
    monkeypatch.delattr(torch.cpu, "get_capabilities")  # of an older torch
    assert choose_precision("auto", "cpu") == FP32
    with pytest.raises(ValueError, match="fp16"):
        choose_precision("fp16", "cpu")


def test_a_pipeline_is_loaded_in_the_precision_that_is_asked_for(tiny_weights):
    kinds = {name: Pipeline.load(tiny_weights, precision=name) for name in (FP32, BF16)}
    types = {name: kind.reader.key.weight.dtype for name, kind in kinds.items()}
    assert types == {FP32: torch.float32, BF16: torch.bfloat16}
    photo = np.random.default_rng(0).integers(0, 255, (60, 90, 3), dtype=np.uint8)
    readings = [kind.read(photo) for kind in kinds.values()]
    assert readings[0].confidence == pytest.approx(readings[1].confidence, abs=0.05)
    for kind, reading in zip(kinds.values(), readings, strict=True):
        assert kind.explain(photo, reading).heat.dtype == np.float32
