import numpy as np
import pytest
import torch
from helpers import official
from torch.nn import functional as F

from svhn import weights
from svhn.cli.main import main
from svhn.evaluation.calibration import fit_temperature
from svhn.evaluation.confidence import (
    LEAST_RIGHT,
    Found,
    Readings,
    choose_limit,
    fit_selection,
    read_record,
    write_record,
)
from svhn.labels import BLANK
from svhn.selection import SelectionConfig
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
    signs = np.array([1.0, *np.log([1.5] * 4)])  # with a weight of 1 for the second: 1.5 to 1, which is 0.6
    group = [
        Found("1", "1", 0.54999),
        Found("2", "7", 0.1, signs),
        Found("3"),
        Found("", "4", 0.3),
        Found("5", "5", 0.2),
    ]
    readings = Readings.of(group, SelectionConfig(confidence_weights=(0, 1, 0, 0, 0), floor=0.25))
    assert readings == Readings(5, [0.5499], [0.6, 0.3])
    assert readings.count(0.55) == (0, 1)


def test_weights_are_fitted_to_what_was_searched_for_and_the_floor_loses_one_photo_in_a_hundred():
    rng, true = np.random.default_rng(0), np.array([0.5, 1.0, -0.5, 0.8, 0.3])
    signs = np.column_stack([np.ones(6000), rng.normal(0, 1.5, (6000, 4))])
    right = rng.random(6000) < 1 / (1 + np.exp(-signs @ true))
    numbered = [Found("7", "7" if hit else "1", 0.0, each) for hit, each in zip(right, signs, strict=True)]
    photos, first_look = numbered[:4000], [Found("7", "7", 0.97)] * 1000
    config = fit_selection(SelectionConfig(), [*photos, *first_look], numbered[4000:])
    assert config.confidence_weights == pytest.approx(true, abs=0.2)
    judged = [found.judged(config.confidence_weights) for found in photos]
    lost = [sum(each.right and each.confidence < config.floor + more for each in judged) for more in (0, 0.01)]
    assert lost[0] <= 50 < lost[1]
    empty = [Found("", "7", 0.0, each.signs) for each in numbered[4000:]]  # count for less, but as wrong
    less = fit_selection(SelectionConfig(), photos, empty).confidence_weights[0]
    assert less < config.confidence_weights[0] - 0.3
    with pytest.raises(DataError, match="add photos"):
        fit_selection(SelectionConfig(), [*first_look, *photos[:30]])


def test_the_limit_is_written_with_its_record(own_weights):
    before = weights.read_manifest(own_weights)
    sets = {"test": Readings(50, SURE, [0.7, 0.7, 0.7])}
    config = SelectionConfig(floor=0.4)
    assert write_record(own_weights, {"fcos": "1a2b"}, config, sets) == 0.71
    after = weights.read_manifest(own_weights)
    assert SelectionConfig.of_manifest(after) == config
    assert after | {"selection": 0} == before | {"unsure_below": 0.71, "selection": 0}
    assert read_record(own_weights) == ({"fcos": "1a2b"}, sets)


def test_weights_that_are_never_right_keep_their_limit(own_weights, tmp_path, capsys):
    before = (own_weights / "manifest.json").read_text()
    (photo,) = official.write_split(tmp_path, "test", 1)
    (tmp_path / "1.png").write_bytes(photo.png)
    (tmp_path / "labels.csv").write_text("file,number\n1.png,42\n")
    arguments = ["--data", str(tmp_path), "--photos", str(tmp_path), "--weights", str(own_weights)]
    for more, message in (([], "No confidence"), (["--backgrounds", str(tmp_path)], "holds no JPEG or PNG")):
        assert main(["calibrate", *arguments, *more]) == 1
        assert message in capsys.readouterr().err
    (tmp_path / "5.png").write_bytes(photo.png)
    assert main(["calibrate", *arguments, "--backgrounds", str(tmp_path)]) == 1
    assert "add photos" in capsys.readouterr().err
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
