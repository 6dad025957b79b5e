"""Photo in, `Reading` out: localizer, crop, reader, joint decoding, calibrated confidence."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from torch import nn

from . import boxes, labels, linking, preprocess, weights
from .boxes import Box
from .models import build
from .models.base import CountsDigits, HasAttention, HasHeat, Localizer, Reader
from .precision import AUTO, choose_precision, for_service
from .reading import Reading
from .utils.errors import WeightsError

CANDIDATES = 6  # boxes that the reader looks at before the pipeline decides which is the number
SURE_SCORE = 0.7  # of a box: below it, it may hold but a part of the number
WHOLE_CONFIDENCE = 0.4  # with which a number put together from parts must be read
CERTAIN = 0.95  # confidence from which on a number is told as it was read first
BESIDE = (0.0, -0.06, 0.06)  # of a box's width: the places where a less certain one is read again
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
    A localizer may also say how many digits it sees; with `check_length` a reading of another length is rejected, which
    means that its confidence is 0.
    """

    localizer: Localizer
    reader: Reader
    temperature: float = 1.0
    unsure_below: float = 0.5
    check_length: bool = True
    sha256: dict[str, str] = field(default_factory=dict)  # of the weights in use, by network

    @staticmethod
    def load(
        folder: Path = weights.DEFAULT_DIR,
        device: torch.device | str = "cpu",
        localizer: str | nn.Module | None = None,
        reader: str | nn.Module | None = None,
        precision: str = AUTO,
    ) -> Pipeline:
        """The networks of a weights folder, by default those its manifest names; "whole" is the localizer that takes
        all of the photo. They compute in "fp32", "bf16" or, with "auto", the faster of the two on that device.
        A network given instead of a name is used as it is; the confidence of a reader is then not calibrated. Raises
        WeightsError.
        """
        folder = Path(folder)
        manifest = weights.read_manifest(folder)
        entries = manifest["networks"]
        localizer, reader = localizer or manifest["localizer"], reader or manifest["reader"]
        precision = choose_precision(precision, device)
        return Pipeline(
            _network(folder, localizer, "localizers", weights.localizers(manifest), device, precision),
            _network(folder, reader, "readers", weights.readers(manifest), device, precision),
            entries[reader]["temperature"] if reader in entries else 1.0,
            manifest["unsure_below"],
            sha256={name: entries[name]["sha256"] for name in (localizer, reader) if name in entries},
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
        first = self.read_beside(photo, first)
        told = [first]
        for i in order[1:]:
            likely = worth[i] >= OTHERS_WORTH and readings[i].confidence >= self.unsure_below
            if likely and all(_apart(readings[i].box, other.box) for other in told):
                told.append(readings[i])
        if self.check_length and not _agrees(first, self.localizer, photo):
            told[0] = replace(first, confidence=0.0)
        timings["reader"] = (time.perf_counter() - found) * 1e3
        return [reading.timed(timings) for reading in told]

    def explain(self, photo: np.ndarray, reading: Reading) -> Explanation:
        """Where the networks looked when they gave this reading of the photo."""
        heat = self.localizer.heat(photo) if isinstance(self.localizer, HasHeat) else None
        attention = None
        if reading.box is not None and isinstance(self.reader, HasAttention):
            config, device = self.reader.config, next(self.reader.parameters()).device
            crop = torch.from_numpy(reading.crop).permute(2, 0, 1)[None].to(device)
            with torch.inference_mode():
                attention = self.reader.attention(preprocess.normalise(crop, config.mean, config.std))[0].cpu().numpy()
        return Explanation(heat, attention)

    def read_boxes(self, photo: np.ndarray, places: list[Box]) -> list[Reading]:
        """What stands in each of the given places; timings are left empty."""
        if not places:
            return []
        return self._read_crops(places, self.crops(photo, places))

    def read_beside(self, photo: np.ndarray, reading: Reading) -> Reading:
        """An uncertain number read a little to the left and right of its box, too, and averaged: localizers err
        sideways, so that half a digit is cut off, or a neighbour's taken in. If that is none, it stays as it was."""
        if reading.box is None or reading.confidence >= CERTAIN:
            return reading
        x1, y1, x2, y2 = reading.box
        steps = [(x2 - x1) * share for share in BESIDE]
        crops = self.crops(photo, [(x1 + step, y1, x2 + step, y2) for step in steps])  # (3, M, 3, h, w)
        again = self._read_crops([reading.box], crops.flatten(0, 1)[None])[0]
        return again if again.box else reading

    def _read_crops(self, places: list[Box], crops: torch.Tensor) -> list[Reading]:
        """What the crops (K, M, 3, h, w) of the places show; the first of each is told with its reading."""
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


def _network(
    folder: Path, network: str | nn.Module, role: str, names: list[str], device: torch.device | str, precision: str
) -> nn.Module:
    """The network itself, or the one of that name, ready for service. Raises WeightsError for an unknown name."""
    if isinstance(network, nn.Module):
        return network.to(device, memory_format=torch.channels_last)
    if network in names:
        return for_service(weights.load(folder, network, device), precision, device)
    if network == "whole" and role == "localizers":
        return build(network)
    raise WeightsError(f"There are no weights of {network!r} to use; choose one of the {role} {', '.join(names)}.")


def _agrees(reading: Reading, localizer: Localizer, photo: np.ndarray) -> bool:
    """Whether the localizer, if it counts at all, sees as many digits as were read."""
    seen = localizer.digits_seen(photo) if isinstance(localizer, CountsDigits) else None
    return seen is None or reading.number is None or int(np.argmax(seen)) == len(reading.number)


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
