"""Cut places without a number -> `negative_crops.h5`, from which a reader learns to report none.

They come from street pictures without numbers: a localizer's false alarms, and random places.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from .. import labels
from ..boxes import Box
from ..images.decode import open_photo
from ..utils.errors import DataError
from ..utils.files import working_folder
from .backgrounds import background_paths
from .datasets import NEGATIVE_CROPS
from .h5_writer import FORMAT_VERSION, Table, create_h5
from .prepare import CROPS, crop_row

FOUND, ANYWHERE = 10, 4  # places a picture: the most misleading ones, and random ones
ASPECT, SIDE = (0.6, 2.5), (0.04, 0.4)  # of random places: width by height, and height as a share of the picture's


def prepare_negatives(
    folder: Path, out_dir: Path, locate: Callable[[np.ndarray], Sequence[Box]], seed: int = 0, progress: bool = True
) -> int:
    """Write the crops and return their count.

    locate: photo (h, w, 3) uint8 -> boxes (K, 4), the most number-like first. Held-out pictures
    (`backgrounds.background_paths`) are not used. Raises DataError when there are no pictures, one cannot be decoded,
    or nothing can be written.
    """
    rng = np.random.default_rng(seed)
    digits, length = labels.encode("")
    written = 0
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
        with working_folder(out_dir, ".prepare-negatives-") as aside:
            path = aside / NEGATIVE_CROPS
            with create_h5(path) as file:
                file.attrs.update(format_version=FORMAT_VERSION, split="negatives")
                table = Table(file, CROPS)
                for picture in tqdm(
                    background_paths(folder), "Looking for places without a number", delay=2, disable=not progress
                ):
                    photo = open_photo(picture)
                    for box in np.array([*locate(photo)[:FOUND], *_random_boxes(photo, rng)]):
                        common = {"digits": digits, "length": length, "number": written}
                        table.append(**common, **crop_row(photo, box, np.empty((0, 4))))
                        written += 1
                table.flush()
            os.replace(path, out_dir / path.name)
    except OSError as error:
        raise DataError(f"{out_dir} cannot be written: {os.strerror(error.errno) if error.errno else error}.") from None
    return written


def _random_boxes(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(ANYWHERE, 4) boxes inside the photo, in its pixels."""
    height, width = photo.shape[:2]
    h = height * np.exp(rng.uniform(*np.log(SIDE), ANYWHERE))
    w = np.minimum(h * np.exp(rng.uniform(*np.log(ASPECT), ANYWHERE)), width)
    left_top = rng.random((ANYWHERE, 2)) * np.stack([width - w, height - h], axis=1)
    return np.concatenate([left_top, left_top + np.stack([w, h], axis=1)], axis=1)
