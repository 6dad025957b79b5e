"""Prepare networks for service: fold each BatchNorm into the convolution before it, and use bfloat16 if the machine
has units for it. Training has its own mixed precision."""

from __future__ import annotations

import functools
from collections.abc import Callable
from itertools import pairwise

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

AUTO, FP32, BF16 = "auto", "fp32", "bf16"
PRECISIONS = (AUTO, FP32, BF16)
BF16_UNITS = ("amx_bf16", "avx512_bf16", "bf16")  # as `torch.cpu.get_capabilities` names them, on x86 and on ARM
CALLED = ("forward", "attention")  # the methods that compute; all others call these


def choose_precision(name: str, device: torch.device | str) -> str:
    """ "auto" becomes "bf16" if the device computes in it, else "fp32"; other names are returned unchanged. Raises
    ValueError for an unknown name."""
    if name not in PRECISIONS:
        raise ValueError(f"there is no precision {name!r}; choose one of {', '.join(PRECISIONS)}")
    if name != AUTO:
        return name
    device = torch.device(device)
    if device.type == "cuda":
        return BF16 if torch.cuda.is_bf16_supported(including_emulation=False) else FP32
    capabilities = getattr(torch.cpu, "get_capabilities", dict)()  # not in older releases of torch
    return BF16 if device.type == "cpu" and any(capabilities.get(unit) for unit in BF16_UNITS) else FP32


def for_service(network: nn.Module, precision: str, device: torch.device | str) -> nn.Module:
    """Fold the norms of a network, in place, and set its precision ("fp32" or "bf16"). Its outputs change only by
    rounding, and it cannot be trained any more."""
    network = fold_norms(network).requires_grad_(False)
    if precision == BF16:
        for module in network.modules():
            if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
                module.to(torch.bfloat16)  # otherwise autocast would convert the weights at every call
        for name in CALLED:
            if hasattr(network, name):
                setattr(network, name, _in_bf16(getattr(network, name), torch.device(device).type))
    return network


def fold_norms(network: nn.Module) -> nn.Module:
    """Replace every convolution and the BatchNorm right after it by one convolution, in place. Networks must
    register the two in the order in which they apply them."""
    for parent in list(network.modules()):
        for (conv_name, conv), (norm_name, norm) in pairwise(list(parent.named_children())):
            if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                setattr(parent, conv_name, fuse_conv_bn_eval(conv, norm))
                setattr(parent, norm_name, nn.Identity())
    return network


def _in_bf16(method: Callable, device_type: str) -> Callable:
    @functools.wraps(method)
    def call(*args):
        with torch.autocast(device_type, torch.bfloat16):  # a new one each time: threads share the network
            return method(*args)

    return call
