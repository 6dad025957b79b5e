"""Furniture and writing: every painter paints, within its own box; regions see what the whole picture would."""

import pytest
import torch

from svhn.synth.config import CompanionConfig, FurnitureConfig, GroundConfig, StreetConfig
from svhn.synth.furnishing import (
    PAINTERS,
    Things,
    paint_things,
    sample_companions,
    sample_grounds,
    sample_kinds,
    sample_replacements,
)
from svhn.synth.geometry import view_plane
from svhn.synth.glyphs import LETTERS
from svhn.synth.lettering import DIGIT, SPACE, sample_words, set_line
from svhn.synth.number import sample_number, scale_and_shift
from svhn.synth.regions import SIDES, paint_regions, picture_boxes

SIDE = 128


def middle(m: int, scale: float) -> torch.Tensor:
    return scale_and_shift(torch.full((m, 2), scale), torch.full((m, 2), SIDE / 2))


@pytest.mark.parametrize("kind", range(len(PAINTERS)), ids=list(PAINTERS))
def test_every_thing_is_painted_in_its_place(kind, atlas, rng):
    n = 6
    half = torch.tensor([[1.5, 1.0]]).repeat(n, 1)
    things = Things(torch.full((n,), kind), half, middle(n, 20.0), torch.ones(n, 3))
    canvas = paint_things(torch.full((n, 3, SIDE, SIDE), 0.4), torch.arange(n), things, atlas, rng)
    changed = (canvas - 0.4).abs().amax(1) > 0.02
    assert torch.isfinite(canvas).all()
    assert changed[:, 30:98, 24:104].flatten(1).any(1).all()
    if list(PAINTERS)[kind] not in ("pipe", "lamp"):  # a pipe goes on, a lamp glows
        changed[:, 40:88, 28:100] = False
        assert changed.float().mean() < 0.03


def test_a_configuration_names_every_painter():
    assert set(PAINTERS) < set(vars(FurnitureConfig()))


def test_kinds_come_in_proportion_to_their_weights(rng):
    kind, half = sample_kinds(4000, FurnitureConfig(), rng)
    share = (kind == list(PAINTERS).index("letter_box")).float().mean()
    total = sum(getattr(FurnitureConfig(), name).weight for name in PAINTERS)
    assert abs(share - FurnitureConfig().letter_box.weight / total) < 0.03
    assert (kind != list(PAINTERS).index("prefix")).all()
    assert half.min() > 0


def test_companions_do_not_touch_the_digits(atlas, rng):
    number = sample_number(300, StreetConfig(), atlas, rng)
    companions = sample_companions(number, middle(300, 1.0), CompanionConfig(share=1.0), rng)
    things = companions.things
    centre = things.to_picture[:, :2, 2] - SIDE / 2
    apart = (centre.abs() - things.half - number.half[companions.index]).amax(1)
    assert apart.min() > 0
    assert (companions.room >= 0).all()
    assert not companions.room[~number.plated].any()


def test_replacements_fill_the_number_and_hold_no_digits(atlas, rng):
    config = StreetConfig()
    number = sample_number(400, config, atlas, rng)
    things = sample_replacements(number, middle(400, 1.0), config.replacements, rng)
    share = things.half / number.half
    torch.testing.assert_close(share.amax(1), torch.ones(400))
    with_digits = [list(PAINTERS).index(name) for name in ("car_plate", "date", "phone")]
    assert not torch.isin(things.kind, torch.tensor(with_digits)).any()


def test_grounds_reach_beyond_the_numbers_on_them(atlas, rng):
    number = sample_number(200, StreetConfig(), atlas, rng)
    things = sample_grounds(number, middle(200, 1.0), GroundConfig(), rng)
    away = (things.to_picture[:, :2, 2] - SIDE / 2).abs()
    assert (things.half - away - number.half).min() > 0


@pytest.mark.parametrize("size", [10.0, 30.0, 70.0, 300.0])
def test_a_region_shows_what_the_whole_picture_would(size):
    to_picture = scale_and_shift(torch.full((2, 2), 3.0), torch.tensor([[40.0, 90.0], [200.0, 250.0]]))
    box = picture_boxes(to_picture, torch.full((2, 2), size / 6))
    seen = []

    def paint(piece, plane, which):
        seen.append(piece.shape[-1])
        return torch.stack([plane.x, plane.y, plane.x], dim=1)

    canvas = paint_regions(torch.full((3, 3, 256, 256), torch.nan), torch.tensor([2, 0]), to_picture, box, paint)
    whole = view_plane(to_picture, 256)
    for row, index in enumerate((2, 0)):
        painted = ~torch.isnan(canvas[index, 0])
        torch.testing.assert_close(canvas[index, 0][painted], whole.x[row][painted], atol=1e-3, rtol=0)
        x1, y1, x2, y2 = box[row].clamp(0, 256).int().tolist()
        assert painted[y1:y2, x1:x2].all()
    assert torch.isnan(canvas[1]).all()
    assert seen[0] == min(side for side in (*SIDES, 256) if side >= min(size, 250) + 6)


def test_lines_are_as_wide_as_their_letters(atlas, rng):
    word = torch.tensor([[LETTERS.index(c) for c in "MM"] + [SPACE] * 3])
    short, width = set_line(word, atlas, rng)
    longer, more = set_line(torch.cat([word[:, :2]] * 3, dim=1), atlas, rng)
    assert more > 2 * width
    assert longer.shape[2] > short.shape[2]
    columns = short[0].amax(0).nonzero()[:, 0]
    assert abs((columns.min() + columns.max()) / 2 - (short.shape[2] - 1) / 2) <= 2  # centred


def test_words_and_digits_are_glyphs(atlas, rng):
    glyphs = sample_words(200, rng)
    assert glyphs.min() == SPACE
    assert glyphs.max() < DIGIT
    line, _ = set_line(torch.full((1, 3), DIGIT + 8), atlas, rng)
    assert line.any()
