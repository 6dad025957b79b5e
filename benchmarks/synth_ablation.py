"""How much each ingredient of the generator helps a reader that never sees a real photo.

    python -m benchmarks.synth_ablation [--steps 1000] [--backgrounds DIR] [--device auto]

A reader is first trained on plain numbers, from a generator without any of the ingredients, until it can read. From
there it continues with the full generator, and again with each generator that lacks one ingredient, for as many steps
each and with the same seed, and reads the held-out photos in their true boxes. (From random weights, so few steps would
only show which generator is the easiest.) Results are kept in runs/ingredients/; an interrupted benchmark continues
after them.
"""

from __future__ import annotations

import argparse
import json
import shutil
from dataclasses import replace
from pathlib import Path

import torch

from svhn.data.backgrounds import load_backgrounds
from svhn.metrics import wilson_interval
from svhn.synth.cache import crop_bank
from svhn.synth.config import CameraConfig, CompanionConfig, LayoutConfig, PaintConfig, StreetConfig, ViewConfig
from svhn.synth.glyphs import Atlas, load_atlas
from svhn.training import checkpoint
from svhn.training.checkpoint import State
from svhn.training.engine import fit
from svhn.training.recipes import RECIPES
from svhn.training.tasks import Sources, make_task
from svhn.utils.devices import choose_device, machine
from svhn.utils.files import write_atomic
from svhn.utils.paths import PREPARED, RUNS

HELD_OUT = 408
FEW_FACES = 20
NEVER = (0.0, 0.0)


def without(part, *names: str):
    """The part of a StreetConfig with those shares and spreads at zero."""
    return replace(part, **{name: NEVER if isinstance(getattr(part, name), tuple) else 0.0 for name in names})


PAINTED = {
    "plates, frames, screws": ("plate_share", "distinct_plate_share", "screws_share", "frame_share"),
    "ink: shadows, bevels, outlines, weights, wear": (
        "shadow_share",
        "bevel_share",
        "outline_share",
        "hollow_share",
        "weight_share",
        "fade_share",
        "worn_share",
        "faint_share",
    ),
    "distractors: letters, captions, neighbouring digits": ("suffix_share", "caption_share", "neighbour_share"),
    "weather: cast shadows, glare, dirt, bars, leaves": (
        "light",
        "cast_shadow_share",
        "leaf_shadow_share",
        "glare_share",
        "dirt_share",
        "bars_share",
        "leaves_share",
    ),
}
PAINT = PaintConfig()
ROWS = without(
    replace(LayoutConfig(), arrangement_weights=(1.0, 0.0, 0.0, 0.0), narrowing=(1.0, 1.0)),
    "wide_gap_share",
    "loose_share",
    "mixed_faces_share",
    "tilt_jitter",
    "drop_jitter",
)
FRONTAL = without(replace(ViewConfig(), narrowed_share=0.0), "roll", "slope", "lean", "vanishing")
CLEAR = without(
    CameraConfig(), "focus", "poor_focus_share", "softness", "motion_share", "noise", "sharpen", "jpeg_share"
)
EMPTY_STREET = {"companion": CompanionConfig(share=0.0), "crop_doors": 0.0, "replaced": 0.0}
FACES = "fonts: 20 faces instead of 1,309"
EVERYTHING = "all of these"
PLAIN = "all of these, before"  # what every reader goes on from
INGREDIENTS = {
    "nothing": StreetConfig(),
    EVERYTHING: StreetConfig(ROWS, without(PAINT, *sum(PAINTED.values(), ())), FRONTAL, CLEAR, **EMPTY_STREET),
    FACES: StreetConfig(),
    "layouts: stacks, diagonals, arcs, wide gaps, squeezed faces, digits put up by hand": StreetConfig(layout=ROWS),
    **{name: StreetConfig(paint=without(PAINT, *shares)) for name, shares in PAINTED.items()},
    "street: doors, things next to a number or in its place": StreetConfig(**EMPTY_STREET),
    "perspective": StreetConfig(view=FRONTAL),
    "camera: blur, motion, noise, sharpening, JPEG": StreetConfig(camera=CLEAR),
}


def few(atlas: Atlas) -> Atlas:
    """Every n-th face of the atlas."""
    rows = torch.linspace(0, len(atlas.names) - 1, FEW_FACES).long()
    faces = ("masks", "width", "height", "drop", "cell", "boldness")
    picked = {name: getattr(atlas, name)[rows] for name in faces}
    return replace(atlas, **picked, names=tuple(atlas.names[i] for i in rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--prepared", type=Path, default=PREPARED)
    parser.add_argument("--backgrounds", type=Path)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--bank", type=int, default=15_000, help="crops of each generator (%(default)s)")
    parser.add_argument("--device", default="auto")
    options = parser.parse_args()
    device, folder = choose_device(options.device), RUNS / "ingredients"
    walls = load_backgrounds(options.backgrounds, device) if options.backgrounds else None
    recipe = replace(
        RECIPES["compact_synthetic"], steps=options.steps, epoch_steps=options.steps, synthetic_bank=options.bank
    )

    def train_reader(name: str, run: str, initial: dict[str, torch.Tensor] | None) -> dict:
        """The metrics of a reader trained on that generator's crops, from random weights or initial tensors."""
        atlas = few(load_atlas()) if name in (FACES, EVERYTHING) else load_atlas()
        bank = crop_bank(options.bank, int(initial is not None), device, walls, INGREDIENTS[name], atlas)
        torch.manual_seed(0)
        task = make_task(recipe, Sources(options.prepared, synthetic=bank), device)
        if initial:
            task.network.load_state_dict(initial)
        shutil.rmtree(folder / run, ignore_errors=True)
        _, state = fit(task, recipe, folder / run, device, State())
        share = state.history[-1]["held_out_accuracy"]
        return {
            "held_out_accuracy": share,
            "interval_95": wilson_interval(round(share * HELD_OUT), HELD_OUT),
            "steps": state.step,
            "bank": options.bank,
            "minutes": round(state.seconds / 60, 1),
            "machine": machine(device),
        }

    out = folder / "figures.json"
    done = json.loads(out.read_text()) if out.exists() else {}
    for name in (PLAIN, *INGREDIENTS):
        if name in done and (done[name]["steps"], done[name]["bank"]) == (options.steps, options.bank):
            continue
        if name == PLAIN:
            done[name] = train_reader(EVERYTHING, "plain", initial=None)
        else:
            done[name] = train_reader(name, "next", checkpoint.load(folder / "plain").network.state_dict())
        write_atomic(out, (json.dumps(done, indent=2) + "\n").encode())
    print("| the generator without | whole number right of 408 | 95 % interval |\n|---|---|---|")
    for name, metrics in done.items():
        low, high = metrics["interval_95"]
        print(f"| {name} | {metrics['held_out_accuracy']:.1%} | {low:.1%} – {high:.1%} |")


if __name__ == "__main__":
    main()
