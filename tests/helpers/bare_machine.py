"""Training where torch, torchvision, numpy and h5py are all there is, for a process of its own."""

import sys
from pathlib import Path


def train(prepared: Path, runs: Path, mnist_folder: Path) -> None:
    """One step of three tiny networks."""
    for name in ("cv2", "gradio", "tqdm", "tensorboard", "safetensors", "matplotlib"):
        sys.modules[name] = None

    import pytest

    from svhn.data import mnist
    from svhn.training.train import train

    from .tiny_runs import shrink

    shrink(pytest.MonkeyPatch(), steps=1, batch_size=4, synthetic_bank=4)
    mnist.VALIDATION = 20
    for name in ("compact", "mnist_logistic", "unet_zeros"):
        train(name, prepared, runs / name, mnist=mnist_folder, device="cpu")
