"""Synthetic crops made once and drawn from again and again, where making fresh ones would slow training down."""

from __future__ import annotations

from pathlib import Path

import torch

from ..data.batches import CropSet, join
from ..training.progress import progress_bar
from .config import StreetConfig
from .glyphs import load_atlas
from .street import crops

CHUNK = 128


def crop_bank(
    n: int,
    seed: int,
    device: torch.device | str = "cpu",
    backgrounds: torch.Tensor | None = None,
    config: StreetConfig = StreetConfig(),
) -> CropSet:
    """n loose crops; the same seed, device and backgrounds give the same ones. backgrounds: uint8 (M, 3, 256, 256)."""
    atlas = load_atlas().to(device)
    generator = torch.Generator(device).manual_seed(seed)
    bar = progress_bar(n, 0, "synthetic crops", unit="crop")
    made = []
    for start in range(0, n, CHUNK):
        count = min(CHUNK, n - start)
        batch = crops(count, config, atlas, generator, device, backgrounds)
        made.append(CropSet(batch.images, batch.box, batch.digits.long(), batch.length.long(), batch.aspect))
        bar.update(count)
    bar.close()
    return join(made)


def cached_crop_bank(path: Path, n: int, seed: int, device: torch.device, backgrounds: torch.Tensor | None) -> CropSet:
    """`crop_bank`, kept in a file beside the run so that resuming need not make it again."""
    key = {"n": n, "seed": seed, "config": repr(StreetConfig()), "backgrounds": backgrounds is not None}
    if path.is_file():
        content = torch.load(path, map_location=device, weights_only=True)
        if content["key"] == key:
            return CropSet(**content["crops"])
    bank = crop_bank(n, seed, device, backgrounds)
    aside = path.with_suffix(".part")
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"key": key, "crops": vars(bank)}, aside)
    aside.replace(path)
    return bank
