"""Choose which candidate is the number of a photo: read the boxes and, if that is not sure, look closer and let
candidates vote.

Boxes are only proposals. In most photos the first look decides: the reader is sure of one box. In the others, the
localizer looks at the likely places from close by, unions of parts and corrected boxes are added to the candidates
(`search`), the number with the most evidence wins, and it is read once more where its voters see it (`weigh`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from . import boxes as bx
from . import labels, proposals
from .boxes import Box
from .models.base import Detections, DetectsDigits, Localizer, LooksCloser
from .reading import Reading
from .utils.errors import WeightsError

Read = Callable[[list[Box]], list[Reading]]
LEAST_EVIDENCE = 1e-3  # added before its logarithm
SIGNS = 5


@dataclass(frozen=True)
class SelectionConfig:
    """How far to search and how to weigh what is found; stored with the weights, chosen on held-out photos.

    A box's score comes from the localizer, in 0 ... 1; a union's score is the mean of its parts'. A box's worth is its
    score times the confidence of its reading.
    """

    first_boxes: int = 6  # boxes of the first look that are read before deciding whether to search
    sure_confidence: float = 0.95  # there is no search if the first reading has this confidence,
    sure_score: float = 0.7  # its box has this score or is the only one,
    next_score: float = 0.2  # and neither another box of this score is next to it, in line,
    next_digit_score: float = 0.25  # nor a digit of this score
    passes: int = 2  # closer looks at most, each around what the last one found, until that is sure
    places: int = 3  # looked at in each pass
    views: tuple[float, ...] = (1.5, 2.5)  # sizes of the region around a place, in sizes of its box
    view_side: int = 192  # pixels of a view's longer side
    boxes_per_view: int = 2
    corrected: int = 2  # places whose best box gets corrections
    correction_score: float = 0.25  # score of a corrected box, as a share of the original's
    search_margins: int = 1  # of the reader's, at which candidates are read: they vote, which is an average, too
    most_candidates: int = 25  # those found later are not read: they cost time and win nothing
    same_box: float = 0.85  # two boxes with this IoU are one candidate
    same_place: float = 0.5  # candidates with this IoU vote for each other's numbers
    score_power: float = 2.0  # a vote is the box's score to this power, times
    reading_power: float = 2.0  # the reader's probability to this power: sure readings count more than doubtful ones
    whole_evidence: float = 0.3  # a number that contains the best one wins with this share of its evidence,
    whole_confidence: float = 0.4  # if it was read with this confidence,
    whole_certain: float = 0.95  # or with any evidence if it was read with this one
    others_worth: float = 0.25  # a further number needs a box of this worth,
    others_confidence: float = 0.5  # and a reading of this confidence
    confidence_weights: tuple[float, ...] = (0.86, -0.48, -0.23, 0.84, 0.87)  # of the signs of a `Decision`: how likely
    # it is that a number that was searched for is there and right; `calibrate` fits them, and chooses the floor
    floor: float = 0.25  # below this confidence there is no number

    @staticmethod
    def of_manifest(manifest: Mapping) -> SelectionConfig:
        """The manifest's "selection", or the defaults. Raises WeightsError."""
        try:
            stored = manifest.get("selection", {}).items()
            config = SelectionConfig(**{key: tuple(v) if isinstance(v, list) else v for key, v in stored})
            weights = (*config.confidence_weights, 0.0)[:SIGNS]  # older manifests have four, without the evidence
            if len(weights) != SIGNS:
                raise TypeError(f"confidence_weights are {SIGNS} numbers")
            return replace(config, confidence_weights=weights)
        except (TypeError, AttributeError) as error:
            raise WeightsError(
                f'"selection" of the manifest does not fit this version ({error}); update the code or the weights.'
            ) from None


@dataclass(frozen=True, eq=False)
class Candidate:
    """A place that may show the number."""

    box: Box
    score: float
    reading: Reading

    @property
    def worth(self) -> tuple[float, float]:
        """How much it looks like a number, times how sure its reading is; the score breaks ties."""
        return self.score * self.reading.confidence, self.score


@dataclass(frozen=True, eq=False)
class Decision:
    """The most likely number of a photo, however unlikely it is.

    signs: float (5,), of which its confidence is a logistic regression: 1; the log odds of the voters' mean probability
    of it, of their best box's score, and of its probability in their mean box; the logarithm of its evidence. None if
    nothing had to be searched for, or nothing can be read: the confidence is then the reader's own.
    """

    reading: Reading
    signs: np.ndarray | None = None


def select(
    photo: np.ndarray, localizer: Localizer, read: Read, config: SelectionConfig, glance: Read | None = None
) -> list[Reading]:
    """The numbers of a photo (h, w, 3) uint8, the most prominent first; empty if the localizer finds no box.

    read: boxes -> their readings in this photo; glance: the same in less time, for the many boxes of a search. Further
    numbers are reported only if they look like numbers, can be read and do not overlap those before them.
    """
    read = _read_once(read)
    found = detect(photo, localizer)
    if not len(found.boxes):
        return []
    first = decide(photo, localizer, read, found, config, glance).reading
    if first.confidence < config.floor:
        return [Reading.nothing({}, guess=first)]
    return [first, *_others(first, found.boxes, found.scores, read, config)]


def decide(
    photo: np.ndarray,
    localizer: Localizer,
    read: Read,
    found: Detections,
    config: SelectionConfig,
    glance: Read | None = None,
) -> Decision:
    """The most likely number, given at least one detection; see `select`."""
    best = max(_first_look(found.boxes, found.scores, read, config), key=lambda candidate: candidate.worth)
    if _is_sure(best, config, alone=len(found.boxes) == 1) and not _goes_on(best.box, found, config):
        return Decision(best.reading)
    return weigh(search(photo, localizer, _read_once(glance or read), found, config), read, config)


def list_candidates(photo: np.ndarray, localizer: Localizer, read: Read, config: SelectionConfig) -> list[Candidate]:
    """All candidates of a photo (h, w, 3) uint8, the most surely read first, even if the first look would decide."""
    found = detect(photo, localizer)
    candidates = search(photo, localizer, _read_once(read), found, config) if len(found.boxes) else []
    return sorted(candidates, key=lambda candidate: (candidate.reading.confidence, candidate.score), reverse=True)


def search(
    photo: np.ndarray, localizer: Localizer, read: Read, found: Detections, config: SelectionConfig
) -> list[Candidate]:
    """Extend the first detections to all candidates: boxes, unions of parts, groups of digits, what the localizer
    finds in a closer look at the best of them, if it has `look_at`, and corrections of the best boxes."""
    join = partial(_join, shape=photo.shape, read=read, config=config)
    sources = [
        (found.boxes, found.scores),
        proposals.unions(found.boxes[: config.first_boxes], found.scores[: config.first_boxes]),
        proposals.digit_groups(found.digit_boxes, found.digit_scores),
    ]
    candidates = join([], *map(np.concatenate, zip(*sources, strict=True)))
    looked_at = np.empty((0, 4))
    for _ in range(config.passes if isinstance(localizer, LooksCloser) else 0):
        leaders = _leaders(candidates, config.places, config)
        places = [leader.box for leader in leaders if not (bx.iou(leader.box, looked_at) > config.same_box).any()]
        if not places or len(candidates) >= config.most_candidates or (len(looked_at) and _is_sure(leaders[0], config)):
            break
        looked_at = np.concatenate([looked_at, places])
        regions = [proposals.surroundings(box, factor) for box in places for factor in config.views]
        views = localizer.look_at(photo, np.array(regions), config.view_side)
        sources = [(view.boxes, view.scores) for view in views]
        sources += [proposals.digit_groups(view.digit_boxes, view.digit_scores) for view in views]
        best = [(boxes[: config.boxes_per_view], scores[: config.boxes_per_view]) for boxes, scores in sources]
        candidates = join(candidates, *map(np.concatenate, zip(*best, strict=True)))
    corrected = [(proposals.corrections(each.box), each) for each in _leaders(candidates, config.corrected, config)]
    sources = [(boxes, np.full(len(boxes), config.correction_score * leader.score)) for boxes, leader in corrected]
    return join(candidates, *map(np.concatenate, zip(*sources, strict=True))) if sources else candidates


def weigh(candidates: list[Candidate], read: Read, config: SelectionConfig) -> Decision:
    """The number with the most evidence, read again in the mean of its voters' boxes, which is better than any of them.

    All candidates in one place vote for each other's numbers. A vote is the localizer's score of the candidate times
    the reader's probability of the number, so boxes that agree add up. A number that contains the winner's digits, and
    its place, wins instead if it has a fair share of the winner's evidence, because parts of a number are found more
    often than all of it.
    """
    boxes = np.array([candidate.box for candidate in candidates])  # (K, 4)
    belief = np.array([candidate.score for candidate in candidates]) ** config.score_power  # (K,)
    voters = (bx.iou(boxes[:, None], boxes[None]) >= config.same_place) * belief  # (K, K): the second for the first
    probabilities = _probabilities(candidates)  # (K, K)
    votes = voters * probabilities**config.reading_power  # (K, K)
    evidence = votes.sum(1)  # (K,)
    best = int(evidence.argmax())
    while wider := [
        i
        for i, candidate in enumerate(candidates)
        if _completes(candidate, candidates[best], config)
        and (
            evidence[i] >= config.whole_evidence * evidence[best]
            or candidate.reading.confidence >= config.whole_certain
        )
    ]:
        best = max(wider, key=lambda i: evidence[i])
    reading = candidates[best].reading
    if reading.box is None:
        return Decision(reading)
    again = read(_as_boxes(np.average(boxes, axis=0, weights=votes[best])[None]))[0]
    agreement = np.average(probabilities[best], weights=voters[best])
    score = max(candidate.score for candidate, vote in zip(candidates, voters[best], strict=True) if vote)
    probability = _probabilities_of(reading.number, [again])[0]
    signs = np.array([1, *_log_odds((agreement, score, probability)), np.log(evidence[best] + LEAST_EVIDENCE)])
    confirmed = again.box is not None and again.number == reading.number
    confidence = confidence_of(signs, config.confidence_weights)
    return Decision(replace(again if confirmed else reading, confidence=confidence), signs)


def confidence_of(signs: np.ndarray, weights: Sequence[float]) -> float:
    """The probability that a number is there and read correctly, from the signs (5,) of a `Decision`."""
    return float(1 / (1 + np.exp(-np.dot(weights, signs))))


def detect(photo: np.ndarray, localizer: Localizer) -> Detections:
    return localizer.detect(photo) if isinstance(localizer, DetectsDigits) else Detections(*localizer.locate(photo))


def _log_odds(probabilities: Sequence[float]) -> np.ndarray:
    p = np.clip(probabilities, 1e-4, 1 - 1e-4)
    return np.log(p / (1 - p))


def _probabilities(candidates: list[Candidate]) -> np.ndarray:
    """(K, K): the probability of the first candidate's number in the second's crop; zeros if the first has no
    number."""
    readings = [candidate.reading for candidate in candidates]
    rows = {number: _probabilities_of(number, readings) for number in {reading.number for reading in readings}}
    return np.stack([rows[reading.number] * (reading.box is not None) for reading in readings])


def _probabilities_of(number: str | None, readings: list[Reading]) -> np.ndarray:
    """(K,): the probability of that number in the crop of each reading."""
    digits = np.log(np.stack([reading.digit_probs for reading in readings]).clip(1e-12))  # (K, 5, 11)
    lengths = np.log(np.stack([reading.length_probs for reading in readings]).clip(1e-12))  # (K, 7)
    return np.exp(labels.log_prob(number, digits, lengths))


def _completes(whole: Candidate, part: Candidate, config: SelectionConfig) -> bool:
    """Whether a candidate contains another's number and more digits, both in the photo and in the number."""
    number, digits = whole.reading.number or "", part.reading.number or ""
    longer = 0 < len(digits) < len(number) and digits in number
    confident = whole.reading.confidence >= config.whole_confidence
    return longer and confident and bool(bx.containment(part.box, whole.box) >= 0.7)


def _is_sure(candidate: Candidate, config: SelectionConfig, alone: bool = False) -> bool:
    """Whether a candidate needs no search. A part of a number can be read as surely as all of it, so its box must
    also look like a number, unless it is the only one."""
    confident = candidate.reading.confidence >= config.sure_confidence
    return confident and (alone or candidate.score >= config.sure_score)


def _goes_on(box: Box, found: Detections, config: SelectionConfig) -> bool:
    """Whether something next to the box may be a part of its number: another number, or a digit."""
    numbers = found.boxes[found.scores >= config.next_score]
    digits = found.digit_boxes[found.digit_scores >= config.next_digit_score]
    return bool(proposals.in_line(box, np.concatenate([numbers, digits])).any())


def _first_look(boxes: np.ndarray, scores: np.ndarray, read: Read, config: SelectionConfig) -> list[Candidate]:
    """Boxes (K, 4) with scores (K,), best first -> candidates: the first ones, and those that can still be worth
    more."""
    places = _as_boxes(boxes[: config.first_boxes])
    first = Candidate(places[0], float(scores[0]), read(places[:1])[0])
    left = [i for i in range(1, len(places)) if scores[i] > first.worth[0]]
    readings = read([places[i] for i in left])
    return [first, *(Candidate(places[i], float(scores[i]), r) for i, r in zip(left, readings, strict=True))]


def _join(
    candidates: list[Candidate],
    boxes: np.ndarray,
    scores: np.ndarray,
    shape: tuple[int, ...],
    read: Read,
    config: SelectionConfig,
) -> list[Candidate]:
    """Add the boxes (K, 4) that are new to the candidates, read in one batch."""
    boxes = bx.clip(boxes, shape[1], shape[0])
    known = [candidate.box for candidate in candidates]
    new = []
    for i, box in enumerate(_as_boxes(boxes)):
        if len(known) == config.most_candidates:
            break
        if bx.area(box) > 0 and not (known and (bx.iou(box, np.array(known)) > config.same_box).any()):
            known.append(box)
            new.append(i)
    readings = read(known[len(candidates) :])
    added = zip(known[len(candidates) :], new, readings, strict=True)
    return [*candidates, *(Candidate(box, float(scores[i]), reading) for box, i, reading in added)]


def _leaders(candidates: list[Candidate], most: int, config: SelectionConfig) -> list[Candidate]:
    """The candidates of most worth, one per place."""
    leaders: list[Candidate] = []
    for candidate in sorted(candidates, key=lambda candidate: candidate.worth, reverse=True):
        if len(leaders) == most:
            break
        if not any(bx.iou(candidate.box, leader.box) >= config.same_place for leader in leaders):
            leaders.append(candidate)
    return leaders


def _others(
    first: Reading, boxes: np.ndarray, scores: np.ndarray, read: Read, config: SelectionConfig
) -> list[Reading]:
    """Further numbers of the photo, by worth."""
    likely = [i for i in range(min(len(boxes), config.first_boxes)) if scores[i] >= config.others_worth]
    places = _as_boxes(boxes[likely])
    candidates = [Candidate(*each) for each in zip(places, scores[likely].tolist(), read(places), strict=True)]
    found = [first]
    for candidate in sorted(candidates, key=lambda candidate: candidate.worth, reverse=True):
        likely = candidate.reading.confidence >= config.others_confidence and candidate.worth[0] >= config.others_worth
        if likely and all(_apart(candidate.box, reading.box) for reading in found if reading.box):
            found.append(candidate.reading)
    return found[1:]


def _apart(a: Box, b: Box) -> bool:
    """Whether neither box is half inside the other; parts of a number are not further numbers."""
    return max(bx.containment(a, b), bx.containment(b, a)) < 0.5


def _as_boxes(boxes: np.ndarray) -> list[Box]:
    return [tuple(map(float, box)) for box in boxes]


def _read_once(read: Read) -> Read:
    """A `read` that reads no box twice."""
    known: dict[Box, Reading] = {}

    def read_new(boxes: list[Box]) -> list[Reading]:
        new = [box for box in dict.fromkeys(boxes) if box not in known]
        known.update(zip(new, read(new), strict=True))
        return [known[box] for box in boxes]

    return read_new
