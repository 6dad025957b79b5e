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

from benchmarks.helpers.bomb_files import content, png_chunk, png_of_chunks

BOMB = 300 * 2**20  # bytes that a megabyte inflates to
ROOM = 200 * 2**20  # that reading a bomb may take
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="90" height="90"><text y="50">12</text></svg>'


@cache
def bomb() -> bytes:
    """Zeros without end, packed."""
    packer = zlib.compressobj(1)
    return b"".join(packer.compress(bytes(2**20)) for _ in range(BOMB // 2**20)) + packer.flush()


def bomb_of_pixels() -> bytes:
    """A PNG of 100 × 100 pixels with many more behind them."""
    plain = content(Image.new("RGB", (100, 100)), "PNG")
    return plain[:33] + png_chunk(b"IDAT", bomb()) + png_chunk(b"IEND")


FILES = {  # content, the number that is read in it, and words of the sentence
    "svg": (lambda: SVG, None, "JPEG, PNG"),
    "sixteen bits": (lambda: content(Image.fromarray(photo_of("7")[..., 0].astype(np.uint16) * 257), "PNG"), "7", None),
    "bomb in the pixels": (bomb_of_pixels, None, None),
    "bomb in the text": (lambda: png_of_chunks(png_chunk(b"zTXt", b"a\0\0" + bomb())), None, "damaged"),
    "bomb in the profile": (lambda: png_of_chunks(png_chunk(b"iCCP", b"a\0\0" + bomb())), None, "damaged"),
}


@pytest.mark.parametrize(("data", "number", "words"), FILES.values(), ids=FILES)
def test_a_program_gets_a_number_or_a_sentence(address, data, number, words):
    (sent,) = api_client.upload(address, ("house.png", data()))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024  # the page is served from this process
    ended, (reading, _) = api_client.call(address, "read", sent)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before < ROOM
    assert (ended, reading["file"], reading.get("number")) == ("complete", "house.png", number)
    assert ("error" in reading) == (words is not None)
    assert (words or "") in reading.get("error", "")


def test_a_person_sees_a_number_or_a_sentence_and_the_page_goes_on(visit: Visit):
    visit.read("42", "42")
    visit.upload("house.png", SVG)
    verdict = visit.verdict("refused", "house.png could not be read")
    expect(verdict).not_to_contain_text("Traceback")
    expect(visit.page.locator("#stage .zone")).to_be_visible()
    expect(visit.page.locator("#stage .mark, #evidence table")).to_have_count(0)
    visit.upload("house.png", bomb_of_pixels())
    visit.verdict("none")
