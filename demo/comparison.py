"""Compare all networks on one photo: where each localizer looks, what each reader reads in the same crop, and what
each pair of them reads. No Gradio in here."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from svhn.boxes import Box
from svhn.reading import Reading

from .ground_truth import SAME_PLACE_IOU, iou
from .model_zoo import Network, Networks, Pair


@dataclass(frozen=True, eq=False)
class Localization:
    """What a localizer found in a photo: boxes (K, 4) in its pixels and scores (K,), best first; K may be 0."""

    network: Network
    places: np.ndarray
    scores: np.ndarray
    ms: float

    @property
    def box(self) -> Box | None:
        """The best box, None if there is none."""
        return tuple(map(float, self.places[0])) if len(self.places) else None

    def locate(self, photo: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The same result again, so that it can stand in for its localizer in a `Pipeline` for this photo, at no
        cost."""
        return self.places, self.scores


@dataclass(frozen=True, eq=False)
class CropReading:
    """What a reader read in a crop."""

    network: Network
    reading: Reading
    ms: float


def localize(networks: Networks, photo: np.ndarray) -> tuple[Localization, ...]:
    """Run every localizer on RGB uint8 (h, w, 3)."""
    return tuple(_localize_with(networks, network, photo) for network in networks.localizers)


def _localize_with(networks: Networks, network: Network, photo: np.ndarray) -> Localization:
    localizer = networks.pipelines[network.name, networks.readers[0].name].localizer
    start = time.perf_counter()
    places, scores = localizer.locate(photo)
    return Localization(network, places, scores, (time.perf_counter() - start) * 1e3)


def read_crop(networks: Networks, photo: np.ndarray, box: Box) -> Iterator[CropReading]:
    """Run every reader on the same box."""
    for network in networks.readers:
        pipeline = networks.pipelines[networks.localizers[0].name, network.name]
        start = time.perf_counter()
        (reading,) = pipeline.read_boxes(photo, [box])
        yield CropReading(network, reading, (time.perf_counter() - start) * 1e3)


def read_pairs(networks: Networks, photo: np.ndarray, found: Sequence[Localization]) -> dict[Pair, Reading]:
    """The reading of every pair, from what the localizers have found. The length is not checked, which affects the
    confidence but not the number."""
    readings = {}
    for each in found:
        for reader in networks.readers:
            pair = each.network.name, reader.name
            pipeline = replace(networks.pipelines[pair], localizer=each, check_length=False)
            readings[pair] = pipeline.read(photo)
    return readings


def group_by_place(found: Sequence[Localization]) -> list[list[Localization]]:
    """Group the localizers that found something by place, the largest group first; each is near the first of its
    group."""
    groups: list[list[Localization]] = []
    for each in found:
        if each.box is None:
            continue
        for group in groups:
            if iou(group[0].box, each.box) > SAME_PLACE_IOU:
                group.append(each)
                break
        else:
            groups.append([each])
    return sorted(groups, key=len, reverse=True)
