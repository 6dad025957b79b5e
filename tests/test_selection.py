from dataclasses import replace

import numpy as np
import pytest
from helpers.stand_ins import Finder, reading_of

from svhn import boxes as bx
from svhn.models.base import Detections
from svhn.reading import Reading
from svhn.selection import Candidate, SelectionConfig, list_candidates, search, select, weigh
from svhn.utils.errors import WeightsError

PHOTO = np.zeros((60, 200, 3), np.uint8)
PLAQUE, DIGITS = (10.0, 0.0, 50.0, 60.0), (20.0, 38.0, 40.0, 54.0)
CONFIG = SelectionConfig()


def reading(number: str | None, sure: float, box) -> Reading:
    """A reading whose probabilities are those of its number, and even for the other digits."""
    found, share = reading_of(number or None, sure, box), sure ** (1 / 6)
    digit_probs, length_probs = (
        np.where(probs == 1, share, (1 - share) / (probs.shape[-1] - 1))
        for probs in (found.digit_probs, found.length_probs)
    )
    return replace(found, digit_probs=digit_probs, length_probs=length_probs)


class Page:
    """A reader that knows by heart what is in which box, or nearly there, and counts what it is asked."""

    def __init__(self, known: dict) -> None:
        self.known, self.asked = known, []

    def __call__(self, boxes: list) -> list[Reading]:
        self.asked += boxes
        return [reading(*self._look_up(np.array(box)), box) for box in boxes]

    def _look_up(self, box: np.ndarray) -> tuple[str, float]:
        return next((known for place, known in self.known.items() if bx.iou(np.array(place), box) > 0.9), ("", 0.9))


class Careful(Finder):
    """Finds one more box in all that it looks at again."""

    def __init__(self, boxes: list, scores: list, closer: tuple) -> None:
        super().__init__(boxes, scores)
        self.closer, self.views = closer, []

    def look_at(self, photo: np.ndarray, regions: np.ndarray, long_side: int) -> list[Detections]:
        assert (photo is PHOTO, long_side) == (True, CONFIG.view_side)
        self.views.append(regions)
        return [Detections(np.array([self.closer]), np.array([0.9])) for _ in regions]


def candidate(number: str, sure: float, box, score: float = 0.8) -> Candidate:
    return Candidate(box, score, reading(number, sure, box))


def weighed(candidates: list[Candidate], config: SelectionConfig = CONFIG) -> Reading:
    """The winner, where the reader answers in the voters' mean box as it did in the box of the first candidate."""
    return weigh(candidates, lambda boxes: [replace(candidates[0].reading, box=box) for box in boxes], config).reading


def test_a_sure_first_reading_is_taken_without_another_look_or_box():
    localizer, page = Careful([DIGITS, (100, 0, 120, 20)], [0.7, 0.2], PLAQUE), Page({DIGITS: ("27", 0.95)})
    (first,) = [found for found in select(PHOTO, localizer, page, CONFIG) if found.number]
    assert (first.number, first.box, first.confidence) == ("27", DIGITS, 0.95)
    assert (localizer.views, page.asked) == ([], [DIGITS])
    assert select(PHOTO, Finder([], []), page, CONFIG) == []


@pytest.mark.parametrize(("sure", "looks"), [(0.9, 2), (0.97, 1)])
def test_a_doubtful_box_is_looked_at_again_and_corrected_until_it_is_sure(sure, looks):
    localizer, page = Careful([PLAQUE], [0.9], DIGITS), Page({PLAQUE: ("882", 0.2), DIGITS: ("27", sure)})
    glance = Page(page.known)
    (first,) = select(PHOTO, localizer, page, CONFIG, glance)
    assert (first.number, first.box) == ("27", DIGITS)
    assert len(page.asked) == 2 < len(glance.asked)  # first, and where the voters see it
    assert len(localizer.views) == looks  # around the plaque, and around what was found there; then nothing is new
    assert len(localizer.views[0]) == len(CONFIG.views)


def test_looking_again_is_bounded():
    class Restless(Careful):
        def look_at(self, photo, regions, long_side):
            self.closer = tuple(np.array(self.closer) + np.array([30, 0, 30, 0]))
            return super().look_at(photo, regions, long_side)

    localizer = Restless([PLAQUE], [0.9], (0, 0, 20, 20))
    search(PHOTO, localizer, Page({}), Detections(*localizer.locate(PHOTO)), replace(CONFIG, passes=3))
    assert len(localizer.views) == 3


def test_all_candidates_are_listed_the_surest_first_even_if_the_first_look_would_decide():
    far, page = (100.0, 0.0, 120.0, 20.0), Page({DIGITS: ("27", 0.97), (100.0, 0.0, 120.0, 20.0): ("5", 0.99)})
    found = list_candidates(PHOTO, Careful([DIGITS, far], [0.9, 0.8], PLAQUE), page, CONFIG)
    assert [each.box for each in found[:2]] == [far, DIGITS]
    order = [(each.reading.confidence, each.score) for each in found]
    assert order == sorted(order, reverse=True)
    assert PLAQUE in {each.box for each in found}
    assert list_candidates(PHOTO, Finder([], []), page, CONFIG) == []


def test_the_best_places_are_corrected_and_candidates_are_bounded():
    places = np.array([[0, 0, 30, 60], [80, 0, 110, 60], [160, 0, 230, 60]], float)  # the last one beyond the photo
    page = Page({tuple(place): ("12", 0.6) for place in places})
    found = search(PHOTO, Finder([], []), page, Detections(places, np.array([0.9, 0.8, 0.7])), CONFIG)
    assert (160, 0, 200, 60) in {each.box for each in found}
    corrected = {each.box[:2]: each.score for each in found if each.score < 0.3}
    assert set(corrected.values()) == {0.25 * 0.9, 0.25 * 0.8}
    assert all((left < 40) == (score == 0.25 * 0.9) for (left, _), score in corrected.items())
    bounded = replace(CONFIG, most_candidates=5)
    assert len(search(PHOTO, Finder([], []), page, Detections(places, np.array([0.9, 0.8, 0.7])), bounded)) == 5


def test_of_the_first_boxes_only_those_are_read_that_may_be_worth_more():
    far, other, last = (100.0, 0.0, 120.0, 20.0), (140.0, 40.0, 160.0, 60.0), (170.0, 20.0, 190.0, 40.0)
    page, config = Page({DIGITS: ("27", 0.5), far: ("5", 0.97)}), replace(CONFIG, others_worth=2.0, first_boxes=3)
    boxes, scores = [DIGITS, far, other, last], [0.8, 0.75, 0.4, 0.9]  # the first one's worth is 0.4
    (first,) = select(PHOTO, Finder(boxes, scores), page, config)
    assert (first.number, page.asked) == ("5", [DIGITS, far])


@pytest.mark.parametrize(("score", "digit"), [(0.6, 0), (0.9, 0), (0, 0.25)], ids=["doubtful", "sure", "a digit"])
def test_parts_are_put_together(score, digit):
    left, right, whole = (10.0, 20.0, 20.0, 40.0), (26.0, 20.0, 36.0, 40.0), (10.0, 20.0, 36.0, 40.0)
    page = Page({left: ("2", 0.97), right: ("7", 0.97), whole: ("27", 0.96)})
    localizer = Finder([left, right], [score, score - 0.1])
    if digit:
        digits = np.array([left, right]), np.array([digit, digit]), np.array([2, 7])
        localizer.detect = lambda photo: photo is PHOTO and Detections(np.array([left]), np.array([0.9]), *digits)
    first, *_ = select(PHOTO, localizer, page, CONFIG)
    assert (first.number, first.box) == ("27", pytest.approx(whole))


def test_boxes_that_agree_outvote_a_single_better_one():
    near = [(20 + i, 38.0, 40 + i, 54.0) for i in range(3)]
    alone = candidate("71", 0.7, (100.0, 0.0, 130.0, 20.0))
    agreed = weighed([alone, *(candidate("27", 0.6, box) for box in near)])
    assert agreed.number == "27"
    assert weighed([alone, candidate("27", 0.6, near[0])], CONFIG).number == "71"


@pytest.mark.parametrize(("again", "left"), [("27", 21.0), ("72", 20.0), ("", 20.0)], ids=["same", "other", "none"])
def test_the_winner_is_reported_in_the_mean_box_if_it_is_read_there_again(again, left):
    found = [candidate("27", 0.7, (20.0 + i, 38.0, 40.0 + i, 54.0)) for i in range(3)]
    winner = weigh(found, lambda boxes: [reading(again, 0.9, box) for box in boxes], CONFIG).reading
    assert winner.number == "27"
    assert winner.box == pytest.approx((left, 38, left + 20, 54))
    confirmed = weigh(found, lambda boxes: [reading("27", 0.95, box) for box in boxes], CONFIG).reading
    assert winner.confidence < confirmed.confidence


def test_confidence_is_a_logistic_regression_of_what_the_voters_say():
    box, half, far = (20.0, 20.0, 40.0, 40.0), (20.0, 20.0, 30.0, 40.0), (100.0, 0.0, 120.0, 20.0)  # IoU 0.5; 0
    found = [candidate("27", 0.8, box, 0.6), candidate("21", 0.5, half, 0.8), candidate("27", 0.3, far, 0.9)]
    share = 0.5 ** (1 / 6)
    probabilities, scores = np.array([0.8, share**5 * (1 - share) / 10]), np.array([0.6, 0.8])  # of 27
    votes, asked = scores**2 * probabilities**2, []

    def log_odds(p: float) -> float:
        return np.log(p / (1 - p))

    z = 0.1 + 0.2 * log_odds(np.average(probabilities, weights=scores**2)) + 0.3 * log_odds(0.8)
    z += 0.4 * log_odds(0.9) + 0.5 * np.log(votes.sum() + 1e-3)
    read = lambda boxes: asked.extend(boxes) or [reading("27", 0.9, boxes[0])]  # noqa: E731
    winner = weigh(found, read, replace(CONFIG, confidence_weights=(0.1, 0.2, 0.3, 0.4, 0.5))).reading
    assert (winner.number, winner.confidence) == ("27", pytest.approx(1 / (1 + np.exp(-z))))
    assert asked == [pytest.approx(np.average([box, half], axis=0, weights=votes))]


@pytest.mark.parametrize(
    ("sure", "left", "longer", "number"),
    [(0.8, 15, "124", "124"), (0.3, 15, "124", "24"), (0.8, 115, "124", "24"), (0.8, 15, "173", "24")],
    ids=["well read", "badly", "apart", "another"],
)
def test_a_number_that_contains_the_other_wins_if_it_is_well_read(sure, left, longer, number):
    part, whole = (30.0, 10.0, 60.0, 40.0), (left, 10.0, left + 45.0, 40.0)
    assert weighed([candidate("24", 0.85, part), candidate(longer, sure, whole)]).number == number


def test_of_two_numbers_that_contain_the_other_the_one_with_more_evidence_wins():
    found = [candidate("24", 0.9, (30.0, 10.0, 60.0, 40.0)), candidate("124", 0.8, (15.0, 10.0, 60.0, 40.0))]
    more = candidate("245", 0.7, (30.0, 10.0, 75.0, 40.0))
    assert weighed([*found, more]).number == weighed([found[0], more, found[1]]).number == "124"


@pytest.mark.parametrize(("sure", "number"), [(0.9, "33"), (0.95, "1733")])
def test_a_small_part_of_a_number_gives_way_if_all_of_it_is_read_surely(sure, number):
    part, whole = (60.0, 10.0, 90.0, 40.0), (30.0, 10.0, 90.0, 40.0)
    found = [candidate("33", 0.95, part, score=0.9), candidate("1733", sure, whole, score=0.28)]
    assert weighed(found, CONFIG).number == number


def test_below_the_floor_there_is_no_number_but_a_guess():
    page = Page({DIGITS: ("27", 0.5)})
    (first,) = select(PHOTO, Finder([DIGITS], [0.9]), page, replace(CONFIG, floor=0.9))
    assert (first.number, first.box) == (None, None)
    assert (first.guess.number, first.guess.box) == ("27", DIGITS)
    (sure,) = select(PHOTO, Finder([DIGITS], [0.9]), Page({DIGITS: ("27", 0.97)}), replace(CONFIG, floor=0.97))
    assert sure.number == "27"
    assert len(page.asked) == len(set(page.asked))  # no box is read twice
    nowhere = weighed([candidate("", 0.9, DIGITS), candidate("", 0.9, PLAQUE)], CONFIG)
    assert (nowhere.number, nowhere.box, nowhere.confidence) == (None, None, 0.0)
    assert nowhere.length_probs.argmax() == 0


def test_further_numbers_are_apart_and_well_read():
    far, part, faint = (100.0, 0.0, 120.0, 20.0), (10.0, 38.0, 30.0, 54.0), (150.0, 0.0, 170.0, 20.0)
    lamp = (150.0, 40.0, 170.0, 60.0)  # is read as a number, but does not look like one
    more = (60.0, 0.0, 70.0, 20.0)
    page = Page({DIGITS: ("27", 0.97), far: ("5", 0.5), part: ("2", 0.97), faint: ("8", 0.3), lamp: ("9", 0.6)})
    page.known[more] = ("6", 0.9)
    boxes, scores = [DIGITS, far, part, faint, lamp, more], [0.9, 0.5, 0.5, 0.9, 0.4, 0.4]
    assert [each.number for each in select(PHOTO, Finder(boxes, scores), page, CONFIG)] == ["27", "6", "5"]


def test_the_manifest_decides_what_it_mentions():
    config = SelectionConfig.of_manifest({"selection": {"views": [2.0], "floor": 0.1}})
    assert (config.views, config.floor, config.passes) == ((2.0,), 0.1, CONFIG.passes)
    assert SelectionConfig.of_manifest({}) == CONFIG
    before = SelectionConfig.of_manifest({"selection": {"confidence_weights": [-1.2, 0.5, 0.65, 0.6]}})
    assert before.confidence_weights == (-1.2, 0.5, 0.65, 0.6, 0.0)  # without the votes' sum
    for unknown in ({"flor": 0.1}, [0.1], {"confidence_weights": [1.0]}):
        with pytest.raises(WeightsError, match="selection"):
            SelectionConfig.of_manifest({"selection": unknown})
