"""Photo in, `Reading` out: localizer, crop, reader, joint decoding, calibrated confidence."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import nn

from . import labels, weights
from .boxes import Box
from .images import preprocess
from .models import build
from .models.base import CountsDigits, HasAttention, HasHeat, Localizer, Reader
from .models.precision import AUTO, choose_precision, for_service
from .reading import Reading
from .selection import Candidate, Decision, SelectionConfig, decide, detect, list_candidates, select
from .utils.errors import WeightsError
from .utils.paths import WEIGHTS

CERTAIN = 0.95  # a box that is read with this confidence is not tried as a stack of digits
STACKED_ASPECT = (0.3, 0.85)  # width / height of a digit's part of a stack


@dataclass(frozen=True)
class Explanation:
    """Where the networks looked; None for a network that cannot show it.

    heat: (rows, columns) in 0 ... 1 over the photo, how much each place looks like a number. attention: (5, rows,
    columns) over the crop, where each digit was read; every map sums to 1.
    """

    heat: np.ndarray | None
    attention: np.ndarray | None


@dataclass(frozen=True)
class Pipeline:
    """A localizer and a reader that work together.

    Photos are RGB uint8 (h, w, 3); boxes are (x1, y1, x2, y2) in their pixels. `temperature` divides the reader's
    logits, which calibrates its probabilities; readings below `unsure_below` are doubtful. Some localizers also
    estimate how many digits there are: with `check_length`, a reading of another length is rejected, that is, its
    confidence is set to 0.
    """

    localizer: Localizer
    reader: Reader
    temperature: float = 1.0
    unsure_below: float = 0.5
    check_length: bool = True
    selection: SelectionConfig = SelectionConfig()
    sha256: dict[str, str] = field(default_factory=dict)  # of the weights in use, by network

    @staticmethod
    def load(
        folder: Path = WEIGHTS,
        device: torch.device | str = "cpu",
        localizer: str | nn.Module | None = None,
        reader: str | nn.Module | None = None,
        precision: str = AUTO,
    ) -> Pipeline:
        """Load the networks of a weights folder, by default those that its manifest names; "whole" is the localizer
        that returns the full photo as the box.

        They compute in "fp32", "bf16" or, with "auto", the faster of the two on that device. A network given in place
        of a name is used unchanged; a reader's confidence is then not calibrated. Raises WeightsError.
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
            selection=SelectionConfig.of_manifest(manifest),
            sha256={name: entries[name]["sha256"] for name in (localizer, reader) if name in entries},
        )

    def read(self, photo: np.ndarray) -> Reading:
        """The most prominent number of a photo."""
        return self.read_all(photo)[0]

    def read_all(self, photo: np.ndarray) -> list[Reading]:
        """The numbers in a photo, the most prominent first; a single `Reading.nothing` if there is none.

        Further numbers are reported only if they look like numbers, can be read and do not overlap those before them.
        """
        start, reading_ms = time.perf_counter(), 0.0

        def read(places: list[Box], margins: int | None = None) -> list[Reading]:
            nonlocal reading_ms
            start = time.perf_counter()
            readings = self.read_boxes(photo, places, margins)
            reading_ms += (time.perf_counter() - start) * 1e3
            return readings

        glance = partial(read, margins=self.selection.search_margins)
        readings = select(photo, self.localizer, read, self.selection, glance) or [Reading.nothing({})]
        if self.check_length and not _agrees(readings[0], self.localizer, photo):
            readings[0] = replace(readings[0], confidence=0.0)
        timings = {"localizer": (time.perf_counter() - start) * 1e3 - reading_ms, "reader": reading_ms}
        return [reading.timed(timings) for reading in readings]

    def decide(self, photo: np.ndarray) -> Decision | None:
        """The most likely number of a photo, however unlikely, and what its confidence follows from; None if the
        localizer finds no box."""
        found = detect(photo, self.localizer)
        glance = partial(self.read_boxes, photo, margins=self.selection.search_margins)
        places = (photo, self.localizer, partial(self.read_boxes, photo), found)
        return decide(*places, self.selection, glance) if len(found.boxes) else None

    def candidates(self, photo: np.ndarray) -> list[Candidate]:
        """Every place of a photo that may show a number, read, the surest first. It takes far longer than `read`."""
        glance = partial(self.read_boxes, photo, margins=self.selection.search_margins)
        return list_candidates(photo, self.localizer, glance, self.selection)

    def explain(self, photo: np.ndarray, reading: Reading) -> Explanation:
        """Where the networks looked to arrive at this reading of the photo."""
        heat = self.localizer.heat(photo) if isinstance(self.localizer, HasHeat) else None
        attention = None
        if isinstance(self.reader, HasAttention) and reading.box is not None:
            config, device = self.reader.config, next(self.reader.parameters()).device
            crop = torch.from_numpy(reading.crop).permute(2, 0, 1)[None].to(device)
            with torch.inference_mode():
                attention = self.reader.attention(preprocess.normalise(crop, config.mean, config.std))[0].cpu().numpy()
            attention = self._in_photo(attention, photo, reading)
        return Explanation(heat, attention)

    def _in_photo(self, attention: np.ndarray, photo: np.ndarray, reading: Reading) -> np.ndarray | None:
        """Maps (5, rows, columns) over the crop that was read -> over its part of the photo, where a stack's digits are
        above each other; None if the crop is of another photo."""
        box, parts = np.array(reading.box), len(reading.number or "")
        if np.array_equal(self._first_crop(photo, reading.box), reading.crop):
            return attention
        row, row_box = preprocess.unstack(photo, box, parts) if parts > 1 else (photo, box)
        if parts < 2 or not np.array_equal(self._first_crop(row, row_box), reading.crop):
            return None
        return preprocess.restack(attention, parts, box, row_box, self.reader.config.margins[0])

    def _first_crop(self, photo: np.ndarray, box: Box | np.ndarray) -> np.ndarray:
        return self.crops(photo, [box], margins=1)[0, 0].permute(1, 2, 0).numpy()

    def read_boxes(self, photo: np.ndarray, places: list[Box], margins: int | None = None) -> list[Reading]:
        """Read each of the given boxes, at the first `margins` of the reader's margins, by default all; timings are
        left empty.

        A box that may hold digits above each other is also read with these next to each other, because the reader
        knows rows far better; its crop is then that row.
        """
        if not places:
            return []
        readings = self._read_crops(places, self.crops(photo, places, margins))
        stacks = [
            (i, parts)
            for i, box in enumerate(places)
            if readings[i].confidence < CERTAIN
            for parts in _possible_stacks(box)
        ]
        if stacks:
            rows = [preprocess.unstack(photo, np.array(places[i]), parts) for i, parts in stacks]
            crops = torch.cat([self.crops(row, [box], margins) for row, box in rows])
            unstacked = self._read_crops([places[i] for i, _ in stacks], crops)
            for (i, parts), reading in zip(stacks, unstacked, strict=True):
                if len(reading.number or "") == parts and reading.confidence > readings[i].confidence:
                    readings[i] = reading
        return readings

    def _read_crops(self, places: list[Box], crops: torch.Tensor) -> list[Reading]:
        """Read the crops (K, M, 3, h, w) of the boxes; the first crop of each box is kept with its reading."""
        digit_probs, length_probs = ((head / self.temperature).softmax(-1) for head in self.logits(crops))
        digits, lengths, confidence = labels.decode_joint(digit_probs.log(), length_probs.log())
        return [
            _reading(box, crop[0].permute(1, 2, 0).numpy(), digits[i], int(lengths[i]), float(confidence[i]), probs)
            for i, (box, crop, *probs) in enumerate(zip(places, crops, digit_probs, length_probs, strict=True))
        ]

    def crops(self, photo: np.ndarray, places: list[Box], margins: int | None = None) -> torch.Tensor:
        """The reader's view of each box at the first `margins` of its margins, by default all M: uint8 (K, M, 3, h,
        w)."""
        size, used = self.reader.config.input_size, self.reader.config.margins[:margins]
        views = [[preprocess.crop(photo, np.array(box), margin, size) for margin in used] for box in places]
        return torch.stack([torch.stack(view) for view in views])

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


def _possible_stacks(box: Box) -> list[int]:
    """How many digits there may be above each other in a box of that shape."""
    x1, y1, x2, y2 = box
    low, high = (aspect * (y2 - y1) for aspect in STACKED_ASPECT)
    return [n for n in range(2, labels.MAX_DIGITS + 1) if 0 < low <= n * (x2 - x1) <= high]


def _agrees(reading: Reading, localizer: Localizer, photo: np.ndarray) -> bool:
    """Whether the localizer counts as many digits as were read; true if it does not count."""
    seen = localizer.digits_seen(photo) if isinstance(localizer, CountsDigits) else None
    return seen is None or reading.number is None or int(np.argmax(seen)) == len(reading.number)


def _reading(box: Box, crop: np.ndarray, digits: torch.Tensor, length: int, confidence: float, probs) -> Reading:
    """One box's decoded classes -> Reading; without a box if the reader sees no number in it."""
    number = labels.decode(digits.numpy(), length)
    digit_probs, length_probs = (p.numpy() for p in probs)
    if number == "":
        nothing = np.zeros((0, 0, 3), np.uint8)
        return Reading(None, 0.0, None, nothing, digit_probs, length_probs, {})
    return Reading(number, min(confidence, 1.0), box, crop, digit_probs, length_probs, {})
