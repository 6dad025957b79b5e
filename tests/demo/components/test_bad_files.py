"""Files that are odd, broken or hostile, sent by a person in the browser and by a program: read, or a sentence."""

import io
import resource
import struct
import zlib
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from helpers import api_client
from helpers.browser_visit import DESKTOP, Visit
from helpers.fake_pipeline import encoded, photo_of
from PIL import Image
from playwright.sync_api import expect

BOMB = 300 * 2**20  # bytes that a megabyte inflates to
ROOM = 200 * 2**20  # that reading a bomb may take


@dataclass(frozen=True)
class Odd:
    """A file and the answer: a number, some words of the sentence, or nothing where it holds no number."""

    name: str
    data: bytes
    answer: str


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, *chunks: bytes) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + chunk(b"IEND", b"")


def saved(image: Image.Image, kind: str, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


@cache
def bomb() -> bytes:
    """Zeros without end, packed."""
    packer = zlib.compressobj(1)
    return b"".join(packer.compress(bytes(2**20)) for _ in range(BOMB // 2**20)) + packer.flush()


def sixteen_bits(number: str) -> bytes:
    """A grey PNG of 16 bits a sample, whose shade the stand-in reads as that number."""
    return saved(Image.fromarray(photo_of(number)[..., 0].astype(np.uint16) * 257), "PNG")


def moving(first: str, then: str) -> bytes:
    frames = [Image.fromarray(photo_of(number)) for number in (first, then)]
    return saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=100)


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="90" height="90"><text y="50">12</text></svg>'
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(400)
NOISE = np.random.default_rng(0).integers(0, 255, (80, 80, 3), np.uint8)
FILES = {
    "svg": lambda: Odd("house.svg", SVG, "JPEG, PNG"),
    "svg as png": lambda: Odd("house.png", SVG, "JPEG, PNG"),
    "heic": lambda: Odd("house.heic", saved(Image.fromarray(photo_of("42")), "HEIF"), "42"),
    "broken heic": lambda: Odd("house.heic", HEIC, "JPEG, PNG"),
    "heic as jpg": lambda: Odd("house.jpg", HEIC, "JPEG, PNG"),
    "moving gif, its first frame": lambda: Odd("house.gif", moving("42", "7"), "42"),
    "cmyk jpeg": lambda: Odd("house.jpg", saved(Image.fromarray(photo_of("42")).convert("CMYK"), "JPEG"), "42"),
    "sixteen bits": lambda: Odd("house.png", sixteen_bits("30512"), "30512"),
    "truncated jpeg": lambda: Odd("house.jpg", encoded(NOISE, "JPEG")[:2000], "damaged"),
    "bomb in the pixels": lambda: Odd("house.png", png(100, 100, chunk(b"IDAT", bomb())), ""),
    "bomb in the text": lambda: Odd("house.png", png(100, 100, chunk(b"zTXt", b"a\0\0" + bomb())), "damaged"),
    "bomb in the profile": lambda: Odd("house.png", png(100, 100, chunk(b"iCCP", b"a\0\0" + bomb())), "damaged"),
    "huge header": lambda: Odd(
        "house.png", png(50_000, 50_000, chunk(b"IDAT", zlib.compress(bytes(64)))), "50000×50000"
    ),
    "text": lambda: Odd("house.png", b"This is no picture.", "JPEG, PNG"),
    "empty": lambda: Odd("house.png", b"", "empty"),
    "png as jpg": lambda: Odd("house.jpg", encoded(photo_of("42")), "42"),
    "jpg as png": lambda: Odd("house.png", encoded(photo_of("7"), "JPEG"), "7"),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_program_gets_a_number_or_a_sentence(address, kind):
    odd = FILES[kind]()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024  # the page is served from this process
    ended, (reading, picture) = api_client.call(address, "read", api_client.upload(address, (odd.name, odd.data))[0])
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before < ROOM
    assert (ended, reading["file"]) == ("complete", odd.name)
    if odd.answer.isdigit() or not odd.answer:
        assert reading["number"] == (odd.answer or None)
    else:
        assert odd.answer in reading["error"]
        assert reading["error"].endswith(".")
        assert picture is None


@pytest.fixture(scope="module")
def visit(browser, address) -> Visit:
    """One visitor, who sends all of them to the same page: it goes on after each."""
    context = browser.new_context(viewport=DESKTOP)
    visit = Visit(context, address)
    yield visit
    assert visit.errors == []
    context.close()


@pytest.mark.parametrize("kind", ["svg as png", "bomb in the pixels", "empty", "sixteen bits"])  # one of each answer
def test_a_person_sees_a_number_or_a_sentence(visit, kind):
    odd = FILES[kind]()
    visit.upload(odd.name, odd.data)
    if odd.answer.isdigit() or not odd.answer:
        expect(visit.page.locator("#one[data-busy]")).to_have_count(0)
        verdict = visit.page.locator("#verdict section")
        expect(verdict.locator(".plate")).to_have_text(odd.answer or "–")
    else:
        verdict = visit.verdict("refused", odd.answer)
        expect(verdict).not_to_contain_text("Traceback")
        expect(verdict).to_contain_text(f"{odd.name} could not be read")
        expect(visit.page.locator("#stage .zone")).to_be_visible()
