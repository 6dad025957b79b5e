import resource
import zlib
from functools import cache

import numpy as np
import pytest
from helpers import api_client
from helpers.browser_visit import Visit
from helpers.fake_pipeline import photo_of
from PIL import Image
from playwright.sync_api import expect

from benchmarks.helpers.bomb_files import content, huge_png, png_chunk, png_of_chunks

BOMB = 300 * 2**20  # bytes that a megabyte inflates to
ROOM = 200 * 2**20  # that reading a bomb may take
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="90" height="90"><text y="50">12</text></svg>'


@cache
def bomb() -> bytes:
    """Zeros without end, packed."""
    packer = zlib.compressobj(1)
    return b"".join(packer.compress(bytes(2**20)) for _ in range(BOMB // 2**20)) + packer.flush()


def picture(number: str, kind: str) -> bytes:
    return content(Image.fromarray(photo_of(number)), kind)


def bomb_of_pixels() -> bytes:
    """A PNG of 100 × 100 pixels with many more behind them."""
    plain = content(Image.new("RGB", (100, 100)), "PNG")
    return plain[:33] + png_chunk(b"IDAT", bomb()) + png_chunk(b"IEND")


FILES = {  # a file's name, its content, and the answer: a number, words of the sentence, or nothing for no number
    "svg as png": ("house.png", lambda: SVG, "JPEG, PNG"),
    "heic": ("house.heic", lambda: picture("42", "HEIF"), "42"),
    "sixteen bits": (
        "house.png",
        lambda: content(Image.fromarray(photo_of("30512")[..., 0].astype(np.uint16) * 257), "PNG"),
        "30512",
    ),
    "bomb in the pixels": ("house.png", bomb_of_pixels, ""),
    "bomb in the text": ("house.png", lambda: png_of_chunks(png_chunk(b"zTXt", b"a\0\0" + bomb())), "damaged"),
    "bomb in the profile": ("house.png", lambda: png_of_chunks(png_chunk(b"iCCP", b"a\0\0" + bomb())), "damaged"),
    "huge header": ("house.png", lambda: huge_png(50_000, 50_000), "50000×50000"),
    "empty": ("house.png", lambda: b"", "empty"),
    "jpg as png": ("house.png", lambda: picture("7", "JPEG"), "7"),
}


@pytest.mark.parametrize(("name", "data", "answer"), FILES.values(), ids=FILES)
def test_a_program_gets_a_number_or_a_sentence(address, name, data, answer):
    sent = data()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024  # the page is served from this process
    ended, (reading, shown) = api_client.call(address, "read", api_client.upload(address, (name, sent))[0])
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before < ROOM
    assert (ended, reading["file"]) == ("complete", name)
    if answer.isdigit() or not answer:
        assert reading["number"] == (answer or None)
    else:
        assert answer in reading["error"]
        assert reading["error"].endswith(".")
        assert shown is None


def test_a_person_sees_a_number_or_a_sentence_and_the_page_goes_on(visit: Visit):
    visit.example("Clear")
    visit.verdict("confident", "42")
    for kind in ("svg as png", "bomb in the pixels", "empty", "sixteen bits"):  # one of each answer
        name, data, answer = FILES[kind]
        visit.upload(name, data())
        if answer.isdigit() or not answer:
            expect(visit.page.locator("#one[data-busy]")).to_have_count(0)
            expect(visit.plate).to_have_text(answer or "–")
            continue
        verdict = visit.verdict("refused", answer)
        expect(verdict).to_contain_text(f"{name} could not be read")
        expect(verdict).not_to_contain_text("Traceback")
        expect(visit.page.locator("#stage .zone")).to_be_visible()
        expect(visit.page.locator("#stage .mark, #evidence table")).to_have_count(0)
