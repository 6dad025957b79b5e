"""Download the official archives: resume an interrupted download, and check the result."""

from __future__ import annotations

import hashlib
import http.client
import os
import re
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from ..utils.errors import DataError

BASE_URL = "http://ufldl.stanford.edu/housenumbers"
SHA256 = {
    "train": "4b17bb33b6cd8f963493168f80143da956f28ec406cc12f8e5745a9f91a51898",
    "test": "57ac9ceb530e4aa85b55d991be8fc49c695b3d71c6f6a88afea86549efde7fb5",
}  # of extra none is published
BLOCK_BYTES = 2**20
TIMEOUT_S = 60
TRIES = 5  # in a row without progress
PAUSE_S = 2.0  # between tries
SLOW_S, SLOW_BYTES = 60.0, 64 * 2**10  # a server that sends less than this in that time counts as silent

TOO_SLOW = "the server sends too slowly"


@dataclass(frozen=True)
class Fetched:
    """An archive that is now there; `str` describes it."""

    path: Path
    sha256: str
    published: bool  # whether the sum is an official one

    def __str__(self) -> str:
        if self.published:
            return f"{self.path}: SHA-256 as published"
        return (
            f"{self.path}: no SHA-256 is published for this archive, so it is unchecked; "
            f"the one seen, {self.sha256}, is kept in {_sum_file(self.path).name} next to it"
        )


def download(
    data_dir: Path,
    extra: bool = False,
    base_url: str = BASE_URL,
    sums: dict[str, str] = SHA256,
    progress: bool = True,
) -> list[Fetched]:
    """Fetch train.tar.gz and test.tar.gz, with `extra` also extra.tar.gz, into DIR; archives that are there are only
    checked.

    An unfinished archive is `NAME.part`, which the next call continues. Raises DataError when the server does not have
    the file, the connection keeps failing, or the checksum is wrong.
    """
    data_dir = Path(data_dir)
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        splits = ["train", "test", *(["extra"] if extra else [])]
        return [_fetch(data_dir / f"{split}.tar.gz", base_url, sums.get(split), progress) for split in splits]
    except OSError as error:
        raise DataError(f"{data_dir} cannot be written: {error}.") from None


def _fetch(path: Path, base_url: str, published: str | None, progress: bool) -> Fetched:
    part = path.with_name(f"{path.name}.part")
    fresh = not path.exists()
    if fresh:
        _complete(f"{base_url.rstrip('/')}/{path.name}", part, progress)
    seen = _sha256(part if fresh else path, progress)
    sum_file = _sum_file(path)
    seen_before = sum_file.read_text().split()[:1] if sum_file.is_file() and not fresh else []
    expected = published or (seen_before or [seen])[0]
    if seen != expected:
        if fresh:
            part.unlink()  # it is complete, so there is nothing to continue
            raise DataError(f"{path.name} arrived with the wrong SHA-256 {seen} and was deleted; please try again.")
        raise DataError(f"{path} has the wrong SHA-256 {seen}; please delete it and try again.")
    if not published and not seen_before:
        sum_file.write_text(f"{seen}  {path.name}\n")
    if fresh:
        os.replace(part, path)
    return Fetched(path, seen, bool(published))


def _sum_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def _sha256(path: Path, progress: bool) -> str:
    digest = hashlib.sha256()
    bar = dict(total=path.stat().st_size, desc=f"Checking {path.name}", delay=2, disable=not progress)
    with path.open("rb") as raw, tqdm.wrapattr(raw, "read", **bar) as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _complete(url: str, part: Path, progress: bool) -> None:
    """Download the rest of `part`, retrying as long as each try brings something."""
    idle = 0
    while idle < TRIES:
        before = _size(part)
        try:
            if _continue(url, part, progress):
                return
            reason = "the connection was closed early"
        except urllib.error.HTTPError as error:
            raise DataError(f"{url} cannot be fetched: the server answered {error.code} {error.reason}.") from None
        except (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError) as error:
            reason = str(getattr(error, "reason", error))
        idle = 0 if _size(part) > before and reason != TOO_SLOW else idle + 1
        if idle < TRIES:
            time.sleep(PAUSE_S)
    raise DataError(
        f"{url} cannot be fetched: {reason} ({_size(part) / 2**20:.1f} MB are there); "
        "the same command continues where it stopped."
    )


def _continue(url: str, part: Path, progress: bool) -> bool:
    """Request what `part` lacks; return whether it is complete."""
    have = _size(part)
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        response = urllib.request.urlopen(request, timeout=TIMEOUT_S)
    except urllib.error.HTTPError as error:
        if error.code != http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise
        if error.headers.get("Content-Range") == f"bytes */{have}":
            return True  # it broke off between the last byte and the check
        part.unlink()
        return False
    with response:
        start, total = _extent(response, have)
        bar_of = dict(total=total, initial=start, desc=part.stem, unit="B", unit_scale=True, disable=not progress)
        with part.open("r+b" if start else "wb") as file, tqdm(**bar_of) as bar:
            file.seek(start)
            since, recent = time.monotonic(), 0
            while block := response.read1(BLOCK_BYTES):
                file.write(block)
                bar.update(len(block))
                recent += len(block)
                if time.monotonic() - since > SLOW_S:
                    if recent < SLOW_BYTES:
                        raise TimeoutError(TOO_SLOW)
                    since, recent = time.monotonic(), 0
    return total is None or _size(part) == total


def _extent(response: http.client.HTTPResponse, have: int) -> tuple[int, int | None]:
    """Where in the file the response begins, and the file's length if the server reports it."""
    if response.status == http.HTTPStatus.PARTIAL_CONTENT:
        sent = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", response.headers.get("Content-Range", ""))
        if sent and int(sent[1]) == have:
            return have, int(sent[2])
        raise http.client.HTTPException("the server sent another part than was asked for")
    length = response.headers.get("Content-Length")  # a server that ignores Range sends it all again
    return 0, int(length) if length else None


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
