"""Packed lines of a value: millions in little memory."""

import json
import threading
import zlib
from collections.abc import Iterable, Sequence
from typing import overload

from textual.cache import LRUCache

from wftui.tui.widgets.value.line_parts import Line

BLOCK = 1_000
"""Lines per block."""
_OPENED = 16


class PackedLines(Sequence[Line]):
    """An append-only list of lines, compressed but for the last ones.

    One thread may append while another reads.
    """

    def __init__(self) -> None:
        self._blocks: list[bytes] = []
        self._last: list[Line] = []
        self._opened: LRUCache[int, list[Line]] = LRUCache(_OPENED)
        self._lock = threading.Lock()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Line: ...
    @overload
    def __getitem__(self, index: slice) -> list[Line]: ...
    def __getitem__(self, index: int | slice) -> Line | list[Line]:
        """Return lines by their numbers."""
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        if index < 0:
            index += self._count
        block, place = divmod(index, BLOCK)
        with self._lock:
            return self._block(block)[place] if block < len(self._blocks) else self._last[place]

    def append(self, line: Line) -> None:
        """Append a line."""
        self._last.append(line)
        if len(self._last) == BLOCK:
            packed = zlib.compress(json.dumps(self._last, separators=(",", ":")).encode(), 1)
            with self._lock:
                self._blocks.append(packed)
                self._last = []
        self._count += 1

    def extend(self, lines: Iterable[Line]) -> None:
        """Append lines."""
        for line in lines:
            self.append(line)

    def _block(self, number: int) -> list[Line]:
        found = self._opened.get(number)
        if found is None:
            found = [
                tuple((text, kind) for text, kind in line) for line in json.loads(zlib.decompress(self._blocks[number]))
            ]
            self._opened[number] = found
        return found
