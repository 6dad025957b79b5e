"""From trained networks to published weights: calibration, held-out metrics, manifest, model card, plots."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import torch
from torch import nn

from .. import labels, weights
from ..models import LOCALIZERS, READERS, kind_of
from ..models.ensemble import average_readers
from ..pipeline import Pipeline
from ..training.checkpoint import Checkpoint, State
from ..training.recipes import RECIPES, Recipe
from ..utils.errors import WeightsError
from ..utils.files import write_output
from . import evaluate, photo_grids
from .calibration import fit_temperature
from .confidence import RECORD
from .training_curves import plot_curves

UNSURE_BELOW = 0.55  # of new weights, until `calibrate` measures it
TITLES = {  # of recipes, for people who compare networks
    "fcos": "This project's localizer",
    "compact": "This project's reader",
    "compact_synthetic": "This project's reader, trained on synthetic numbers alone",
    "customized": "Plain CNN",
    "simple": "Small CNN",
    "smaller_vgg": "Small VGG, one box",
    "l2_box": "One box, L2 loss",
    "dice_box": "One box, Dice loss",
    "unet_zeros": "U-Net, padded with zeros",
    "unet_reflect": "U-Net, padded by reflection",
    "unet_count": "U-Net that counts digits",
}


@dataclass(frozen=True)
class Candidate:
    """A trained network, the name of its recipe, and the records of its runs: one, or one for each member of an
    averaged reader."""

    name: str
    network: nn.Module
    runs: tuple[State, ...]


def average(members: Sequence[Candidate]) -> Candidate:
    """Average readers of one recipe and different seeds."""
    network = average_readers([member.network for member in members])
    return replace(members[0], network=network, runs=tuple(run for member in members for run in member.runs))


def export_measured(
    localizer: Candidate,
    reader: Candidate,
    data_dir: Path,
    folder: Path,
    figures_dir: Path,
    prepared: Path | None = None,
) -> dict:
    """Write weights, manifest and curves of networks that never saw the held-out photos to `folder`; return the
    held-out report.

    Readings of SVHN photos are drawn into `figures_dir`, which must not be in the repository: the photos are for
    non-commercial use. The data set's records are kept in `prepared`.
    """
    held_out = partial(evaluate.split_examples, data_dir, evaluate.HELD_OUT, prepared=prepared)
    both = (localizer, reader)
    networks = {found.name: found.network.cpu().half().float().eval() for found in both}  # as published
    pipeline = Pipeline(networks[localizer.name], networks[reader.name], unsure_below=UNSURE_BELOW)
    pipeline = replace(pipeline, temperature=_fit_temperature(pipeline, held_out()))
    outcome = evaluate.run(pipeline, held_out())
    report = evaluate.split_report(outcome, evaluate.HELD_OUT, {})
    manifest = {
        "localizer": localizer.name,
        "reader": reader.name,
        "unsure_below": UNSURE_BELOW,
        "selection": asdict(pipeline.selection),
        "networks": {found.name: _manifest_entry(found, RECIPES[found.name]) for found in both},
        "held_out": {key: value for key, value in report.items() if key != "weights"},
    }
    manifest["networks"][reader.name]["temperature"] = pipeline.temperature
    for found in both:
        histories = {f"{found.name}, seed {run.seed}": run.history for run in found.runs}
        plot_curves(histories, folder / f"{found.name}-curves.png")
    photo_grids.readings(pipeline, held_out(), figures_dir / "held_out.png")
    weights.save(folder, networks, manifest)
    return report


def publish(name: str, trained: Checkpoint, folder: Path, data_dir: Path) -> dict:
    """Add a run of the recipe `name` to the weights in `folder`, for comparison with the default networks; return its
    entry.

    A reader is calibrated on what the folder's default localizer finds in the held-out photos. Raises WeightsError for
    a network that is too large or is neither localizer nor reader.
    """
    kind = trained.recipe.network
    if name not in RECIPES or RECIPES[name].network != kind:
        raise WeightsError(f"The run {name} is not named as its recipe, one of {', '.join(RECIPES)}.")
    if trained.state.trained_on == "all":
        raise WeightsError(
            f"{name} was trained on the photos that it would be calibrated with; train it without --all."
        )
    if kind not in READERS | LOCALIZERS:
        raise WeightsError(f"{name} is a {kind}, which neither finds nor reads numbers in photos.")
    manifest = weights.read_manifest(folder)
    if name in (manifest["localizer"], manifest["reader"]):
        raise WeightsError(f"{name} is a default network of {folder}; train_all.py writes these.")
    network = trained.network.half().float().eval()
    entry = _manifest_entry(Candidate(name, network, (trained.state,)), trained.recipe)
    if kind in READERS:
        pipeline = Pipeline(weights.load(folder, manifest["localizer"]), network)
        entry["temperature"] = _fit_temperature(pipeline, evaluate.split_examples(data_dir, evaluate.HELD_OUT))
    manifest["networks"][name] = entry
    manifest = weights.save(folder, {name: network}, manifest)
    write_model_card(folder)
    return manifest["networks"][name]


def export_final(last: Candidate, measured: Path, folder: Path, examples_dir: Path) -> None:
    """Write the weights of `measured` to `folder`, with `last` in place of the network that it continued on all photos.

    The temperature and the metrics remain those of the measured weights. Also writes the model card and readings of the
    photos in `examples_dir`. Networks that were published for comparison are kept.
    """
    name = last.name
    manifest = weights.read_manifest(measured)
    networks = {known: weights.load(measured, known) for known in manifest["networks"]}
    if (folder / "manifest.json").exists():
        manifest["networks"] = {**weights.read_manifest(folder)["networks"], **manifest["networks"]}
    networks[name] = last.network.cpu().half().float().eval()
    before = manifest["networks"][name]
    kept = ("sha256", "data", "trained_on", "initialized_from", "steps", "minutes", "machine", "code")
    manifest["networks"][name] = {
        **before,
        **_provenance(last.runs),
        "measured": {key: before[key] for key in kept},
    }
    for known in networks:
        write_output(folder / f"{known}-curves.png", (measured / f"{known}-curves.png").read_bytes())
    weights.save(folder, networks, manifest)
    (folder / RECORD).unlink(missing_ok=True)  # it is of the weights before; `calibrate` writes a new one
    photo_grids.readings(
        Pipeline.load(folder), evaluate.folder_examples(examples_dir), folder / "readings.png", columns=4, rows=3
    )
    write_model_card(folder)


def _fit_temperature(pipeline: Pipeline, examples: Iterable[evaluate.Example]) -> float:
    """Fit the temperature on the boxes that the pipeline reports."""
    logits, truths = [], []
    for example in examples:
        reading = pipeline.read(example.photo)
        if reading.box is None:
            continue
        digits, length = pipeline.logits(pipeline.crops(example.photo, [reading.box]))
        logits.append((digits, length))
        truths.append(labels.encode(example.truth.number))
    if not logits:
        return 1.0
    digit_logits, length_logits = (torch.cat(heads) for heads in zip(*logits, strict=True))
    digits = torch.tensor([digits.tolist() for digits, _ in truths])
    return fit_temperature(digit_logits, length_logits, digits, torch.tensor([length for _, length in truths]))


def _manifest_entry(found: Candidate, recipe: Recipe) -> dict:
    """The manifest's entry of a network, before its file is written."""
    return {
        "architecture": kind_of(found.network),
        "title": TITLES.get(found.name, found.name),
        "config": asdict(found.network.config),
        "parameters": sum(p.numel() for p in found.network.parameters()),
        "recipe": asdict(recipe),
        **_provenance(found.runs),
        "held_out": [run.history[-1] for run in found.runs if run.history],
    }


def _provenance(runs: Sequence[State]) -> dict:
    """Where weights come from. For several runs: the first seed, each distinct text, and the sums of steps and
    minutes."""

    def distinct(each: Callable[[State], str]) -> str:
        return " and ".join(dict.fromkeys(text for run in runs if (text := each(run))))

    return {
        "data": distinct(lambda run: run.data),
        "trained_on": "all" if any(run.trained_on == "all" for run in runs) else "train",
        "initialized_from": distinct(lambda run: run.initialized_from),
        "seed": runs[0].seed,
        "steps": sum(run.step for run in runs),
        "minutes": round(sum(run.seconds for run in runs) / 60, 1),
        "machine": distinct(lambda run: run.machine),
        "code": distinct(lambda run: run.code),
    }


def write_model_card(folder: Path) -> None:
    """Write MODEL_CARD.md next to the manifest that it is made from."""
    write_output(folder / "MODEL_CARD.md", model_card(weights.read_manifest(folder)).encode())


def model_card(manifest: dict) -> str:
    """MODEL_CARD.md, every number of which comes from the manifest."""
    report = manifest["held_out"]
    low, high = report["end_to_end"]["interval_95"]
    reader_low, reader_high = report["reader"]["interval_95"]
    rows = "\n".join(
        f"| {name} | {entry['parameters'] / 1e6:.2f} M | {entry['bytes'] / 2**20:.1f} MiB | {run['steps']} "
        f"| {run['minutes']:g} | {run['machine']} | `{run['sha256'][:16]}…` | {run['data']} "
        f"| {run['trained_on']} | {run['initialized_from'] or 'random weights'} |"
        for name, entry in manifest["networks"].items()
        for run in (entry.get("measured"), entry)
        if run
    )
    reader = f"`{manifest['reader']}`"
    members = manifest["networks"][manifest["reader"]]["config"].get("members", 1)
    averaged = (
        f" {reader} averages the log probabilities of {members} networks that were trained apart, with different "
        "seeds; steps and minutes are the sum over all of them."
        if members > 1
        else ""
    )
    further = (
        f" {reader} has two rows: the first is the measured network; the second continued from it on all photos, at a "
        "lower learning rate, and is the one in use."
        if "measured" in manifest["networks"][manifest["reader"]]
        else " They are the ones in use."
    )
    return f"""# Model card

Two networks find and read house numbers of up to five digits in street photos: the localizer
`{manifest["localizer"]}` and the reader `{manifest["reader"]}`. The other networks are published for comparison;
`RESULTS.md` has their metrics. This page is generated together with the weights.

| network | parameters | file | steps | minutes | machine | sha256 | trained on | photos | initialized from |
|---|---|---|---|---|---|---|---|---|---|
{rows}

Photos: `train` leaves the held-out photos out, `all` includes them. The weights in `measured/` never saw the held-out
photos.{further}{averaged} The official test split was used to choose, 334 photos of it, and never to train on.

**Held-out metrics** of the measured weights on {report["images"]} photos that they never saw (exact matches, with 95 %
intervals):

| metric | value |
|---|---|
| reader, true box with margin | {report["reader"]["sequence_accuracy"]:.1%} ({reader_low:.1%} – {reader_high:.1%}) |
| reader, single digits | {report["reader"]["digit_accuracy"]:.1%} |
| localizer, recall at IoU 0.5 | {report["localizer"]["recall_50"]:.1%} |
| localizer, mean IoU | {report["localizer"]["mean_iou"]:.3f} |
| end to end, photo alone | {report["end_to_end"]["sequence_accuracy"]:.1%} ({low:.1%} – {high:.1%}) |
| readable automatically at 98 % accuracy, end to end | {report["end_to_end"]["coverage_at_98"]:.1%} |
| calibration error, end to end | {report["end_to_end"]["calibration_error"]:.3f} |

The confidence's temperature, the reader's margins and the localizer's scales were chosen on the same photos.

**Not for** numbers of more than five digits, letters next to the number ("12a" reads as 12), or decisions that
nobody checks. A reading with a confidence below {manifest["unsure_below"]:.0%} is marked to be checked.

**Licence.** The code is under the MIT licence. The weights were trained on SVHN photos, which are for
non-commercial use; so are these weights. The localizer's encoder was initialized from EfficientNet-Lite0's
public weights, which are under the Apache licence 2.0.
"""
