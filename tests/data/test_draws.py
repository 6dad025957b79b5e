"""Draws: every set has its share, a step's rows depend on the seed alone, and processes share them."""

from svhn.data.draws import Draws

SETS, SHARES = [range(50), range(1000), range(9)], [0.5, 0.4, 0.1]


def test_a_step_draws_its_share_of_every_set():
    draws = Draws(SETS, SHARES, 30)
    assert [len(drawn) for drawn in draws.rows(seed=1, step=5)] == [15, 12, 3]
    first, again, other = (_lists(draws.rows(1, step)) for step in (5, 5, 6))
    assert first == again != other


def test_processes_share_the_draws_of_one():
    alone = Draws(SETS, SHARES, 32).rows(seed=1, step=5)
    parts = [Draws(SETS, SHARES, 32, rank, 4).rows(seed=1, step=5) for rank in range(4)]
    assert [sum(map(len, part)) for part in parts] == [8] * 4
    for i, drawn in enumerate(alone):
        assert sorted(row for part in parts for row in part[i].tolist()) == sorted(drawn.tolist())


def _lists(drawn: list) -> list[list[int]]:
    return [rows.tolist() for rows in drawn]
