"""All networks of a weights folder, for visitors to choose from.

They are few and small, so all are loaded when the page starts: a damaged file is reported then, and not to a visitor.
Nothing changes afterwards, so threads can share them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import product, zip_longest
from pathlib import Path

from svhn import weights
from svhn.pipeline import Pipeline
from svhn.utils.paths import WEIGHTS

Pair = tuple[str, str]  # the names of a localizer and a reader
MEASURED = {  # metrics in a manifest, in words
    "held_out_accuracy": "reads {} of held-out numbers",
    "held_out_recall_50": "finds {} of held-out numbers",
    "held_out_count_accuracy": "counts the digits of {} of held-out numbers",
}


@dataclass(frozen=True)
class Network:
    """A network: its name in the manifest, its title, whether it is the default of several, and its held-out metric
    in words."""

    name: str
    title: str
    default: bool = False
    measured: str = ""


@dataclass(frozen=True)
class Networks:
    """Localizers and readers, the default first, and a pipeline of every pair of them."""

    localizers: tuple[Network, ...]
    readers: tuple[Network, ...]
    pipelines: Mapping[Pair, Pipeline]

    @property
    def default(self) -> Pipeline:
        """The default pair."""
        return self.pipelines[self.localizers[0].name, self.readers[0].name]

    @property
    def has_choice(self) -> bool:
        """Whether there is more than one pair."""
        return len(self.pipelines) > 1

    def title(self, name: str) -> str:
        """The title of the network of that name."""
        return next(network.title for network in (*self.localizers, *self.readers) if network.name == name)

    @staticmethod
    def load(folder: Path = WEIGHTS, precision: str = "auto") -> Networks:
        """`precision` as in `Pipeline.load`. Raises WeightsError, also for a network that is not the default."""
        folder = Path(folder)
        manifest = weights.read_manifest(folder)
        localizers, readers = weights.localizers(manifest), weights.readers(manifest)
        # Each is loaded once; where one list is shorter, the default fills in.
        pairs = zip_longest(localizers, readers)
        loaded = [Pipeline.load(folder, localizer=a, reader=b, precision=precision) for a, b in pairs]
        finding, reading = dict(zip(localizers, loaded, strict=False)), dict(zip(readers, loaded, strict=False))

        return Networks(
            _named(manifest, localizers),
            _named(manifest, readers),
            {(a, b): _pair(finding[a], reading[b], a, b) for a, b in product(localizers, readers)},
        )


def _named(manifest: dict, names: list[str]) -> tuple[Network, ...]:
    entries = [manifest["networks"][name] for name in names]
    return tuple(
        Network(name, entry.get("title", name), len(names) > 1 and name == names[0], _measured(entry))
        for name, entry in zip(names, entries, strict=True)
    )


def _measured(entry: dict) -> str:
    """The held-out metric of the last epoch, in words; "" if there is none."""
    last = (entry.get("held_out") or [{}])[-1]
    for key, words in MEASURED.items():
        if isinstance(share := last.get(key), float):
            return words.format(f"{share:.0%}".replace("%", " %"))
    return ""


def _pair(finding: Pipeline, reading: Pipeline, localizer: str, reader: str) -> Pipeline:
    """The localizer of one pipeline with the reader of another, and that reader's settings."""
    sha256 = {localizer: finding.sha256[localizer], reader: reading.sha256[reader]}
    return replace(reading, localizer=finding.localizer, sha256=sha256)
