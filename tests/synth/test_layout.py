"""The sampler, the table learnt from boxes, and how digits are set."""

import math

import pytest
import torch

from svhn.labels import BLANK
from svhn.synth import layout as lay
from svhn.synth.config import LayoutConfig
from svhn.synth.layout import corners, extent, learn, sample_layout, statistics


def only(kind: int, **changes) -> LayoutConfig:
    weights = tuple(float(k == kind) for k in range(4))
    return LayoutConfig(arrangement_weights=weights, size_jitter=0, tilt_jitter=0, drop_jitter=0, **changes)


def test_draws_keep_to_their_ranges(rng):
    assert (rng.within((2.0, 3.0), 5000) - 2.5).abs().max() <= 0.5
    drawn = rng.ratio((0.02, 0.9), 5000)
    assert 0.02 <= drawn.min() <= drawn.max() <= 0.9
    assert (drawn < math.sqrt(0.02 * 0.9)).float().mean() == pytest.approx(0.5, abs=0.03)
    assert rng.normal(0.1, 5000).abs().max() <= 0.3 + 1e-6
    assert set(rng.signs(50).tolist()) == {-1.0, 1.0}
    torch.testing.assert_close(rng.directions(50).norm(dim=1), torch.ones(50))
    assert rng.some(0.25, 4000).numel() == pytest.approx(1000, abs=120)


def test_quantiles_give_back_their_table(rng):
    drawn = rng.quantile([0.0, 1.0, 10.0], 8000)
    assert 0 <= drawn.min() <= drawn.max() <= 10
    assert drawn.median() == pytest.approx(1.0, abs=0.3)


def test_lengths_follow_the_weights(atlas, rng):
    weights = torch.tensor([1.0, 2.0, 0.0, 2.0, 3.0])
    drawn = sample_layout(4000, LayoutConfig(length_weights=tuple(weights.tolist())), atlas, rng).length
    share = torch.bincount(drawn, minlength=6)[1:] / 4000
    torch.testing.assert_close(share, weights / weights.sum(), atol=0.03, rtol=0)


def test_default_numbers_have_balanced_lengths_and_blanks_only_after_the_end(atlas, rng):
    layout = sample_layout(4000, LayoutConfig(), atlas, rng)
    assert (torch.bincount(layout.length, minlength=6) / 4000)[1:].min() > 0.1
    assert torch.equal(layout.digits != BLANK, layout.present)
    assert torch.equal(layout.present.sum(1), layout.length)
    counts = torch.bincount(layout.digits[layout.present], minlength=11)
    assert counts[:10].min() > 0.06 * counts.sum()
    assert all(torch.isfinite(t).all() for t in (layout.centre, layout.size, layout.unit, layout.tilt))


def test_numbers_are_centred_at_the_origin(atlas, rng):
    layout = sample_layout(500, LayoutConfig(), atlas, rng)
    low, high = extent(corners(layout.centre, layout.size, layout.tilt), layout.present)
    assert (low + high).abs().max() < 1e-4
    assert (high - low).min() > 0.05


def test_rows_run_from_left_to_right_with_little_overlap(atlas, rng):
    layout = sample_layout(500, only(lay.ROW), atlas, rng)
    pair = layout.present[:, 1:]
    gap = (layout.centre[:, 1:, 0] - layout.size[:, 1:, 0] / 2) - (
        layout.centre[:, :-1, 0] + layout.size[:, :-1, 0] / 2
    )
    assert gap[pair].min() >= 0.01 - 1e-5
    assert gap[pair].max() <= LayoutConfig().wide_gap[1] + 0.1


def test_stacks_run_downwards(atlas, rng):
    layout = sample_layout(300, only(lay.STACK, stack_gap=(0.1, 0.2), wide_gap_share=0.0), atlas, rng)
    pair = layout.present[:, 1:]
    step = layout.centre[:, 1:] - layout.centre[:, :-1]
    gap = step[..., 1] - (layout.size[:, 1:, 1] + layout.size[:, :-1, 1]) / 2
    assert step[..., 0][pair].abs().max() < 1e-4
    assert 0.1 - 1e-4 <= gap[pair].min() <= gap[pair].max() <= 0.2 + 1e-4


def test_diagonals_step_up_or_down(atlas, rng):
    config = only(lay.DIAGONAL, diagonal_steps=(0.5, 0.6))
    layout = sample_layout(300, config, atlas, rng)
    pair = layout.present[:, 1:]
    drop = torch.diff(layout.centre[..., 1] - atlas.drop[layout.face, layout.digits.clamp(max=9)], dim=1)[pair]
    assert 0.5 - 1e-4 <= drop.abs().min() <= drop.abs().max() <= 0.6 + 1e-4
    assert drop.min() < 0 < drop.max()


def test_arcs_turn_evenly_about_the_middle(atlas, rng):
    layout = sample_layout(300, only(lay.ARC, arc_turn=(0.1, 0.2)), atlas, rng)
    turn = torch.diff(layout.tilt, dim=1)[layout.present[:, 1:]].abs()
    assert 0.1 - 1e-4 <= turn.min() <= turn.max() <= 0.2 + 1e-4
    total = (layout.tilt * layout.present).sum(1)
    assert total.abs().max() < 1e-4


def test_corners_of_a_tilted_box():
    box = corners(torch.tensor([[1.0, 2.0]]), torch.tensor([[2.0, 4.0]]), torch.tensor([math.pi / 2]))
    assert box[0].amin(0).tolist() == pytest.approx([-1.0, 1.0], abs=1e-5)
    assert box[0].amax(0).tolist() == pytest.approx([3.0, 3.0], abs=1e-5)


def test_learning_skips_held_out_images(tmp_path):
    rows = ["file,image_width,image_height,digit,x1,y1,x2,y2"]
    for number in range(1, 41):
        wide = 50 if number % 5 == 0 else 10
        rows += [
            f"{number}.png,200,100,2,20,30,{20 + wide},50",
            f"{number}.png,200,100,3,{22 + wide},30,{22 + 2 * wide},50",
        ]
    path = tmp_path / "boxes.csv"
    path.write_text("\n".join(rows))
    table = learn(path)
    assert table["digit_aspect"] == [0.5] * (lay.STEPS + 1)
    assert table["gap"] == [0.1] * (lay.STEPS + 1)
    assert table["height_px"] == [20.0] * (lay.STEPS + 1)
    assert table["width_share"] == [0.11] * (lay.STEPS + 1)
    assert table["lengths"] == [0, 1, 0, 0, 0]


def test_committed_table_is_complete_and_sorted():
    table = statistics()
    assert sum(table.pop("lengths")) == pytest.approx(1, abs=1e-3)
    for name, values in table.items():
        assert len(values) == lay.STEPS + 1, name
        assert values == sorted(values), name


def test_longer_numbers_often_begin_with_one(rng):
    digits = lay.sample_digits(torch.full((4000,), 3), LayoutConfig(), rng)
    assert abs((digits[:, 0] == 1).float().mean() - LayoutConfig().leading_one) < 0.03
    assert 0 < (digits[:, 0] == 0).float().mean() < 0.05
    single = lay.sample_digits(torch.full((4000,), 1), LayoutConfig(), rng)
    assert abs((single[:, 0] == 1).float().mean() - 0.1) < 0.03
