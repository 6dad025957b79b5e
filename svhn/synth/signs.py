"""Writing other than house numbers: names, street signs, car plates, dates, telephone numbers, notices, ornaments.

The painters have the arguments of those in `furniture`; `ink` is the colour of writing that is set on the wall itself.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .geometry import Plane, blend, coverage, stamp
from .glyphs import LETTERS, Atlas
from .palette import pick_colours
from .rng import Sampler
from .shapes import ellipse, fill, rectangle
from .text_lines import DIGIT, SPACE, sample_words, set_line, stamp_line

BOARDS = ((240, 240, 236), (25, 40, 110), (20, 20, 22), (25, 80, 50), (230, 200, 60), (150, 30, 30), (160, 150, 130))
EMBLEM = 32  # side of an emblem's mask


def paint_house_name(canvas: Tensor, plane: Plane, half: Tensor, ink: Tensor, atlas: Atlas, rng: Sampler) -> Tensor:
    """A line of letters on the wall itself."""
    line, width = set_line(sample_words(len(half), rng), atlas, rng)
    return blend(canvas, ink, stamp_line(line, width, plane, torch.zeros_like(half), half))


def paint_street_sign(canvas: Tensor, plane: Plane, half: Tensor, ink: Tensor, atlas: Atlas, rng: Sampler) -> Tensor:
    """A board with one or two lines of letters and a rim on some."""
    n = len(half)
    board, ink = _board(n, rng)
    outer = rectangle(plane, half, 0.2)
    canvas = fill(canvas, plane, board, outer)
    rim = (outer + 0.1 * half.amin(1)[:, None, None]).abs() - 0.03 * half.amin(1)[:, None, None]
    rim = torch.where(rng.chance(0.5, n, 1, 1), rim, torch.full_like(rim, 9.0))
    canvas = fill(canvas, plane, ink, rim)
    double = rng.chance(0.4, n)
    inner = half * half.new_tensor([0.88, 0.6])
    small = torch.where(double[:, None], inner * half.new_tensor([1.0, 0.5]), inner)
    for side in (-1.0, 1.0):
        line, width = set_line(sample_words(n, rng), atlas, rng)
        centre = torch.where(double[:, None], half * half.new_tensor([0.0, 0.42 * side]), 0.0)
        cover = stamp_line(line, width, plane, centre, small)
        cover = cover * (double | (side > 0))[:, None, None]
        canvas = blend(canvas, ink, cover)
    return canvas


def paint_car_plate(canvas: Tensor, plane: Plane, half: Tensor, ink: Tensor, atlas: Atlas, rng: Sampler) -> Tensor:
    """Letters and digits on white or yellow, with a blue band on some."""
    n = len(half)
    yellow = rng.chance(0.4, n, 1)
    board = torch.where(yellow, half.new_tensor([0.93, 0.78, 0.15]), half.new_tensor([0.93, 0.93, 0.92]))
    outer = rectangle(plane, half, 0.2)
    canvas = fill(canvas, plane, board * rng.within((0.75, 1.0), n, 1), outer)
    canvas = fill(canvas, plane, torch.full_like(board, 0.1), outer.abs() - 0.04 * half.amin(1)[:, None, None])
    band = torch.maximum(outer, plane.x + 0.86 * half[:, 0, None, None])
    band = torch.where(rng.chance(0.4, n, 1, 1), band, torch.full_like(band, 9.0))
    canvas = fill(canvas, plane, board.new_tensor([0.1, 0.2, 0.6]).expand(n, 3), band)
    digits = rng.chance(0.45, n, 8)
    digits[:, 0], digits[:, 1] = False, rng.chance(0.3, n)
    glyphs = torch.where(digits, DIGIT + rng.below(10, n, 8), rng.below(26, n, 8))
    place = torch.arange(8, device=glyphs.device)
    space = place == 2 + rng.below(3, n, 1)
    glyphs = glyphs.masked_fill(space | (place >= 6 + rng.below(3, n, 1)), SPACE)
    line, width = set_line(glyphs, atlas, rng)
    cover = stamp_line(line, width, plane, torch.zeros_like(half), half * half.new_tensor([0.82, 0.72]))
    return blend(canvas, torch.full_like(board, 0.08), cover)


def paint_date(canvas: Tensor, plane: Plane, half: Tensor, ink: Tensor, atlas: Atlas, rng: Sampler) -> Tensor:
    """A year carved in stone: shade and light along its strokes, hardly another colour; on some with ANNO or A D."""
    n = len(half)
    year = torch.stack(
        [
            torch.ones(n, dtype=torch.int64, device=half.device),
            7 + rng.below(3, n),
            rng.below(10, n),
            rng.below(10, n),
        ],
        dim=1,
    )
    glyphs = torch.cat(
        [rng.below(26, n, 1), rng.below(26, n, 1).masked_fill(rng.chance(0.5, n, 1), SPACE), DIGIT + year], 1
    )
    glyphs = glyphs.masked_fill(rng.chance(0.6, n, 1) & (torch.arange(6, device=half.device) < 2), SPACE)
    line, width = set_line(glyphs, atlas, rng)
    stone = rectangle(plane, half, 0.3)
    light = rng.normal(0.12, n, 1).expand(n, 3)
    canvas = canvas + coverage(stone, plane)[:, None] * light[:, :, None, None] * rng.chance(0.6, n, 1, 1, 1)
    cover = stamp_line(line, width, plane, torch.zeros_like(half), half * 0.7)
    shifted = torch.roll(cover, (1, 1), (1, 2))
    depth = rng.within((0.06, 0.25), n, 1, 1)
    return canvas - (depth * cover - 0.6 * depth * (shifted - cover).clamp(min=0))[:, None]


def paint_phone(canvas: Tensor, plane: Plane, half: Tensor, ink: Tensor, atlas: Atlas, rng: Sampler) -> Tensor:
    """A board with a line of letters and below it a telephone number."""
    n = len(half)
    board, ink = _board(n, rng)
    canvas = fill(canvas, plane, board, rectangle(plane, half, 0.1))
    words, wide = set_line(sample_words(n, rng), atlas, rng)
    inner = half * half.new_tensor([0.9, 0.35])
    canvas = blend(canvas, ink, stamp_line(words, wide, plane, half * half.new_tensor([0.0, -0.45]), inner))
    glyphs = DIGIT + rng.below(10, n, 13)
    place = torch.arange(13, device=glyphs.device)
    spaces = (place == 3 + rng.below(3, n, 1)) | (place == 8) & rng.chance(0.5, n, 1)
    glyphs = glyphs.masked_fill(spaces | (place >= 8 + rng.below(6, n, 1)), SPACE)
    line, width = set_line(glyphs, atlas, rng)
    return blend(canvas, ink, stamp_line(line, width, plane, half * half.new_tensor([0.0, 0.4]), inner))


def paint_notice(canvas: Tensor, plane: Plane, half: Tensor, ink: Tensor, atlas: Atlas, rng: Sampler) -> Tensor:
    """A sheet of small print, a poster or an advertisement: stripes of grey that nobody reads from afar."""
    n = len(half)
    board, ink = _board(n, rng)
    outer = rectangle(plane, half)
    canvas = fill(canvas, plane, board, outer)
    rows = (plane.y / half[:, 1, None, None] * (3 + rng.below(8, n))[:, None, None]).round()
    ragged = torch.sin(rows * 12.9898 + rng.within((0.0, 9.0), n, 1, 1)) * 0.3 + 0.5
    text = (torch.remainder(plane.y / half[:, 1, None, None] * 12, 2.0) < 0.9) & (
        plane.x / half[:, 0, None, None] < ragged
    )
    cover = coverage(outer + 0.15 * half.amin(1)[:, None, None], plane) * text * rng.within((0.2, 0.8), n, 1, 1)
    return blend(canvas, ink, cover)


def paint_ornament(canvas: Tensor, plane: Plane, half: Tensor, ink: Tensor, atlas: Atlas, rng: Sampler) -> Tensor:
    """A coat of arms, a flower or a figure: on the wall itself, or on a round, oval or square ground with a rim."""
    n = len(half)
    board, ink = _board(n, rng)
    outer = torch.where(rng.chance(0.7, n, 1, 1), ellipse(plane, half), rectangle(plane, half, 0.2))
    ground = torch.where(rng.chance(0.7, n, 1, 1), outer, torch.full_like(outer, 9.0))
    canvas = fill(canvas, plane, board, ground)
    rim = (ground + 0.08 * half.amin(1)[:, None, None]).abs() - 0.04 * half.amin(1)[:, None, None]
    canvas = fill(canvas, plane, ink, rim)
    return paint_emblem(canvas, plane, torch.zeros_like(half), half * 0.75, ink, rng)


def paint_emblem(canvas: Tensor, plane: Plane, centre: Tensor, half: Tensor, ink: Tensor, rng: Sampler) -> Tensor:
    """A picture in one or two colours (n, 3) at centre (n, 2): the same on the left and on the right, on most."""
    n = len(half)
    line = torch.linspace(-1, 1, EMBLEM, device=half.device)
    away = torch.hypot(line[:, None], line)
    angle = torch.atan2(line[:, None], line)
    for second in (False, True):
        field = rng.patches(n, 5, EMBLEM) + 0.7 * rng.patches(n, 11, EMBLEM)
        field = torch.where(rng.chance(0.75, n, 1, 1), (field + field.flip(2)) * 0.7, field)
        petals = torch.cos(angle * (3 + rng.below(6, n))[:, None, None]) * rng.within((0.5, 2.0), n, 1, 1)
        field = torch.where(rng.chance(0.35, n, 1, 1), petals, field) + 1.6 * (0.85 - away) - away.square()
        mask = torch.sigmoid(8 * (field - (0.8 if second else 0.3))) * (away < 0.95) * 255
        colour = (rng.unit(n, 1) + rng.normal(0.2, n, 3)).clamp(0, 1) if second else ink
        cover = stamp(mask, plane, centre, half * 2, torch.zeros(n, device=half.device))
        canvas = blend(canvas, colour, cover)
    return canvas


def paint_prefix(canvas: Tensor, plane: Plane, half: Tensor, ink: Tensor, atlas: Atlas, rng: Sampler) -> Tensor:
    """A prefix of a number: No, Nº with the o raised and underlined, NO, or #."""
    n = len(half)
    zero = torch.zeros(n, device=half.device)
    kind = rng.pick((1.0, 1.0, 0.6, 0.5), n)  # raised, small, capital, hash
    letters = torch.tensor([LETTERS.index("N"), LETTERS.index("O")], device=half.device).expand(n, 2)
    first, wide = set_line(letters[:, :1], atlas, rng)
    cover = stamp_line(first, wide, plane, half * half.new_tensor([-0.5, 0.0]), half * half.new_tensor([0.55, 1.0]))
    second, wide = set_line(letters[:, 1:], atlas, rng)
    table = half.new_tensor(
        [[0.55, -0.5, 0.4, 0.45], [0.55, 0.4, 0.4, 0.6], [0.55, 0.0, 0.5, 1.0], [0.55, 0.0, 0.1, 0.1]]
    )
    at = table[kind]
    cover = torch.maximum(cover, stamp_line(second, wide, plane, half * at[:, :2], half * at[:, 2:]))
    under = plane.rotate(half * half.new_tensor([0.55, 0.25]), zero)
    under = coverage(rectangle(under, half * half.new_tensor([0.35, 0.07])), plane)
    under = under * ((kind == 0) & rng.chance(0.6, n))[:, None, None]
    dot = coverage(
        ellipse(plane.rotate(half * half.new_tensor([1.1, 0.85]), zero), half[:, 1:] * 0.15 + half * 0), plane
    )
    dot = dot * ((kind > 0) & rng.chance(0.4, n))[:, None, None]
    cover = torch.maximum(torch.maximum(cover, under), dot)
    cover = torch.where((kind == 3)[:, None, None], hash_coverage(plane, torch.zeros_like(half), half * 0.8), cover)
    return blend(canvas, ink, cover)


def hash_coverage(plane: Plane, centre: Tensor, half: Tensor) -> Tensor:
    """Coverage (n, S, S) of "#" in boxes of half sizes (n, 2) at centre (n, 2)."""
    local = plane.rotate(centre, torch.zeros_like(half[:, 0]))
    thin = 0.13 * half.amin(1)[:, None, None]
    slanted = local.x + 0.2 * local.y
    upright = (slanted.abs() - 0.4 * half[:, 0, None, None]).abs() - thin
    level = (local.y.abs() - 0.33 * half[:, 1, None, None]).abs() - thin
    inside = torch.maximum(slanted.abs() - half[:, 0, None, None], local.y.abs() - half[:, 1, None, None])
    return coverage(torch.maximum(torch.minimum(upright, level), inside), plane)


def _board(n: int, rng: Sampler) -> tuple[Tensor, Tensor]:
    """Colours (n, 3) of boards, and of writing on them."""
    board = pick_colours(BOARDS, n, rng)
    return board, torch.where(board.mean(1, keepdim=True) > 0.45, 0.08, 0.92).expand(n, 3)
