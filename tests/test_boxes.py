import numpy as np
import pytest

from svhn import boxes as bx


def test_xywh_becomes_corners():
    xywh = np.array([[3.5, 4, 10, 20], [-2, 0, 5, 1]])
    assert bx.from_xywh(xywh).tolist() == [[3.5, 4, 13.5, 24], [-2, 0, 3, 1]]


def test_area_and_integers_that_must_not_wrap_around():
    wide = np.array([[200, 100, 100, 200]], dtype=np.uint8)  # 200 + 100 is more than a uint8 holds
    assert bx.from_xywh(wide).tolist() == [[200, 100, 300, 300]]
    assert bx.area(np.array([[0, 0, 2, 3], [1, 1, 1, 9], [5, 5, 2, 2]])).tolist() == [6, 0, 0]  # empty, inverted
    assert bx.area(np.array([10, 10, 5, 250], dtype=np.uint8)) == 0


def test_union_encloses_all():
    assert bx.union(np.array([[5, 2, 8, 9], [1, 3, 6, 7]])).tolist() == [1, 2, 8, 9]
    assert bx.union(np.array([1, 2, 3, 4])).tolist() == [1, 2, 3, 4]
    with pytest.raises(ValueError, match="no boxes"):
        bx.union(np.empty((0, 4)))


def test_expand_is_by_the_size_of_the_box_itself():
    assert bx.expand(np.array([10, 20, 20, 60]), 0.15).tolist() == [8.5, 14, 21.5, 66]
    assert bx.area(bx.expand(np.array([0, 0, 10, 10]), 0.15)) == pytest.approx(100 * 1.3**2)


@pytest.mark.parametrize(
    ("box", "clipped"),
    [
        ((0, 0, 30, 20), (0, 0, 30, 20)),  # the whole photo
        ((-3, -4, 5, 6), (0, 0, 5, 6)),
        ((25, 15, 31, 22), (25, 15, 30, 20)),
        ((40, 5, 50, 9), (30, 5, 30, 9)),  # next to it: empty
        ((-9, -9, -1, -1), (0, 0, 0, 0)),
    ],
)
def test_clip_at_the_border(box, clipped):
    assert tuple(bx.clip(np.array(box), 30, 20)) == clipped


def test_scale_by_two_factors():
    assert bx.scale(np.array([[1, 2, 3, 4]]), 2, 0.5).tolist() == [[2, 1, 6, 2]]


@pytest.mark.parametrize(
    ("other", "iou", "containment"),
    [
        ((0, 0, 10, 10), 1, 1),
        ((0, 0, 20, 10), 0.5, 1),  # the box is the half of the other
        ((5, 0, 15, 10), 1 / 3, 0.5),
        ((2, 2, 4, 4), 0.04, 0.04),
        ((10, 0, 20, 10), 0, 0),  # they touch: x2 is exclusive
        ((30, 30, 40, 40), 0, 0),
        ((5, 5, 5, 9), 0, 0),  # empty
    ],
)
def test_iou_and_containment(other, iou, containment):
    box = np.array([0, 0, 10, 10])
    assert bx.iou(box, np.array(other)) == pytest.approx(iou)
    assert bx.iou(np.array(other), box) == pytest.approx(iou)
    assert bx.containment(box, np.array(other)) == pytest.approx(containment)


def test_iou_takes_corners_not_sizes():
    # Far from the origin: whoever takes x2, y2 for a width and height gets another figure here.
    assert bx.iou(np.array([100, 100, 110, 110]), np.array([105, 100, 115, 110])) == pytest.approx(1 / 3)


def test_iou_of_two_empty_boxes_is_zero_and_of_many_broadcasts():
    assert bx.iou(np.zeros(4), np.zeros(4)) == 0
    many = np.array([[0, 0, 10, 10], [0, 0, 5, 10]])
    assert bx.iou(many[:, None], many[None]).tolist() == [[1, 0.5], [0.5, 1]]


def order(*boxes: tuple[float, float, float, float]) -> list[int]:
    return bx.reading_order(np.array(boxes, dtype=float)).tolist()


def test_reading_order_of_none_and_one():
    assert bx.reading_order(np.empty((0, 4))).tolist() == []
    assert order((5, 5, 9, 9)) == [0]


def test_reading_order_is_left_to_right_by_centre():
    assert order((20, 0, 30, 20), (0, 0, 10, 20), (10, 0, 20, 20)) == [1, 2, 0]
    # A wide digit starts left of a narrow one before it.
    assert order((0, 0, 30, 20), (5, 0, 11, 20)) == [1, 0]


def test_reading_order_of_overlapping_digits():
    assert order((6, 0, 16, 20), (0, 1, 10, 21), (11, 0, 21, 20)) == [1, 0, 2]


def test_reading_order_on_a_diagonal_is_left_to_right_up_or_down():
    down = [(0, 0, 10, 20), (8, 15, 18, 35), (16, 30, 26, 50)]
    up = [(0, 30, 10, 50), (8, 15, 18, 35), (16, 0, 26, 20)]
    assert order(*down) == order(*up) == [0, 1, 2]
    assert order(*up[::-1]) == [2, 1, 0]


def test_reading_order_of_a_column_is_top_to_bottom():
    assert order((1, 50, 11, 70), (0, 0, 10, 20), (2, 25, 12, 45)) == [1, 2, 0]


def test_reading_order_of_five_and_more():
    row = [(10.0 * i, i % 2, 10.0 * i + 9, 20) for i in range(7)]
    assert order(*row) == list(range(7))
    assert order(*row[::-1]) == list(range(7))[::-1]


def test_reading_order_where_a_column_ends():
    """Below a quarter of the width two digits are above each other; beyond, beside each other."""
    upper, lower = [0.0, 0.0, 20.0, 30.0], [0.0, 40.0, 20.0, 70.0]
    for shift, order in ((-4.0, [0, 1]), (-6.0, [1, 0])):
        moved = np.array([upper, np.add(lower, [shift, 0.0, shift, 0.0])])
        assert bx.reading_order(moved).tolist() == order
