"""One photo through all networks: where each localizer looks, what each reader says of the same crop, and what each
pair of them says on its own. No Gradio in here."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from svhn.boxes import Box
from svhn.reading import Reading

from .model_zoo import Network, Networks, Pair
from .session import SAME_PLACE, overlap


@dataclass(frozen=True, eq=False)
class Found:
    """What a localizer told of a photo: boxes (K, 4) in its pixels and scores (K,), best first; K may be 0."""

    network: Network
    places: np.ndarray
    scores: np.ndarray
    ms: float

    @property
    def box(self) -> Box | None:
        """The best one."""
        return tuple(map(float, self.places[0])) if len(self.places) else None

    def locate(self, photo: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The same again, so that it stands for its localizer in a `Pipeline` for that photo, and costs nothing."""
        return self.places, self.scores


@dataclass(frozen=True, eq=False)
class Read:
    """What a reader said of a crop."""

    network: Network
    reading: Reading
    ms: float


def search(networks: Networks, photo: np.ndarray) -> tuple[Found, ...]:
    """What every localizer finds in RGB uint8 (h, w, 3)."""
    return tuple(_found(networks, network, photo) for network in networks.localizers)


def _found(networks: Networks, network: Network, photo: np.ndarray) -> Found:
    localizer = networks.pipelines[network.name, networks.readers[0].name].localizer
    start = time.perf_counter()
    places, scores = localizer.locate(photo)
    return Found(network, places, scores, (time.perf_counter() - start) * 1e3)


def read_crop(networks: Networks, photo: np.ndarray, box: Box) -> Iterator[Read]:
    """What every reader says of the same box."""
    for network in networks.readers:
        pipeline = networks.pipelines[networks.localizers[0].name, network.name]
        start = time.perf_counter()
        (reading,) = pipeline.read_boxes(photo, [box])
        yield Read(network, reading, (time.perf_counter() - start) * 1e3)


def read_pairs(networks: Networks, photo: np.ndarray, found: Sequence[Found]) -> dict[Pair, Reading]:
    """What every pair says of the photo, from what the localizers have found in it; whether they see as many digits is
    not asked, which confidence would tell, but not the number."""
    readings = {}
    for each in found:
        for reader in networks.readers:
            pair = each.network.name, reader.name
            pipeline = replace(networks.pipelines[pair], localizer=each, check_length=False)
            readings[pair] = pipeline.read(photo)
    return readings


def places(found: Sequence[Found]) -> list[list[Found]]:
    """Those that found something by where it is, the largest group first; each is near the first of its group."""
    groups: list[list[Found]] = []
    for each in found:
        if each.box is None:
            continue
        for group in groups:
            if overlap(group[0].box, each.box) > SAME_PLACE:
                group.append(each)
                break
        else:
            groups.append([each])
    return sorted(groups, key=len, reverse=True)
