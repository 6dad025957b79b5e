from types import SimpleNamespace

import pytest

from benchmarks import hostile


@pytest.mark.filterwarnings("ignore")  # Pillow's, about what is damaged
def test_hostile_pictures_are_read_or_refused():
    outcome = hostile.judge(hostile.pictures(120, 0), hostile.in_process(SimpleNamespace(read=lambda photo: None)))
    assert outcome.failed == outcome.slow == []
    assert min(outcome.counts["read"], outcome.counts["refused"]) > 12
    assert len(hostile.judge(hostile.pictures(3, 0), {}.__getitem__).failed) == 3  # what goes wrong is named
