"""Generate synthetic pictures once and reuse them, because generating more would slow training down."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch

from ..data.datasets import CropSet, SceneSet, join
from ..utils.errors import DataError
from ..utils.files import LOAD_ERRORS, describe_load_error, load_tensors, save_tensors
from ..utils.progress import progress_bar
from .config import StreetConfig
from .crops import crops
from .glyphs import Atlas, load_atlas
from .scenes import scenes

CHUNK = 64
HERE = Path(__file__).parent
ENTRIES = ("crops", "scenes")  # the modules that make pictures; with them count all that they import of this folder


def crop_bank(
    n: int,
    seed: int,
    device: torch.device | str = "cpu",
    backgrounds: torch.Tensor | None = None,
    config: StreetConfig = StreetConfig(),
    atlas: Atlas | None = None,
) -> CropSet:
    """n loose crops; the same arguments give the same ones. backgrounds: uint8 (M, 3, 256, 256); atlas: the
    committed one if None."""

    def to_set(made) -> CropSet:
        return CropSet(made.images, made.box, made.digits.long(), made.length.long(), made.aspect, made.digit_boxes)

    make = partial(crops, config=config, atlas=(atlas or load_atlas()).to(device), backgrounds=backgrounds)
    return _bank("crops", make, to_set, n, seed, device)


def scene_bank(
    n: int, seed: int, device: torch.device | str = "cpu", backgrounds: torch.Tensor | None = None
) -> SceneSet:
    """n scenes with 0 ... 3 numbers each; arguments as for `crop_bank`."""

    def to_set(made) -> SceneSet:
        return SceneSet(made.images, made.size.int(), made.box, made.digit_box, made.digit.long())

    make = partial(scenes, config=StreetConfig(), atlas=load_atlas().to(device), backgrounds=backgrounds)
    return _bank("scenes", make, to_set, n, seed, device)


def _bank(name: str, make: Callable, to_set: Callable, n: int, seed: int, device) -> CropSet | SceneSet:
    generator = torch.Generator(device).manual_seed(seed)
    bar = progress_bar(n, 0, f"synthetic {name}", unit="picture")
    parts = []
    for start in range(0, n, CHUNK):
        count = min(CHUNK, n - start)
        parts.append(to_set(make(count, generator=generator, device=device)))
        bar.update(count)
    bar.close()
    return join(parts)


def generator_digest() -> str:
    """Identifies the generator: its code without comments and docstrings, its tables and glyphs."""
    code, rest = {}, set(ENTRIES)
    while rest:
        code |= {name: _code(name) for name in rest}
        rest = {module for name in rest for module in _imports(code[name])} - set(code)
    digest = hashlib.sha256()
    for name in sorted(code):
        digest.update(f"{name} {ast.dump(code[name])}".encode())
    for path in sorted((HERE / "assets").iterdir()):
        if path.suffix in (".npz", ".json"):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def _code(name: str) -> ast.Module:
    """A module of this folder without its docstrings."""
    tree = ast.parse((HERE / f"{name}.py").read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return tree


def _imports(tree: ast.Module) -> set[str]:
    """The modules of this folder that one of them imports."""
    found = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level == 1]
    return {name for node in found for name in ([node.module] if node.module else [a.name for a in node.names])}


def cached(
    path: Path, make: Callable, n: int, seed: int, device: torch.device, backgrounds: torch.Tensor | None
) -> CropSet | SceneSet:
    """`crop_bank` or `scene_bank`, kept in a file, for resuming and for other runs. Raises DataError if it cannot be
    written."""
    key = {
        "what": make.__name__,
        "n": n,
        "seed": seed,
        "backgrounds": "" if backgrounds is None else hashlib.sha256(backgrounds.cpu().numpy()).hexdigest(),
        "config": repr(StreetConfig()),
        "chunk": CHUNK,
        "generator": generator_digest(),
    }
    try:
        content = load_tensors(path, device)
        if content["key"] == key:
            return {"crop_bank": CropSet, "scene_bank": SceneSet}[make.__name__](**content["set"])
    except LOAD_ERRORS:
        pass  # missing or incomplete: it is made again
    bank = make(n, seed, device, backgrounds)
    try:
        save_tensors(path, {"key": key, "set": vars(bank)})
    except (OSError, RuntimeError) as error:  # torch raises its own when the disk is full
        raise DataError(f"{path} cannot be written ({describe_load_error(error)}).") from None
    return bank
