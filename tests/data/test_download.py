import hashlib
import http.client
import http.server
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from svhn.data import download as dl
from svhn.utils.errors import DataError

CONTENT = {name: np.random.default_rng(i).bytes(300_000) for i, name in enumerate(("train", "test", "extra"))}
SUMS = {name: hashlib.sha256(CONTENT[name]).hexdigest() for name in ("train", "test")}


@dataclass
class Site:
    """A little official site whose manners a test chooses."""

    url: str = ""
    content: dict[str, bytes] = field(default_factory=lambda: dict(CONTENT))
    ranges: bool = True  # whether it understands Range
    drop_after: list[int] = field(default_factory=list)  # of the coming answers, bytes sent before hanging up
    asked: list[tuple[str, str | None]] = field(default_factory=list)  # (path, Range header)
    drips: bool = False  # a byte now and then


@pytest.fixture
def site(monkeypatch) -> Iterator[Site]:
    monkeypatch.setattr(dl, "PAUSE_S", 0)
    site = Site()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            site.asked.append((self.path, wanted))
            data = site.content.get(self.path.removeprefix("/housenumbers/").removesuffix(".tar.gz"))
            if data is None:
                self.send_error(404)
                return
            start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and site.ranges else 0
            if start and start >= len(data):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(data)}")
                self.end_headers()
                return
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
            self.send_header("Content-Length", str(len(data) - start))
            self.end_headers()
            keep = site.drop_after.pop(0) if site.drop_after else len(data)
            with suppress(OSError):  # until nobody listens any more
                while site.drips:
                    self.wfile.write(b"x")
                    time.sleep(0.01)
                self.wfile.write(data[start : start + keep])

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        site.url = f"http://127.0.0.1:{server.server_port}/housenumbers"
        yield site
        server.shutdown()
        thread.join()


def fetch(site: Site, folder: Path, **options) -> list[dl.Fetched]:
    return dl.download(folder, base_url=site.url, sums=SUMS, progress=False, **options)


def is_complete(folder: Path, *splits: str) -> bool:
    """These archives are complete, and there is no unfinished one."""
    return not list(folder.glob("*.part")) and all(
        (folder / f"{split}.tar.gz").read_bytes() == CONTENT[split] for split in splits
    )


def test_fetches_once_and_checks_and_of_extra_which_has_no_published_sum_the_one_seen_is_kept(site, tmp_path):
    folder, seen = tmp_path / "new" / "folder", hashlib.sha256(CONTENT["extra"]).hexdigest()
    *fetched, extra = fetch(site, folder, extra=True)
    assert is_complete(folder, "train", "test", "extra")
    assert [path for path, _ in site.asked] == [f"/housenumbers/{name}.tar.gz" for name in ("train", "test", "extra")]
    assert [(f.sha256, f.published) for f in fetched] == [(SUMS["train"], True), (SUMS["test"], True)]
    assert (folder / "extra.tar.gz.sha256").read_text() == f"{seen}  extra.tar.gz\n"
    assert seen in str(extra)
    site.asked.clear()
    fetch(site, folder)
    assert site.asked == []
    (folder / "extra.tar.gz").write_bytes(b"something else")
    with pytest.raises(DataError, match="wrong SHA-256"):
        fetch(site, folder, extra=True)


@pytest.mark.parametrize(
    ("part", "ranges"),
    [
        (CONTENT["train"][:123_456], True),
        (CONTENT["train"], True),  # only its name is missing
        (CONTENT["train"] + b"surplus", True),
        (b"x" * 1000, False),  # a server that ignores Range sends everything again
        (b"x" * 400_000, False),
    ],
)
def test_a_part_of_any_length_becomes_the_archive(site, tmp_path, part, ranges):
    site.ranges = ranges
    (tmp_path / "train.tar.gz.part").write_bytes(part)
    fetch(site, tmp_path)
    assert is_complete(tmp_path, "train", "test")
    assert site.asked[0] == ("/housenumbers/train.tar.gz", f"bytes={len(part)}-")


def test_dropped_connections_are_taken_up_again_and_one_that_stays_broken_keeps_what_came(site, tmp_path):
    site.drop_after = [100_000, 50_000] + [0] * dl.TRIES
    with pytest.raises(DataError, match="the same command continues"):
        fetch(site, tmp_path)
    assert [asked for _, asked in site.asked[:3]] == [None, "bytes=100000-", "bytes=150000-"]
    assert not (tmp_path / "train.tar.gz").exists()
    assert (tmp_path / "train.tar.gz.part").read_bytes() == CONTENT["train"][:150_000]
    site.drop_after = [20_000]
    fetch(site, tmp_path)
    assert is_complete(tmp_path, "train", "test")


@pytest.mark.parametrize(
    ("train", "reason"), [(b"a page of a hotel's network", "arrived with the wrong SHA-256"), (None, "answered 404")]
)
def test_a_wrong_or_missing_archive_leaves_nothing(site, tmp_path, train, reason):
    site.content["train"] = train
    with pytest.raises(DataError, match=reason):
        fetch(site, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_no_server_a_slow_one_no_folder_or_another_file_there(site, tmp_path, monkeypatch):
    (tmp_path / "train.tar.gz").write_bytes(b"mine")
    with pytest.raises(DataError, match="please delete it"):
        fetch(site, tmp_path)
    assert (tmp_path / "train.tar.gz").read_bytes() == b"mine"
    with pytest.raises(DataError, match="cannot be written"):
        fetch(site, tmp_path / "train.tar.gz" / "folder")
    assert site.asked == []
    monkeypatch.setattr(dl, "SLOW_S", 0.05)
    site.drips = True
    with pytest.raises(DataError, match="too slowly"):
        fetch(site, tmp_path / "new")
    assert len(site.asked) == dl.TRIES
    site.url = "http://127.0.0.1:9/housenumbers"  # the discard port: nothing is bound to it
    with pytest.raises(DataError, match="cannot be fetched"):
        fetch(site, tmp_path / "new")


def test_another_part_than_was_asked_for_is_not_taken():
    response = SimpleNamespace(status=206, headers={"Content-Range": "bytes 5-9/10"})
    assert dl._extent(response, 5) == (5, 10)
    with pytest.raises(http.client.HTTPException):
        dl._extent(response, 4)
