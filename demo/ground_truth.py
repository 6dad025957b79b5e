"""The true number and box of known photos, which are recognized by their content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from tqdm import tqdm

from svhn import boxes as bx
from svhn.boxes import Box
from svhn.data import digitstruct
from svhn.data.annotations import Sample, Truth, truth_from_record
from svhn.data.archive import Split, open_split
from svhn.data.digitstruct import Records, image_number
from svhn.data.split import is_held_out
from svhn.images.decode import PhotoError, open_photo

INDEXED = ("test", "train")  # extra would take minutes at every start
N_SAMPLES = 12  # photos of a data set that are offered on the page
SAME_PLACE_IOU = 0.3  # two boxes that overlap more are of the same number


def iou(a: Box, b: Box) -> float:
    """Intersection over union of two boxes."""
    return float(bx.iou(np.array(a), np.array(b)))


def fingerprint(data: bytes) -> bytes:
    """The hash of a file's content, whatever its name."""
    return hashlib.sha256(data).digest()


class TruthIndex:
    """Truth by content: the same bytes under any name are the same photo."""

    def __init__(self) -> None:
        self._by_content: dict[bytes, Truth] = {}

    def __len__(self) -> int:
        return len(self._by_content)

    def add(self, data: bytes, truth: Truth) -> None:
        self._by_content[fingerprint(data)] = truth

    def find(self, data: bytes) -> Truth | None:
        return self._by_content.get(fingerprint(data)) if self._by_content else None


def index_data_set(
    data_dir: Path,
    truths: TruthIndex,
    copies: Path,
    shown: int = N_SAMPLES,
    prepared: Path | None = None,
    held_out: bool = False,
) -> list[Sample]:
    """Add every photo of the data set's test and train splits to `truths`; return a few to try.

    About `shown` of them, evenly spaced over test if it is there, else over train, are written to the folder `copies`.
    held_out: whether the networks never saw the held-out photos of train; these are then the ones to try.
    If the folder `prepared` exists, the parsed records are kept there. Raises DataError when there is neither split or
    an archive is damaged.
    """
    present = [split for split in INDEXED if _is_present(data_dir, split)]
    if not present:
        open_split(data_dir, "train")  # raises, and says what is missing
    samples: list[Sample] = []
    for split in present:
        samples += _index(open_split(data_dir, split), truths, copies, 0 if samples else shown, prepared, held_out)
    return samples


def describe_samples(samples: list[Sample]) -> str:
    """The heading of the strip of these photos, which says whether the networks were trained on them."""
    part = samples[0].title.split()[0]
    if part != "train":
        return f"Or a {part} photo from your data set"
    return "Or a training photo from your data set; the models learned from these"


def _is_present(data_dir: Path, split: str) -> bool:
    return (data_dir / split).is_dir() or (data_dir / f"{split}.tar.gz").is_file()


def _index(
    source: Split, truths: TruthIndex, copies: Path, shown: int, prepared: Path | None, held_out: bool
) -> list[Sample]:
    records = digitstruct.read_split(source, prepared)
    known = dict(_named_truths(records))
    held_out = held_out and source.name == "train"
    unseen = [name for name in known if held_out and is_held_out(image_number(name))]
    part, names = ("held-out", unseen) if unseen else (source.name, list(known))
    wanted = set(names[:: max(1, -(-len(names) // shown))]) if shown else set()
    samples = []
    for name, data in tqdm(
        source.photos(), total=len(records), desc=f"Indexing {source.path.name}", unit=" photos", delay=2
    ):
        if truth := known.get(name):
            truths.add(data, truth)
            if name in wanted and _opens(data):
                copy = copies / name
                copy.write_bytes(data)
                samples.append(Sample(f"{part} {copy.stem}", copy, truth))
    return samples


def _opens(data: bytes) -> bool:
    try:
        open_photo(data)
    except PhotoError:
        return False
    return True


def _named_truths(records: Records) -> Iterator[tuple[str, Truth]]:
    for i in range(len(records)):
        try:
            yield records[i].name, truth_from_record(records[i])
        except ValueError:
            continue  # a damaged record is left out
