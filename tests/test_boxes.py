import numpy as np
import pytest

from svhn import boxes as bx


def test_xywh_and_area_also_of_integers_that_must_not_wrap_around():
    xywh = np.array([[3.5, 4, 10, 20], [-2, 0, 5, 1]])
    assert bx.from_xywh(xywh).tolist() == [[3.5, 4, 13.5, 24], [-2, 0, 3, 1]]
    wide = np.array([[200, 100, 100, 200]], dtype=np.uint8)  # 200 + 100 is more than a uint8 holds
    assert bx.from_xywh(wide).tolist() == [[200, 100, 300, 300]]
    assert bx.from_xywh(wide[0]).tolist() == [200, 100, 300, 300]
    areas = bx.area(np.array([[0, 0, 2, 3], [1, 1, 1, 9], [1, 1, 9, 1], [5, 5, 2, 2]]))
    assert areas.tolist() == [6, 0, 0, 0]  # empty, empty, inverted
    assert bx.area(np.array([10, 10, 5, 250], dtype=np.uint8)) == 0


def test_scale_expand_by_the_size_of_the_box_itself_and_union():
    assert bx.scale(np.array([[1, 2, 3, 4]]), 2, 0.5).tolist() == [[2, 1, 6, 2]]
    assert bx.expand(np.array([10, 20, 20, 60]), 0.15).tolist() == [8.5, 14, 21.5, 66]
    assert bx.union(np.array([[5, 2, 8, 9], [1, 3, 6, 7]])).tolist() == [1, 2, 8, 9]
    assert bx.union(np.array([1, 2, 3, 4])).tolist() == [1, 2, 3, 4]
    with pytest.raises(ValueError, match="no boxes"):
        bx.union(np.empty((0, 4)))


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
    for offset in (0, 100):  # far from the origin: whoever takes x2, y2 for a width and height gets another value
        box, shifted = np.array([0, 0, 10, 10]) + offset, np.array(other) + offset
        assert bx.iou(box, shifted) == pytest.approx(iou)
        assert bx.iou(shifted, box) == pytest.approx(iou)
        assert bx.containment(box, shifted) == pytest.approx(containment)


def test_iou_of_two_empty_boxes_is_zero_and_of_many_broadcasts():
    assert bx.iou(np.zeros(4), np.zeros(4)) == 0
    part, small = np.array([0, 0, 0.5, 0.5]), np.array([[0, 0, 0, 0], [0, 0, 0.5, 0.5]])  # of a pixel
    assert bx.iou(small, part).tolist() == bx.containment(small, part).tolist() == [0, 1]
    many = np.array([[0, 0, 10, 10], [0, 0, 5, 10]])
    assert bx.iou(many[:, None], many[None]).tolist() == [[1, 0.5], [0.5, 1]]


UP = [(0, 30, 10, 50), (8, 15, 18, 35), (16, 0, 26, 20)]


@pytest.mark.parametrize(
    ("boxes", "order"),
    [
        ([], []),
        ([(5, 5, 9, 9)], [0]),
        ([(20, 0, 30, 20), (0, 0, 10, 20), (10, 0, 20, 20)], [1, 2, 0]),
        ([(0, 0, 30, 20), (5, 0, 11, 20)], [1, 0]),  # by centre: a wide digit starts left of a narrow one before it
        ([(6, 0, 16, 20), (0, 1, 10, 21), (11, 0, 21, 20)], [1, 0, 2]),  # they overlap
        ([(0, 0, 10, 20), (8, 15, 18, 35), (16, 30, 26, 50)], [0, 1, 2]),  # a diagonal downwards
        (UP, [0, 1, 2]),
        (UP[::-1], [2, 1, 0]),
        ([(1, 50, 11, 70), (0, 0, 10, 20), (2, 25, 12, 45)], [1, 2, 0]),  # a column
        ([(2.4, 0, 12.4, 20), (0, 25, 10, 45)], [0, 1]),  # one too: moved by less than a quarter of the width
        ([(2.6, 0, 12.6, 20), (0, 25, 10, 45)], [1, 0]),  # by more
        ([(10 * i, i % 2, 10 * i + 9, 20) for i in range(7)][::-1], [6, 5, 4, 3, 2, 1, 0]),
    ],
)
def test_reading_order(boxes, order):
    assert bx.reading_order(np.array(boxes, dtype=float).reshape(-1, 4)).tolist() == order
