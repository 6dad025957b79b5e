import pytest
import torch
from helpers import official
from torch.nn import functional as F

from svhn import weights
from svhn.cli.main import main
from svhn.evaluation.calibration import fit_temperature
from svhn.evaluation.confidence import LEAST_RIGHT, Readings, choose_limit, read_record, write_record
from svhn.evaluation.evaluate import Outcome
from svhn.labels import BLANK
from svhn.utils.errors import DataError
from svhn.utils.paths import WEIGHTS

SURE = [0.9] * 38


def test_confident_readings_of_the_published_weights_are_right_19_times_in_20():
    """What `python -m svhn calibrate` measured: of the networks that are published, and with their limit."""
    sha256, sets = read_record(WEIGHTS)
    manifest = weights.read_manifest(WEIGHTS)
    defaults = (manifest["localizer"], manifest["reader"])
    assert sha256 == {name: manifest["networks"][name]["sha256"] for name in defaults}, "measure these weights again"
    assert {name: readings.photos for name, readings in sets.items()} == {"test": 334, "photos": 60}
    for readings in sets.values():
        right, total = readings.count(manifest["unsure_below"])
        assert right >= LEAST_RIGHT * total
        assert total >= readings.photos / 2  # a limit that almost nothing reaches would be useless


def test_the_limit_is_the_lowest_that_holds_in_every_set():
    sets = {"a": Readings(50, SURE, [0.7, 0.7, 0.6, 0.5]), "b": Readings(50, SURE, [0.5, 0.5])}
    assert choose_limit(sets) == 0.61  # from 0.61 on 38 of 40 are right, from 0.6 on 38 of 41
    assert choose_limit({"b": sets["b"]}) == 0.3
    for few in (Readings(50, SURE[:19], []), Readings(50, SURE, [0.99] * 3)):
        with pytest.raises(DataError, match="No confidence"):
            choose_limit({**sets, "few": few})


def test_only_readings_count_and_none_is_rounded_up():
    outcome = Outcome(numbers=["1", "2", "3", ""], read=["1", "7", "", "4"], confidence=[0.54999, 0.6, 0.0, 0.3])
    readings = Readings.of(outcome)
    assert readings == Readings(4, [0.5499], [0.6, 0.3])
    assert readings.count(0.55) == (0, 1)


def test_the_limit_is_written_with_its_record(own_weights):
    before = weights.read_manifest(own_weights)
    sets = {"test": Readings(50, SURE, [0.7, 0.7, 0.7])}
    assert write_record(own_weights, {"fcos": "1a2b"}, sets) == 0.71
    assert weights.read_manifest(own_weights) == before | {"unsure_below": 0.71}
    assert read_record(own_weights) == ({"fcos": "1a2b"}, sets)


def test_weights_that_are_never_right_keep_their_limit(own_weights, tmp_path, capsys):
    before = (own_weights / "manifest.json").read_text()
    (photo,) = official.write_split(tmp_path, "test", 1)
    (tmp_path / "1.png").write_bytes(photo.png)
    (tmp_path / "labels.csv").write_text("file,number\n1.png,42\n")
    arguments = ["--data", str(tmp_path), "--photos", str(tmp_path), "--weights", str(own_weights)]
    assert main(["calibrate", *arguments]) == 1
    assert "No confidence" in capsys.readouterr().err
    assert (own_weights / "manifest.json").read_text() == before


def test_logits_are_cooled_by_the_factor_they_were_heated_with():
    generator = torch.Generator().manual_seed(0)
    honest = torch.randn(4000, 10, generator=generator) * 2  # the first digit; the rest is certain
    digit = torch.multinomial(honest.softmax(-1), 1, generator=generator)  # drawn as the logits say
    digits, length = F.pad(digit, (0, 4), value=BLANK), torch.ones(4000, dtype=torch.long)
    digit_logits, length_logits = (F.one_hot(*true) * 120.0 - 60.0 for true in ((digits, 11), (length, 7)))

    def fitted(factor: float) -> float:
        digit_logits[:, 0, :10] = honest * factor
        return fit_temperature(digit_logits, length_logits, digits, length)

    own = fitted(1.0)
    assert own == pytest.approx(1, abs=0.1)
    for factor in (0.45, 2.0, 3.6):
        assert fitted(factor) == pytest.approx(own * factor, rel=0.025)  # a step of the temperatures that are tried
