"""Object headers of many small HDF5 objects at once, straight from the bytes of the file.

The HDF5 library opens one object at a time, at some 30 microseconds each through h5py, and
digitStruct.mat has half a million and more. What MATLAB writes is the oldest and plainest form of the
format: version 1 object headers, contiguous data, groups of one symbol table node. That form, and no
other, is understood here, for a whole array of addresses by numpy gathers; each function says of every
object whether it is in this form, and never guesses. Field names are those of the HDF5 File Format
Specification, version 3. An address is relative to `Bytes.base`, as it is in the file.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

DATASPACE, DATATYPE, LAYOUT, CONTINUATION, SYMBOL_TABLE = 0x01, 0x03, 0x08, 0x10, 0x11
MAX_MESSAGES = 32  # of one object; MATLAB writes about ten

FLOAT64 = bytes.fromhex("11203f00 08000000 00004000 340b0034 ff030000")
UINT16 = bytes.fromhex("10000000 02000000 00001000")
REFERENCE = bytes.fromhex("17000000 08000000")


@dataclass(frozen=True)
class Bytes:
    """The file's bytes, and where in them address 0 lies (behind MATLAB's own header of 512 bytes)."""

    data: np.ndarray  # (size,) uint8
    base: int

    def take(self, addresses: np.ndarray, count: int) -> np.ndarray:
        """`count` bytes at every address, (M,) -> (M, count) uint8; zeros where they leave the file."""
        starts = np.asarray(addresses, np.int64) + self.base
        inside = (starts >= self.base) & (starts <= len(self.data) - count)
        taken = self.data[np.where(inside, starts, 0)[:, None] + np.arange(count)]
        taken[~inside] = 0
        return taken

    def integers(self, addresses: np.ndarray, width: int) -> np.ndarray:
        """Little-endian unsigned integers of `width` bytes, (M,) -> (M,) int64."""
        return self.take(addresses, width).view(f"<u{width}")[:, 0].astype(np.int64)

    def equal(self, addresses: np.ndarray, expected: bytes) -> np.ndarray:
        """Whether these very bytes stand there, (M,) -> (M,) bool."""
        return (self.take(addresses, len(expected)) == np.frombuffer(expected, np.uint8)).all(1)


@dataclass(frozen=True)
class Datasets:
    """What is known of M datasets: where their elements are, how many, and of which of three types."""

    address: np.ndarray  # (M,) int64, of the first element
    count: np.ndarray  # (M,) int64; 0 where the dataset is of no form understood here
    is_float: np.ndarray  # (M,) bool
    is_text: np.ndarray  # (M,) bool: MATLAB's 16-bit characters
    is_reference: np.ndarray  # (M,) bool


def messages(file: Bytes, headers: np.ndarray, kinds: tuple[int, ...]) -> dict[int, np.ndarray]:
    """Addresses of the headers (M,) -> by kind, the address of that message's content (M,), -1 for none."""
    headers = np.asarray(headers, np.int64)
    found = {kind: np.full(len(headers), -1, np.int64) for kind in kinds}
    left = file.integers(headers + 2, 2)  # (M,) messages still to come
    cursor = headers + 16
    end = cursor + file.integers(headers + 8, 4)
    following = np.full(len(headers), -1, np.int64)  # (M,) the continuation block, if one was announced
    live = np.flatnonzero((file.integers(headers, 1) == 1) & (left > 0))
    for _ in range(MAX_MESSAGES):
        if not len(live):
            break
        at = cursor[live]
        kind, size = file.integers(at, 2), file.integers(at + 2, 2)
        for wanted in kinds:
            first = live[(kind == wanted) & (found[wanted][live] < 0)]
            found[wanted][first] = cursor[first] + 8
        cursor[live] = at + 8 + size
        left[live] -= 1
        announced = live[kind == CONTINUATION]
        following[announced] = at[kind == CONTINUATION] + 8
        exhausted = live[(cursor[live] + 8 > end[live]) & (following[live] >= 0)]
        cursor[exhausted] = file.integers(following[exhausted], 8)
        end[exhausted] = cursor[exhausted] + file.integers(following[exhausted] + 8, 8)
        live = live[(left[live] > 0) & (cursor[live] + 8 <= end[live])]
    return found


def datasets(file: Bytes, headers: np.ndarray) -> Datasets:
    """Addresses of dataset headers (M,) -> where and what their data are."""
    found = messages(file, headers, (DATASPACE, DATATYPE, LAYOUT))
    space, kind, layout = found[DATASPACE], found[DATATYPE], found[LAYOUT]
    contiguous = file.equal(layout, b"\x03\x01")
    address = np.where(contiguous, file.integers(layout + 2, 8), -1)

    version, rank = file.integers(space, 1), file.integers(space + 1, 1)
    dims = np.where(version == 1, space + 8, space + 4)
    plain = (space >= 0) & (kind >= 0) & (layout >= 0) & (rank == 2) & np.isin(version, (1, 2)) & (address >= 0)
    first, second = file.integers(dims, 8), file.integers(dims + 8, 8)
    one_column = (first == 1) | (second == 1)  # all that MATLAB uses here, and a product that cannot overflow
    count = np.where(plain & one_column & (first > 0) & (second > 0), np.maximum(first, second), 0)

    is_float, is_text, is_reference = (file.equal(kind, expected) for expected in (FLOAT64, UINT16, REFERENCE))
    width = np.select([is_float | is_reference, is_text], [8, 2], 0)
    fits = (width > 0) & (count <= len(file.data)) & (address + file.base + count * width <= len(file.data))
    return Datasets(address, np.where(fits, count, 0), is_float, is_text, is_reference)


def children(file: Bytes, headers: np.ndarray, names: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Addresses of group headers (M,) -> addresses of the members so named (M, len(names)), understood (M,) bool.

    `names` must be sorted, as the format sorts them; a group with other members too is not understood.
    """
    table = messages(file, headers, (SYMBOL_TABLE,))[SYMBOL_TABLE]
    tree, heap = file.integers(table, 8), file.integers(table + 8, 8)
    leaf = file.equal(tree, b"TREE\x00\x00\x01\x00") & (table >= 0)  # a leaf with one symbol table node
    node = file.integers(tree + 32, 8)
    good = leaf & file.equal(node, b"SNOD\x01\x00" + len(names).to_bytes(2, "little")) & file.equal(heap, b"HEAP\x00")
    texts = file.integers(heap + 24, 8)
    members = np.empty((len(headers), len(names)), np.int64)
    for i, name in enumerate(names):
        entry = node + 8 + 40 * i
        good &= file.equal(texts + file.integers(entry, 8), name.encode() + b"\x00")
        members[:, i] = file.integers(entry + 8, 8)
    return members, good
