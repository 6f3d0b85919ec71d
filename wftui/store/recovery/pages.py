"""Rows of a database file, page by page, without the tree that leads to them.

A damaged page that leads to others hides all of them from SQLite. The rows themselves are in leaf pages, which tell by
their first byte what they are, and the rows of each table by the number and the types of their columns.

Source of the format: https://www.sqlite.org/fileformat2.html
"""

import struct
from collections.abc import Iterator, Mapping
from contextlib import closing
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, Self

from wftui.model.base import Json
from wftui.store.sqlite.database import PAGE_SIZE
from wftui.store.sqlite.identity import HEADER

Value = Json | bytes
_LEAF = b"\x0d"  # the first byte of a page of rows
_TREE_PAGES = {b"\x02": 12, b"\x05": 12, b"\x0a": 8, b"\x0d": 8}  # first byte of a page: length of its header
_FREE, _OVERFLOW, _CHILD = (2, 0), (3, 4), 5  # entries in the map of pages
_LOG_HEADER_BYTES, _FRAME_HEADER_BYTES = 32, 24
_PAGE_SIZES = (PAGE_SIZE, *(size for size in (1 << power for power in range(9, 17)) if size != PAGE_SIZE))
_SAMPLE = 4 * 1024 * 1024  # bytes
BROKEN = (IndexError, ValueError, struct.error)
"""Exceptions raised by a row with damaged bytes."""


class Cell(NamedTuple):
    """The place of a row: the number of its page, and its offset there."""

    page: int
    offset: int


class Pages:
    """The pages of a database file, as its log changes them."""

    def __init__(self, path: Path, size: int) -> None:
        """Open the file.

        Args:
            size: bytes of a page.
        """
        self._file = path.open("rb")
        self._size = size
        self._length, rest = divmod(path.stat().st_size, size)
        self._is_cut = rest > 0
        log = path.with_name(path.name + "-wal")
        self._log_file = log.open("rb") if log.exists() else None
        self._map: tuple[int, bytes] = 0, b""
        self._broken: set[int] = set()
        self._used: set[int] = set()  # pages that lead to others or continue a row, where the map does not tell

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a file without its header, with the page size that yields most rows."""

        def rows(size: int) -> int:
            with closing(cls(path, size)) as pages:
                return sum(1 for _ in pages.cells(until=_SAMPLE // size))

        return cls(path, max(_PAGE_SIZES, key=rows))

    def close(self) -> None:
        """Close the file and its log."""
        self._file.close()
        if self._log_file:
            self._log_file.close()

    def cells(self, until: int | None = None) -> Iterator[tuple[Cell, int, list[Value]]]:
        """Yield place, rowid and columns of all readable rows that are not deleted.

        Args:
            until: number of pages to read.
        """
        for number in range(2, 1 + (self._count if until is None else min(until, self._count))):
            page, (kind, parent) = self._read(number), self._entry(number)
            if kind == _CHILD:
                self._used.add(parent)
            if (kind, parent) == _FREE or number == self._place_of_map(number):
                continue
            is_leaf = page[:1] == _LEAF
            if not is_leaf and kind in _OVERFLOW:
                continue
            try:
                offsets = _offsets(page)
            except BROKEN:
                self._broken.add(number)
                continue
            for offset in offsets if is_leaf else ():
                cell = Cell(number, offset)
                try:
                    yield cell, *self.row(cell)
                except BROKEN:
                    self._broken.add(number)

    def lack_rows(self) -> bool:
        """Return whether a damaged page may have held rows; call it after `cells`."""
        header = self._read(1)
        length = int.from_bytes(header[28:32]) if header.startswith(HEADER) else 0
        return bool(self._broken - self._used) or length > self._count or self._is_cut

    def row(self, cell: Cell) -> tuple[int, list[Value]]:
        """Return the rowid and the columns of a row.

        Raises:
            ValueError, IndexError, struct.error: it is damaged.
        """
        page = self._read(cell.page)
        length, at = _varint(page, cell.offset)
        rowid, at = _varint(page, at)
        return _signed(rowid), _columns(self._payload(page, at, length))

    def _payload(self, page: bytes, at: int, length: int) -> bytes:
        usable = self._size
        if length <= usable - 35:
            here = length
        else:
            if length > self._count * usable:
                raise ValueError(length)
            least = (usable - 12) * 32 // 255 - 23
            here = least + (length - least) % (usable - 4)
            here = here if here <= usable - 35 else least
        parts = [page[at : at + here]]
        missing, following = length - here, page[at + here : at + here + 4]
        while missing > 0:
            number = struct.unpack(">I", following)[0]
            overflow = self._read(number)
            if self._entry(number)[0] not in _OVERFLOW:
                self._used.add(number)
            parts.append(overflow[4 : 4 + missing])
            missing, following = missing - (usable - 4), overflow[:4]
        payload = b"".join(parts)
        if len(payload) != length:
            raise ValueError(length)
        return payload

    def _read(self, number: int) -> bytes:
        if not 0 < number <= self._count:
            raise IndexError(number)
        if self._log_file and number in self._log:
            self._log_file.seek(self._log[number])
            return self._log_file.read(self._size)
        self._file.seek((number - 1) * self._size)
        return self._file.read(self._size)

    @cached_property
    def _count(self) -> int:
        return max(self._length, *self._log, 0)

    @cached_property
    def _log(self) -> Mapping[int, int]:
        """Offsets of the pages in the log that belong to a committed transaction."""
        committed: dict[int, int] = {}
        pending: dict[int, int] = {}
        log = self._log_file
        header = log.read(_LOG_HEADER_BYTES) if log else b""
        while log and len(frame := log.read(_FRAME_HEADER_BYTES)) == _FRAME_HEADER_BYTES:
            number, total = struct.unpack_from(">II", frame)
            pending[number] = log.tell()
            if frame[8:16] != header[16:24] or len(log.read(self._size)) < self._size:
                break
            if total:  # the last page of a transaction
                committed |= pending
                pending.clear()
        return committed

    def _entry(self, number: int) -> tuple[int, int]:
        """Return the kind of a page and the one that leads to it, by the map of pages."""
        place = self._place_of_map(number)
        if self._map[0] != place:
            self._map = place, self._read(place)
        at = (number - place - 1) * 5
        return struct.unpack_from(">BI", self._map[1], at) if 0 <= at <= self._size - 5 else (0, 0)

    def _place_of_map(self, number: int) -> int:
        """Return the number of the page with the part of the map that tells of a page."""
        covered = self._size // 5 + 1
        return 2 + (number - 2) // covered * covered


def _offsets(page: bytes) -> tuple[int, ...]:
    """Return the offsets of the cells of a page of a tree, or raise ValueError."""
    if page[:1] not in _TREE_PAGES:
        raise ValueError(page)
    count = struct.unpack_from(">H", page, 3)[0]
    offsets: tuple[int, ...] = struct.unpack_from(f">{count}H", page, _TREE_PAGES[page[:1]])
    if offsets and max(offsets) >= len(page):
        raise ValueError(offsets)
    return offsets


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for length in range(8):
        byte = data[at + length]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + length + 1
    return value << 8 | data[at + 8], at + 9


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value


def _columns(payload: bytes) -> list[Value]:
    """Return the values of a record."""
    body, at = _varint(payload, 0)
    values: list[Value] = []
    end = body
    while at < end:
        kind, at = _varint(payload, at)
        value, body = _value(payload, body, kind)
        values.append(value)
    if at != end or body != len(payload):
        raise ValueError(payload)
    return values


_INTEGER_BYTES = (0, 1, 2, 3, 4, 6, 8)


def _value(payload: bytes, at: int, kind: int) -> tuple[Value, int]:
    if kind == 0:
        return None, at
    if kind in (8, 9):
        return kind - 8, at
    if kind == 7:
        return struct.unpack_from(">d", payload, at)[0], at + 8
    if kind in (10, 11):
        raise ValueError(kind)
    size = _INTEGER_BYTES[kind] if kind < 7 else (kind - 12) // 2
    data = payload[at : at + size]
    if len(data) < size:
        raise ValueError(kind)
    if kind < 7:
        return int.from_bytes(data, signed=True), at + size
    return data if kind % 2 == 0 else data.decode(), at + size
