"""Photo in, `Reading` out: localizer, crop, reader, joint decoding, calibrated confidence."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import nn

from . import boxes, labels, linking, preprocess, weights
from .boxes import Box
from .errors import WeightsError
from .reading import Reading

CANDIDATES = 6  # boxes that the reader looks at before the pipeline decides which is the number
SURE_SCORE = 0.7  # of a box: below it, it may hold but a part of the number
WHOLE_CONFIDENCE = 0.4  # with which a number put together from parts must be read
OTHERS_WORTH = 0.25  # of further numbers at least: the box's score times the reader's confidence


@dataclass(frozen=True)
class Explanation:
    """heat (rows, columns) in 0 ... 1 over the whole photo: how much each place looks like a number.
    attention (5, rows, columns) over the crop: where each digit was read, every map sums to 1.
    None for a network that cannot tell."""

    heat: np.ndarray | None
    attention: np.ndarray | None


@dataclass(frozen=True)
class Pipeline:
    """A localizer and a reader that work together.

    Photos are RGB uint8 (h, w, 3); boxes are (x1, y1, x2, y2) in their pixels. `temperature` divides the
    reader's logits, so that its probabilities mean what they say; readings below `unsure_below` are doubtful.
    """

    localizer: nn.Module
    reader: nn.Module
    temperature: float = 1.0
    unsure_below: float = 0.5
    sha256: dict[str, str] = field(default_factory=dict)  # of the weights in use, by network

    @staticmethod
    def load(
        folder: Path = weights.DEFAULT_DIR,
        device: torch.device | str = "cpu",
        localizer: str | None = None,
        reader: str | None = None,
    ) -> Pipeline:
        """The networks of a weights folder, by default those its manifest names. Raises WeightsError."""
        folder = Path(folder)
        manifest = weights.read_manifest(folder)
        localizer, reader = localizer or manifest["localizer"], reader or manifest["reader"]
        offered = {"localizers": weights.localizers(manifest), "readers": weights.readers(manifest)}
        for name, (kind, names) in zip((localizer, reader), offered.items(), strict=True):
            if name not in names:
                raise WeightsError(f"There are no weights of {name!r} to use as one of the {kind} {', '.join(names)}.")
        networks = {name: weights.load(folder, name, device) for name in (localizer, reader)}
        entries = manifest["networks"]
        return Pipeline(
            networks[localizer],
            networks[reader],
            entries[reader]["temperature"],
            manifest["unsure_below"],
            {name: entries[name]["sha256"] for name in networks},
        )

    def read(self, photo: np.ndarray) -> Reading:
        """The most prominent number of a photo."""
        return self.read_all(photo)[0]

    def read_all(self, photo: np.ndarray) -> list[Reading]:
        """The numbers of a photo, the most prominent first; when there is none, one `Reading.nothing`.

        The others are told only if they look like numbers, can be read and stand apart from those before them.
        """
        start = time.perf_counter()
        places, scores = self.localizer.locate(photo)  # (K, 4), (K,)
        found = time.perf_counter()
        timings = {"localizer": (found - start) * 1e3}
        if not len(places):
            return [Reading.nothing(timings)]
        places, scores = places[:CANDIDATES], scores[:CANDIDATES]
        readings = self.read_boxes(photo, _as_boxes(places))
        # The localizer says how much it looks like a number, the reader whether it can be read as one.
        worth = [score * reading.confidence for score, reading in zip(scores, readings, strict=True)]
        order = np.argsort(worth)[::-1]
        first = readings[order[0]]
        if scores[order[0]] < SURE_SCORE and len(places) > 1:
            joined = linking.proposals(places, scores)
            first = _whole(first, [*readings, *self.read_boxes(photo, _as_boxes(joined))])
        told = [first]
        for i in order[1:]:
            likely = worth[i] >= OTHERS_WORTH and readings[i].confidence >= self.unsure_below
            if likely and all(_apart(readings[i].box, other.box) for other in told):
                told.append(readings[i])
        timings["reader"] = (time.perf_counter() - found) * 1e3
        return [reading.timed(timings) for reading in told]

    def explain(self, photo: np.ndarray, reading: Reading) -> Explanation:
        """Where the networks looked when they gave this reading of the photo."""
        heat = self.localizer.heat(photo) if hasattr(self.localizer, "heat") else None
        attention = None
        if reading.box is not None and hasattr(self.reader, "attention"):
            config, device = self.reader.config, next(self.reader.parameters()).device
            crop = torch.from_numpy(reading.crop).permute(2, 0, 1)[None].to(device)
            with torch.inference_mode():
                attention = self.reader.attention(preprocess.normalise(crop, config.mean, config.std))[0].cpu().numpy()
        return Explanation(heat, attention)

    def read_boxes(self, photo: np.ndarray, places: list[Box]) -> list[Reading]:
        """What stands in each of the given places; timings are left empty."""
        if not places:
            return []
        crops = self.crops(photo, places)  # (K, M, 3, h, w)
        digit_probs, length_probs = ((head / self.temperature).softmax(-1) for head in self.logits(crops))
        digits, lengths, confidence = labels.decode_joint(digit_probs.log(), length_probs.log())
        return [
            _reading(box, crop[0].permute(1, 2, 0).numpy(), digits[i], int(lengths[i]), float(confidence[i]), probs)
            for i, (box, crop, *probs) in enumerate(zip(places, crops, digit_probs, length_probs, strict=True))
        ]

    def crops(self, photo: np.ndarray, places: list[Box]) -> torch.Tensor:
        """What the reader sees of each box, with each of the M margins: uint8 (K, M, 3, h, w)."""
        config = self.reader.config
        return torch.stack(
            [
                torch.stack([preprocess.crop(photo, np.array(box), m, config.input_size) for m in config.margins])
                for box in places
            ]
        )

    @torch.inference_mode()
    def logits(self, crops: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """uint8 (K, M, 3, h, w) -> mean log probabilities of digits (K, 5, 11) and length (K, 7), before
        calibration, float64 on the CPU."""
        config, device = self.reader.config, next(self.reader.parameters()).device
        heads = self.reader(preprocess.normalise(crops.flatten(0, 1).to(device), config.mean, config.std))
        digits, length = (head.double().cpu().log_softmax(-1).unflatten(0, crops.shape[:2]).mean(1) for head in heads)
        return digits, length


def _as_boxes(places: np.ndarray) -> list[Box]:
    return [tuple(map(float, place)) for place in places]


def _whole(part: Reading, readings: list[Reading]) -> Reading:
    """The surest of the readings that hold all of `part` and more digits, in the photo as in the number, if any."""
    while part.number:
        wider = [
            reading
            for reading in readings
            if reading.number
            and len(reading.number) > len(part.number)
            and part.number in reading.number
            and reading.confidence >= WHOLE_CONFIDENCE
            and boxes.containment(part.box, reading.box) >= 0.7
        ]
        if not wider:
            break
        part = max(wider, key=lambda reading: reading.confidence)
    return part


def _apart(a: Box, b: Box) -> bool:
    """Neither lies half within the other: parts of a number are not further numbers."""
    return max(boxes.containment(a, b), boxes.containment(b, a)) < 0.5


def _reading(box: Box, crop: np.ndarray, digits: torch.Tensor, length: int, confidence: float, probs) -> Reading:
    """One box's decoded classes -> Reading; a box in which the reader sees no number becomes none."""
    number = labels.decode(digits.numpy(), length)
    digit_probs, length_probs = (p.numpy() for p in probs)
    if number == "":
        return Reading.nothing({})
    return Reading(number, min(confidence, 1.0), box, crop, digit_probs, length_probs, {})
