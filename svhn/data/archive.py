"""Read the official archives, or the folders they unpack to, without unpacking.

An archive is streamed from front to back, so its folder may be read-only: once up to `digitStruct.mat`, which is copied
to a temporary file because HDF5 needs to seek, and once for the photos.
"""

from __future__ import annotations

import gzip
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from tqdm import tqdm

from ..images.decode import MAX_BYTES
from ..utils.errors import DataError

SPLITS = ("train", "test", "extra")
DIGITSTRUCT = "digitStruct.mat"
PHOTO_SUFFIX = ".png"
MAX_DIGITSTRUCT_BYTES = 4 * 2**30  # the largest official one, of extra, has a tenth of it
DRAIN_BYTES = 2**20


@dataclass(frozen=True)
class Split:
    """One split of the data set: `path` is `train.tar.gz` or the folder `train`."""

    name: str
    path: Path

    @contextmanager
    def digitstruct(self, progress: bool = True) -> Iterator[Path]:
        """A path to digitStruct.mat, valid inside the `with`. Raises DataError when there is none. A DataError
        raised inside the `with`, where the file is read, gets the name of this split."""
        with tempfile.TemporaryDirectory(prefix="svhn-") as folder:
            if self.path.is_dir():
                path = _digitstruct_in_folder(self.path)
            else:
                path = Path(folder) / DIGITSTRUCT
                _copy_digitstruct(self.path, path, progress)
            try:
                yield path
            except DataError as error:
                raise DataError(f"{self.path}: {error}") from None

    def stamp(self) -> str:
        """Identifies this data set by the name, size and time of its file, without reading it."""
        file = _digitstruct_in_folder(self.path) if self.path.is_dir() else self.path
        return f"{file.name} {file.stat().st_size} {file.stat().st_mtime_ns}"

    def photos(self) -> Iterator[tuple[str, bytes]]:
        """(file name such as "1.png", content) of every photo: by number from a folder, in stored order from an
        archive.

        At most `decode.MAX_BYTES` and one byte more are read of a file, which `open_photo` then refuses. Raises
        DataError at the first member that is truncated, a link, or leads out of the folder.
        """
        return _photos_in_folder(self.path) if self.path.is_dir() else pictures_in_archive(self.path)


def open_split(data_dir: Path, split: str) -> Split:
    """The folder DIR/split if there is one, else DIR/split.tar.gz. Raises DataError when there is neither."""
    if split not in SPLITS:
        raise DataError(f"There is no split {split!r}; choose one of {', '.join(SPLITS)}.")
    data_dir = Path(data_dir)
    folder, archive = data_dir / split, data_dir / f"{split}.tar.gz"
    if folder.is_dir():
        return Split(split, folder)
    if archive.is_file():
        return Split(split, archive)
    raise DataError(
        f"{data_dir} holds neither {archive.name} nor a folder {split}; "
        f"fetch it with: python -m svhn download --data {data_dir}{' --extra' if split == 'extra' else ''}"
    )


@contextmanager
def _members(path: Path, progress: bool = False) -> Iterator[Iterator[tuple[tarfile.TarInfo, IO[bytes]]]]:
    """The regular files of a tar.gz in order. Raises DataError for anything that is wrong with it."""
    last = "its start"

    def walk(tar: tarfile.TarFile, unpacked: gzip.GzipFile) -> Iterator[tuple[tarfile.TarInfo, IO[bytes]]]:
        nonlocal last
        for member in tar:
            last = member.name
            _check_member(path, member)
            if member.isreg():
                yield member, tar.extractfile(member)
        while unpacked.read(DRAIN_BYTES):  # to the very end, where gzip's checksum is
            pass

    try:
        with path.open("rb") as raw:
            bar = dict(total=path.stat().st_size, desc=f"Looking for {DIGITSTRUCT}", delay=2, disable=not progress)
            with (
                tqdm.wrapattr(raw, "read", **bar) as packed,
                gzip.GzipFile(fileobj=packed) as unpacked,
                tarfile.open(fileobj=unpacked, mode="r|") as tar,
            ):
                yield walk(tar, unpacked)
    except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
        if isinstance(error, OSError) and error.errno:  # the disk's fault, not the archive's
            raise DataError(f"{path} cannot be read: {error}.") from None
        raise DataError(
            f"{path} is truncated or damaged at or after {last} ({error}); please fetch it again."
        ) from None


def _check_member(path: Path, member: tarfile.TarInfo) -> None:
    """Nothing is unpacked, but an archive with such a member is not an official one. Raises DataError."""
    name = PurePosixPath(member.name.replace("\\", "/"))
    if name.is_absolute() or ".." in name.parts:
        raise DataError(f"{path}: the member {member.name!r} leads out of the folder; this is not an official archive.")
    if not (member.isreg() or member.isdir()):
        raise DataError(f"{path}: the member {member.name!r} is a link or device; this is not an official archive.")


def _is_photo(name: str) -> bool:
    return name.lower().endswith(PHOTO_SUFFIX) and not name.startswith(".")


def pictures_in_archive(path: Path) -> Iterator[tuple[str, bytes]]:
    """(file name, content) of every PNG of a tar.gz, in stored order; refuses what `Split.photos` refuses."""
    with _members(path) as members:
        for member, file in members:
            name = PurePosixPath(member.name).name
            if _is_photo(name):
                yield name, file.read(MAX_BYTES + 1)


def _copy_digitstruct(path: Path, copy: Path, progress: bool) -> None:
    with _members(path, progress) as members:
        for member, file in members:
            if PurePosixPath(member.name).name == DIGITSTRUCT:
                if member.size > MAX_DIGITSTRUCT_BYTES:
                    raise DataError(f"{path}: {member.name} has {member.size} bytes; this is not an official archive.")
                with copy.open("wb") as out:
                    shutil.copyfileobj(file, out)
                return
    raise DataError(f"{path} holds no {DIGITSTRUCT}; please fetch the official archive.")


def _digitstruct_in_folder(folder: Path) -> Path:
    path = folder / DIGITSTRUCT
    if not path.is_file():
        raise DataError(f"{folder} holds no {DIGITSTRUCT}; please unpack the official archive again.")
    return _checked(folder, path)


def _photos_in_folder(folder: Path) -> Iterator[tuple[str, bytes]]:
    def number_first(path: Path) -> tuple[bool, int, str]:
        digits = path.stem.isascii() and path.stem.isdigit()
        return not digits, int(path.stem) if digits else 0, path.name

    for path in sorted((p for p in folder.iterdir() if _is_photo(p.name)), key=number_first):
        try:
            with _checked(folder, path).open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error.strerror}.") from None
        yield path.name, data


def _checked(folder: Path, path: Path) -> Path:
    """Return the path. Raises DataError for a pipe, a device, or a link that leads out of the folder."""
    if not path.is_file() or not path.resolve().is_relative_to(folder.resolve()):
        raise DataError(f"{path} is not a plain file inside the folder; please unpack the official archive again.")
    return path
