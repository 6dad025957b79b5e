"""Lines of letters and digits in proportional setting: names of houses and streets, dates, car plates, "No"."""

from __future__ import annotations

from functools import cache

import torch
import torch.nn.functional as F

from .geometry import Plane, stamp
from .glyphs import CELL, FIGURE, LETTERS, Atlas
from .rng import Sampler

SPACE = -1
DIGIT = len(LETTERS)  # glyph index of the digit 0
INK = 60  # grey value above which a texel counts as ink
WORDS = (
    "ROSE COTTAGE,THE LODGE,THE COTTAGE,THE OAKS,HILL VIEW,OAK HOUSE,IVY COTTAGE,HOLLY HOUSE,SEA VIEW,ROSE VILLA,"
    "VILLA MARIA,WILLOW END,BELLA VISTA,SUNNYSIDE,FAIRVIEW,THE BARN,MILL HOUSE,HIGH STREET,STATION ROAD,"
    "PARK ROAD,CHURCH LANE,MAIN STREET,KING STREET,QUEENS ROAD,ELM AVENUE,MILL LANE,RUE DE LA PAIX,RUE PASTEUR,"
    "CALLE MAYOR,VIA ROMA,GARTENWEG,HAUPTSTR,FLAT,NO JUNK MAIL,PRIVATE,BEWARE OF THE DOG,LETTERS,POST,PUSH,PULL,"
    "PLEASE SHUT,THE GATE,NO PARKING,KEEP CLEAR,GARAGE IN USE,OFFICE,SURGERY,DENTIST,TO LET,FOR SALE,OPEN,BELL,"
    "ENTRANCE"
)


@cache
def _encoded() -> torch.Tensor:
    """The words as glyph indices (words, longest), padded with spaces."""
    words = WORDS.split(",")
    longest = max(map(len, words))
    rows = [[LETTERS.find(letter) for letter in word.ljust(longest)] for word in words]  # a space is not found: -1
    return torch.tensor(rows)


def sample_words(m: int, rng: Sampler, made_up: float = 0.4) -> torch.Tensor:
    """(m, L) int64 glyph indices: a known line of capitals or, on a share, a made-up one in capitals or in both."""
    table = _encoded().to(rng.device)
    known = table[rng.below(len(table), m)]
    length = known.shape[1]
    capitals, small = rng.below(26, m, length), rng.pick((0,) * 26 + (2, 1, 1, 3, 0, 1, 2, 2, 2, 2), m, length)
    place = torch.arange(length, device=known.device)
    end = (3 + rng.below(length - 3, m))[:, None]
    blank = (place >= end) | (place == rng.below(length, m)[:, None]) & (place > 1)
    first = (place == 0) | (torch.cat([blank[:, :1], blank[:, :-1]], dim=1))
    free = torch.where(first | rng.chance(0.5, m, 1), capitals, small).masked_fill(blank, SPACE)
    return torch.where(rng.chance(made_up, m, 1), free, known)


def set_line(glyphs: torch.Tensor, atlas: Atlas, rng: Sampler) -> tuple[torch.Tensor, torch.Tensor]:
    """Glyph indices (m, L) -> masks (m, 32, W) of centred lines, and their widths (m,) in figure heights."""
    m, length = glyphs.shape
    font, face = rng.below(len(atlas.letters), m), rng.below(len(atlas.names), m)
    table = torch.cat([atlas.letters[font], atlas.masks[face]], dim=1)  # (m, 46, C, C)
    rows = torch.arange(m, device=glyphs.device)[:, None]
    drawn = table[rows, glyphs.clamp(min=0)] * (glyphs != SPACE)[..., None, None]  # (m, L, C, C)
    drawn = _on_baseline(drawn)
    first, last = _span((drawn > INK).any(2))  # (m, L)
    wide = torch.where(glyphs == SPACE, CELL // 3, last - first)
    ends = glyphs != SPACE
    used = ends | (ends.flip(1).cumsum(1).flip(1) > 0)  # spaces behind the last letter do not count
    gap = (rng.within((0.06, 0.3), m, 1) * FIGURE).long()
    step = (wide + gap) * used
    total = step.sum(1) - gap[:, 0]
    width = max(int(total.max()), CELL)
    start = step.cumsum(1) - step + ((width - total) // 2)[:, None]
    column = torch.arange(width, device=glyphs.device).expand(m, width).contiguous()
    which = (torch.searchsorted(start.contiguous(), column, right=True) - 1).clamp(0, length - 1)
    source = column - start.gather(1, which) + first.gather(1, which)
    inside = (source >= first.gather(1, which)) & (source < last.gather(1, which)) & (glyphs != SPACE).gather(1, which)
    flat = drawn.transpose(1, 2).reshape(m, CELL, length * CELL)
    at = (which * CELL + source.clamp(0, CELL - 1))[:, None].expand(m, CELL, width)
    line = flat.gather(2, at) * inside[:, None]
    return F.avg_pool2d(F.pad(line, (4, 4 + width % 2)).float(), 2), total / FIGURE


def stamp_line(
    line: torch.Tensor, width: torch.Tensor, plane: Plane, centre: torch.Tensor, half: torch.Tensor
) -> torch.Tensor:
    """Coverage (m, S, S) of lines of `set_line`, as large as fits in boxes of half sizes (m, 2) at centre (m, 2)."""
    tall = torch.minimum(2 * half[:, 1], 2 * half[:, 0] / width)
    side = torch.stack([tall * line.shape[2] / line.shape[1], tall], dim=1) * CELL / FIGURE
    return stamp(line, plane, centre, side, torch.zeros_like(tall))


def _on_baseline(drawn: torch.Tensor) -> torch.Tensor:
    """Glyphs (m, L, C, C), ink centred, moved down so that small letters share the capitals' baseline."""
    _, bottom = _span((drawn > INK).any(3))
    lowest = bottom.amax(1, keepdim=True)
    row = torch.arange(drawn.shape[2], device=drawn.device) - (lowest - bottom).clamp(0, CELL // 2)[..., None]
    moved = drawn.gather(2, row.clamp(min=0)[..., None].expand_as(drawn))
    return moved * (row >= 0)[..., None]


def _span(hit: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """bool (..., C) -> first and past-the-last True (...), 0 and 0 where there is none."""
    at = torch.arange(hit.shape[-1], device=hit.device)
    last = torch.where(hit, at + 1, 0).amax(-1)
    first = torch.where(hit, at, hit.shape[-1]).amin(-1)
    return torch.minimum(first, last), last
