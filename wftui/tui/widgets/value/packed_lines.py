"""Packed lines of a value: millions in little memory."""

import json
import threading
import zlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import overload

from textual.cache import LRUCache

from wftui.tui.widgets.value.line_parts import Line, LinePlace

BLOCK = 1_000
"""Lines per block."""
_OPENED = 4
"""Blocks that are held open; the garbage collector visits each of their lines, and holds up every thread meanwhile."""
_NOWHERE = LinePlace(0, -1, 0)


class PackedLines(Sequence[Line]):
    """An append-only list of lines, compressed but for the last ones.

    One thread may append while another reads.
    """

    def __init__(self) -> None:
        self._blocks: list[bytes] = []
        self._last: list[Line] = []
        self._last_places: list[LinePlace] = []
        self._places: list[bytes] = []
        self._depths = array("I")  # the least of each block
        self._opened: LRUCache[int, list[Line]] = LRUCache(_OPENED)
        self._opened_places: LRUCache[int, list[LinePlace]] = LRUCache(_OPENED)
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

    def append(self, line: Line, place: LinePlace = _NOWHERE) -> None:
        """Append a line."""
        self._last.append(line)
        self._last_places.append(place)
        if len(self._last) == BLOCK:
            packed = zlib.compress(json.dumps(self._last, separators=(",", ":")).encode(), 1)
            flat = array("q", [number for place in self._last_places for number in place])
            places = zlib.compress(flat.tobytes(), 1)
            with self._lock:
                self._blocks.append(packed)
                self._places.append(places)
                self._depths.append(min(place.depth for place in self._last_places))
                self._last, self._last_places = [], []
        self._count += 1

    # --- places

    def place(self, index: int) -> LinePlace:
        """Return the place of a line."""
        return self._places_of(index // BLOCK)[index % BLOCK]

    def places(self, start: int, depth: int) -> Iterator[tuple[int, LinePlace]]:
        """Yield the places from a line on, without blocks whose lines are all deeper."""
        for block in range(start // BLOCK, -(-self._count // BLOCK)):
            if block < len(self._depths) and self._depths[block] > depth:
                continue
            places = self._places_of(block)
            for at in range(max(0, start - block * BLOCK), len(places)):
                if places[at].depth <= depth:
                    yield block * BLOCK + at, places[at]

    def places_before(self, index: int, depth: int) -> Iterator[tuple[int, LinePlace]]:
        """Yield the places before a line, backwards, without blocks of deeper lines."""
        for block in range(index // BLOCK, -1, -1):
            if block < len(self._depths) and self._depths[block] > depth:
                continue
            places = self._places_of(block)
            for at in range(min(index - block * BLOCK, len(places)) - 1, -1, -1):
                if places[at].depth <= depth:
                    yield block * BLOCK + at, places[at]

    def _places_of(self, block: int) -> list[LinePlace]:
        with self._lock:
            if block >= len(self._places):
                return self._last_places
            found = self._opened_places.get(block)
            if found is None:
                flat = array("q", zlib.decompress(self._places[block]))
                found = [LinePlace(*flat[at : at + 3]) for at in range(0, len(flat), 3)]
                self._opened_places[block] = found
            return found

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
