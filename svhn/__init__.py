"""House numbers in street photos: find them, read them, and say how sure the models are.

from svhn import Pipeline, open_photo
reading = Pipeline.load().read(open_photo("photo.jpg"))
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .images.decode import open_photo
    from .pipeline import Pipeline
    from .reading import Reading

__all__ = ["Pipeline", "Reading", "open_photo"]
_MODULES = {"Pipeline": "pipeline", "Reading": "reading", "open_photo": "images.decode"}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: preparing data should not wait for PyTorch."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
