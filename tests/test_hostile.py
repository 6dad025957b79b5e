from types import SimpleNamespace

import pytest

from benchmarks import hostile


@pytest.mark.filterwarnings("ignore")  # Pillow's, about what is damaged
def test_hostile_pictures_are_read_or_refused():
    outcome = hostile.judge(hostile.pictures(300, 0), hostile.in_process(SimpleNamespace(read=lambda photo: None)))
    assert outcome.failed == outcome.slow == []
    assert min(outcome.counts["read"], outcome.counts["refused"]) > 30


def test_what_goes_wrong_is_named():
    def handle(data: bytes) -> str:
        raise KeyError("a decoder's")

    assert len(hostile.judge(hostile.pictures(3, 0), handle).failed) == 3
