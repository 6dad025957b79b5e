import json
import shutil
from dataclasses import asdict
from itertools import product
from pathlib import Path

import pytest
import torch

from demo.model_zoo import Network, Networks
from svhn import weights
from svhn.models import build
from svhn.pipeline import Pipeline
from svhn.utils.errors import WeightsError


@pytest.fixture(scope="module")
def folder(tiny_weights, tmp_path_factory) -> Path:
    """The tiny default pair, two more readers and one more localizer."""
    torch.manual_seed(1)
    manifest = json.loads((tiny_weights / "manifest.json").read_text())
    networks = {name: weights.load(tiny_weights, name) for name in manifest["networks"]}
    for name, kind, more in (
        ("plain", "compact", {"title": "Plain", "temperature": 2.0}),
        ("other", "compact", {"temperature": 0.5}),
        ("second", "fcos", {}),
    ):
        networks[name] = build(kind, manifest["networks"][kind]["config"])
        manifest["networks"][name] = {"architecture": kind, "config": asdict(networks[name].config), **more}
    weights.save(made := tmp_path_factory.mktemp("several"), networks, manifest)
    return made


def test_the_default_comes_first_and_what_has_no_title_has_its_name(folder, tiny_weights):
    networks = Networks.load(folder)
    assert networks.localizers == (Network("fcos", "fcos", True), Network("second", "second"))
    default = Network("compact", "compact", True)
    assert networks.readers == (default, Network("plain", "Plain"), Network("other", "other"))
    assert networks.has_choice
    assert networks.default is networks.pipelines["fcos", "compact"]
    assert networks.title("plain") == "Plain"
    single = Networks.load(tiny_weights)
    assert not single.has_choice
    assert not any(network.default for network in (*single.localizers, *single.readers))


def test_every_pair_shares_what_was_loaded_once(folder):
    networks = Networks.load(folder)
    pipelines = networks.pipelines
    assert set(pipelines) == set(product(("fcos", "second"), ("compact", "plain", "other")))
    assert len({id(pipeline.localizer) for pipeline in pipelines.values()}) == 2
    assert len({id(pipeline.reader) for pipeline in pipelines.values()}) == 3
    manifest = weights.read_manifest(folder)["networks"]
    for (localizer, reader), pipeline in pipelines.items():
        own = Pipeline.load(folder, localizer=localizer, reader=reader)
        assert (pipeline.temperature, pipeline.sha256) == (manifest[reader]["temperature"], own.sha256)
        for network, expected in ((pipeline.localizer, own.localizer), (pipeline.reader, own.reader)):
            torch.testing.assert_close(network.state_dict(), expected.state_dict(), rtol=0, atol=0)


def test_damage_is_reported_at_the_start_whatever_it_is_that_is_damaged(folder, tmp_path):
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    next(tmp_path.glob("second-*.safetensors")).write_bytes(b"")
    with pytest.raises(WeightsError, match="sha256"):
        Networks.load(tmp_path)
