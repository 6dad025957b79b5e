import pytest
import torch
from helpers.full_disk import full_disk

from svhn.utils.progress import EventLog

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # TensorBoard's own


def test_training_goes_on_when_its_events_cannot_be_written(tmp_path, capsys):
    log = EventLog(tmp_path / "events")
    with full_disk():
        for step in range(30):
            log.write(step, {f"metric{i}": 0.5 for i in range(100)})
        log.graph(torch.nn.Linear(2, 2), torch.ones(1, 2))
        log.close()
    assert capsys.readouterr().err.count("cannot be written") == 1
    (tmp_path / "file").touch()
    log = EventLog(tmp_path / "file" / "events")
    log.write(0, {"loss": 1.0})
    log.close()
    assert "cannot be written" in capsys.readouterr().err
