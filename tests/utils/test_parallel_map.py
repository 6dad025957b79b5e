import os

import pytest

from svhn.utils.errors import UserError
from svhn.utils.parallel_map import ENOUGH, IN_PROCESS, WAITING, Workers, processes_for


def load() -> int:
    return 10


def add(tool: int, item: int) -> tuple[int, int]:
    if item == 99:
        raise ValueError("99 is too much")
    if item == -1:
        os._exit(1)
    return tool + item, os.getpid()


def test_here_everything_is_done_one_after_the_other_when_it_is_asked_for():
    asked = []
    results = IN_PROCESS.map(add, 1, (asked.append(i) or i for i in range(3)))
    assert asked == []
    assert next(results) == (1, os.getpid())
    assert asked == [0]


def test_processes_keep_the_order_and_take_few_items_at_a_time():
    asked = []
    results = Workers(load, 2).map(add, 0, (asked.append(i) or i for i in range(50)))
    first = next(results)
    assert first[0] == 10  # by the tool that the process loaded itself
    assert len(asked) <= 2 * WAITING
    rest = list(results)
    assert [value for value, _ in rest] == list(range(11, 60))
    assert os.getpid() not in {process for _, process in rest}


def test_an_error_and_a_process_that_dies_end_the_work():
    with pytest.raises(ValueError, match="too much"):
        list(Workers(load, 2).map(add, 0, [1, 99, 2]))
    with pytest.raises(UserError, match="ended before its work was done"):
        list(Workers(load, 2).map(add, 0, [1, -1, 2]))


def test_more_than_one_process_only_where_it_pays():
    assert processes_for(1) == processes_for(ENOUGH - 1) == 1
    assert processes_for(None) == processes_for(ENOUGH) >= 1
